// Gradients of a dense layer's ReLU and bias in one kernel.

#import shared/common

const WORKGROUP: u32 = 64;

override ROWS: u32;
override CHANNELS: u32;
override activation_stride: u32;
override dy_stride: u32;
override db_offset: u32;
override db_stride: u32;

@group(0) @binding(0) var<storage, read> activation: array<f32>;
@group(0) @binding(1) var<storage, read_write> dy: array<f32>;
@group(0) @binding(2) var<storage, read_write> db: array<f32>;

// dy[r,c] = 0 where the layer's output, activation, is not positive, in place; db[c] = Σ_r dy[r,c].
// activation and dy are [ROWS, CHANNELS]. One invocation per channel.
@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let channel = linear(id, groups, WORKGROUP);
    if (channel >= CHANNELS) {
        return;
    }
    var sum = 0.0;
    for (var row = 0u; row < ROWS; row++) {
        let element = row * CHANNELS + channel;
        let output = activation[id.z * activation_stride + element];
        let gradient = select(0.0, dy[id.z * dy_stride + element], output > 0.0 || is_nan(output));
        dy[id.z * dy_stride + element] = gradient;
        sum += gradient;
    }
    db[db_offset + id.z * db_stride + channel] = sum;
}
