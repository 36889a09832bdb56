// Adam in Keras' form. Twin: src/cpu/adam.rs.

#import shared/adam_step
#import shared/common

const WORKGROUP: u32 = 64;

override LEN: u32;
override w_stride: u32; // between two replicas of w, g, m and v

@group(0) @binding(0) var<storage, read_write> w: array<f32>;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;

// g → w, m, v, in place, by the equation in shared/adam_step.wgsl. Each replica has LEN.
// One invocation per parameter.
@compute @workgroup_size(WORKGROUP)
fn update(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        return;
    }
    let i = id.z * w_stride + element;
    descend(i, g[i]);
}
