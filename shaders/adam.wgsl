// Adam in Keras' form. Twin: src/cpu/adam.rs.

const WORKGROUP: u32 = 64;

override LEN: u32;
override ONE_MINUS_BETA1: f32;
override ONE_MINUS_BETA2: f32;
override EPSILON: f32;

@group(0) @binding(0) var<storage, read_write> w: array<f32>;
@group(0) @binding(1) var<storage, read> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;

// m += (g − m)(1 − β₁), v += (g² − v)(1 − β₂), w −= α·m/(√v + ε), in place.
// All are [R, LEN]. One invocation per parameter.
@compute @workgroup_size(WORKGROUP)
fn update(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        return;
    }
    let i = id.z * LEN + element;
    let gradient = g[i];
    let first = m[i] + (gradient - m[i]) * ONE_MINUS_BETA1;
    let second = v[i] + (gradient * gradient - v[i]) * ONE_MINUS_BETA2;
    m[i] = first;
    v[i] = second;
    w[i] -= record.alpha * first / (sqrt(second) + EPSILON);
}
