// As many multiply-adds as the device can do, and none: what other kernels' speed is a fraction of, and what a
// dispatch costs by itself.

#import shared/common

const WORKGROUP: u32 = 64;
// Of one invocation's round: eight independent sums of four.
const MULTIPLY_ADDS: u32 = 32;

override LEN: u32;
override ROUNDS: u32;
override y_stride: u32;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;

// y[i] = what ROUNDS × MULTIPLY_ADDS multiply-adds in registers come to. Factor and summand come from
// the buffer's old content, so that nothing can be worked out beforehand; the sums approach a bounded
// value. One invocation per element.
@compute @workgroup_size(WORKGROUP)
fn multiply_add(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        return;
    }
    let i = id.z * y_stride + element;
    let summand = vec4(y[i] * 0.001 + 0.001);
    let factor = vec4(1.0) - summand;
    var a = summand * 1.0;
    var b = summand * 2.0;
    var c = summand * 3.0;
    var d = summand * 4.0;
    var e = summand * 5.0;
    var f = summand * 6.0;
    var g = summand * 7.0;
    var h = summand * 8.0;
    for (var round = 0u; round < ROUNDS; round++) {
        a = fma(a, factor, summand);
        b = fma(b, factor, summand);
        c = fma(c, factor, summand);
        d = fma(d, factor, summand);
        e = fma(e, factor, summand);
        f = fma(f, factor, summand);
        g = fma(g, factor, summand);
        h = fma(h, factor, summand);
    }
    let sum = a + b + c + d + e + f + g + h;
    y[i] = (sum.x + sum.y + sum.z + sum.w) / 32.0;
}

// Nothing, and still a dispatch that must wait for the one before: y may be written. One invocation per element.
@compute @workgroup_size(WORKGROUP)
fn nothing(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        y[id.z * y_stride] = f32(ROUNDS);
    }
}
