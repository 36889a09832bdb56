// Adds up the partial sums of slices, in their order. partial is [SLICES, LEN].

#import shared/common

const WORKGROUP: u32 = 64;

override SLICES: u32;
override LEN: u32;
override WEIGHTS: u32;
override CHANNELS: u32;
override RECTIFIED: u32;
override partial_stride: u32;
override dw_offset: u32;
override dw_stride: u32;
override db_offset: u32;
override b_offset: u32;
override b_stride: u32;
override y_stride: u32;

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read_write> dw: array<f32>; // the buffer of db as well
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

fn sum(element: u32, replica: u32) -> f32 {
    var total = 0.0;
    for (var slice = 0u; slice < SLICES; slice++) {
        total += partial[replica * partial_stride + slice * LEN + element];
    }
    return total;
}

// dw = Σ_s partial[s, ..WEIGHTS], db = Σ_s partial[s, WEIGHTS..]: a convolution's gradients.
// One invocation per element.
@compute @workgroup_size(WORKGROUP)
fn gradients(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        return;
    }
    let place = select(db_offset + element - WEIGHTS, dw_offset + element, element < WEIGHTS);
    dw[id.z * dw_stride + place] = sum(element, id.z);
}

// y[m,n] = Σ_s partial[s,m,n] + b[n], then max(y, 0) if RECTIFIED is 1; NaN stays: a dense layer.
// y is [LEN / CHANNELS, CHANNELS]. One invocation per element.
@compute @workgroup_size(WORKGROUP)
fn dense(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        return;
    }
    let value = sum(element, id.z) + b[b_offset + id.z * b_stride + element % CHANNELS];
    let cut = RECTIFIED == 1u && !(value > 0.0 || is_nan(value));
    y[id.z * y_stride + element] = select(value, 0.0, cut);
}
