// Rectifier. Twin: src/cpu/relu.rs.

#import shared/common

const WORKGROUP: u32 = 64;

override LEN: u32;
override y_stride: u32;
override activation_stride: u32;
override dy_stride: u32;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;
@group(0) @binding(1) var<storage, read> activation: array<f32>;
@group(0) @binding(2) var<storage, read_write> dy: array<f32>;

// y = max(y, 0), in place; NaN stays. y is [LEN]. One invocation per element.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        return;
    }
    let i = id.z * y_stride + element;
    let value = y[i];
    y[i] = select(0.0, value, value > 0.0 || is_nan(value));
}

// dy = 0 where the output of the forward pass, activation, is not positive, in place. Both are [LEN].
// One invocation per element.
@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        return;
    }
    let output = activation[id.z * activation_stride + element];
    if (!(output > 0.0 || is_nan(output))) {
        dy[id.z * dy_stride + element] = 0.0;
    }
}
