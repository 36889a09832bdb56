// As many multiply-adds as the device can do, which the speed of other kernels is compared with; and a kernel
// that does nothing, which shows what a dispatch costs by itself.

#import shared/common

const WORKGROUP: u32 = 64;
// Multiply-adds in one round of an invocation: eight independent sums of four.
const MULTIPLY_ADDS: u32 = 32;

override LEN: u32;
override ROUNDS: u32;
override y_stride: u32;

@group(0) @binding(0) var<storage, read_write> y: array<f32>;

// y[i] = the result of ROUNDS × MULTIPLY_ADDS multiply-adds in registers. Factor and summand depend on what y
// held before, so the compiler cannot compute anything in advance; the sums approach a bounded value.
// y is [LEN]. One invocation per element.
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

// Does nothing, but could write y, so each dispatch must wait for the one before. y is [LEN].
// One invocation per element.
@compute @workgroup_size(WORKGROUP)
fn nothing(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= LEN) {
        y[id.z * y_stride] = f32(ROUNDS);
    }
}
