// Adam as in plain/adam.wgsl, after adding up the partial sums of two convolutions' gradients. first is
// [FIRST_SLICES, FIRST_WEIGHTS + FIRST_BIASES]: dw and then db of each slice of the batch; second likewise.

#import shared/adam_step
#import shared/common

const WORKGROUP: u32 = 64;
const ELSEWHERE: u32 = 0xffffffffu;

override LEN: u32;
override FIRST_SLICES: u32;
override FIRST_WEIGHTS: u32;
override FIRST_BIASES: u32;
override FIRST_DW: u32; // where dw and db are in g
override FIRST_DB: u32;
override SECOND_SLICES: u32;
override SECOND_WEIGHTS: u32;
override SECOND_BIASES: u32;
override SECOND_DW: u32;
override SECOND_DB: u32;
override w_stride: u32; // between two replicas of w, g, m and v
override first_stride: u32;
override second_stride: u32;

@group(0) @binding(0) var<storage, read_write> w: array<f32>;
@group(0) @binding(1) var<storage, read_write> g: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read> first: array<f32>;
@group(0) @binding(5) var<storage, read> second: array<f32>;

// The index of a parameter's gradient in a slice of partial sums, or ELSEWHERE. Differences are unsigned: one
// below zero is a large number and fails the comparison.
fn place(element: u32, dw: u32, weights: u32, db: u32, biases: u32) -> u32 {
    let bias = select(ELSEWHERE, weights + element - db, element - db < biases);
    return select(bias, element - dw, element - dw < weights);
}

// g = Σ_s first[s] or Σ_s second[s], in the order of the slices, for parameters whose gradient is there; then
// g → w, m, v, in place, by the equation in shared/adam_step.wgsl. Each replica has LEN of w, g, m and v.
// One invocation per parameter.
@compute @workgroup_size(WORKGROUP)
fn update(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        return;
    }
    let i = id.z * w_stride + element;
    let in_first = place(element, FIRST_DW, FIRST_WEIGHTS, FIRST_DB, FIRST_BIASES);
    let in_second = place(element, SECOND_DW, SECOND_WEIGHTS, SECOND_DB, SECOND_BIASES);
    if (in_first != ELSEWHERE) {
        g[i] = sum_first(id.z * first_stride + in_first);
    } else if (in_second != ELSEWHERE) {
        g[i] = sum_second(id.z * second_stride + in_second);
    }
    descend(i, g[i]);
}

// Σ_s first[s], eight loads at a time, so that they overlap.
fn sum_first(at: u32) -> f32 {
    let slice = FIRST_WEIGHTS + FIRST_BIASES;
    let end = at + FIRST_SLICES * slice;
    var sum = 0.0;
    var i = at;
    for (; i + 7u * slice < end; i += 8u * slice) {
        let low = array(first[i], first[i + slice], first[i + 2u * slice], first[i + 3u * slice]);
        let high = array(first[i + 4u * slice], first[i + 5u * slice], first[i + 6u * slice], first[i + 7u * slice]);
        sum = sum + low[0] + low[1] + low[2] + low[3] + high[0] + high[1] + high[2] + high[3];
    }
    for (; i < end; i += slice) {
        sum += first[i];
    }
    return sum;
}

// The same of second.
fn sum_second(at: u32) -> f32 {
    let slice = SECOND_WEIGHTS + SECOND_BIASES;
    let end = at + SECOND_SLICES * slice;
    var sum = 0.0;
    var i = at;
    for (; i + 7u * slice < end; i += 8u * slice) {
        let low = array(second[i], second[i + slice], second[i + 2u * slice], second[i + 3u * slice]);
        let high = array(second[i + 4u * slice], second[i + 5u * slice], second[i + 6u * slice], second[i + 7u * slice]);
        sum = sum + low[0] + low[1] + low[2] + low[3] + high[0] + high[1] + high[2] + high[3];
    }
    for (; i < end; i += slice) {
        sum += second[i];
    }
    return sum;
}
