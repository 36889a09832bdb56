// A batch of samples of the dataset. Twin: src/cpu/gather.rs.

#import shared/common

const WORKGROUP: u32 = 64;

override CAPACITY: u32;
override PIXELS: u32;
override order_stride: u32;
override x_stride: u32;
override label_stride: u32;

@group(0) @binding(0) var<storage, read> images: array<u32>; // bytes, four to a word
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read_write> x: array<f32>;
@group(0) @binding(4) var<storage, read_write> label: array<u32>;

// x[i, p] = image[order[start + i], p] / 255 for i < n, else 0; label[i] likewise.
// x is [CAPACITY, PIXELS], label [CAPACITY]. One invocation per element of x.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= CAPACITY * PIXELS) {
        return;
    }
    let row = element / PIXELS;
    let pixel = element % PIXELS;
    var value = 0.0;
    var category = 0u;
    if (row < record.n) {
        let sample = order[id.z * order_stride + record.start + row];
        let byte = sample * PIXELS + pixel;
        value = f32((images[byte / 4u] >> (8u * (byte % 4u))) & 0xffu) / 255.0;
        category = labels[sample];
    }
    x[id.z * x_stride + element] = value;
    if (pixel == 0u) {
        label[id.z * label_stride + row] = category;
    }
}
