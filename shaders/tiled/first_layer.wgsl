// Convolution of one input channel, bias, ReLU and 2×2 max pooling, and the gradients of its weights and bias. Its
// sums have as many terms as the kernel has taps, too few for tiles. Shapes and equations as in
// fused/conv_pool.wgsl and fused/first_layer.wgsl; OUT_C is a multiple of four.

#import shared/windows
#import shared/winner
#import shared/common

const WORKGROUP: u32 = 128;
const WORKGROUP_WEIGHTS: u32 = 256;
// Output channels side by side in the gradients' workgroup, and how many parts of a slice run beside each other.
const LANES: u32 = 32;
const PARTS: u32 = 8;
const MOST_TAPS: u32 = 9;
// Gradients of nine taps' weights, and of the bias, of each invocation.
const SUMS: u32 = 2560;

override WINDOWS: u32; // pool windows of a slice of the batch
override x_stride: u32;
override w_offset: u32;
override w_stride: u32;
override b_offset: u32;
override b_stride: u32;
override y_stride: u32;
override argmax_stride: u32;
override dy_stride: u32;
override winner_stride: u32;
override partial_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> b: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> y: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> argmax: array<vec4<u32>>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> winner: array<u32>;
@group(0) @binding(7) var<storage, read_write> partial: array<f32>;

fn pixel(replica: u32, at: InputPixel) -> f32 {
    if (at.inside) {
        return x[replica * x_stride + at.index];
    }
    return 0.0;
}

// One invocation per window and four channels.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let number = linear(id, groups, WORKGROUP);
    let channel = number % (OUT_C / 4u);
    let window = number / (OUT_C / 4u);
    if (window >= BATCH * POOLED_H * POOLED_W) {
        return;
    }
    var s0 = vec4(0.0);
    var s1 = vec4(0.0);
    var s2 = vec4(0.0);
    var s3 = vec4(0.0);
    for (var i = 0u; i < KERNEL_H; i++) {
        for (var j = 0u; j < KERNEL_W; j++) {
            let weights = w[(w_offset + id.z * w_stride + (i * KERNEL_W + j) * OUT_C) / 4u + channel];
            s0 = fma(vec4(pixel(id.z, window_pixel(window, 0u, i, j))), weights, s0);
            s1 = fma(vec4(pixel(id.z, window_pixel(window, 1u, i, j))), weights, s1);
            s2 = fma(vec4(pixel(id.z, window_pixel(window, 2u, i, j))), weights, s2);
            s3 = fma(vec4(pixel(id.z, window_pixel(window, 3u, i, j))), weights, s3);
        }
    }
    let bias = b[(b_offset + id.z * b_stride) / 4u + channel];
    let best = best_of(array(s0 + bias, s1 + bias, s2 + bias, s3 + bias));
    let out = window * (OUT_C / 4u) + channel;
    y[id.z * (y_stride / 4u) + out] = best.value;
    argmax[id.z * (argmax_stride / 4u) + out] = best.position;
}

var<workgroup> sums_of: array<f32, SUMS>;

struct Taps {
    t0: f32,
    t1: f32,
    t2: f32,
    t3: f32,
    t4: f32,
    t5: f32,
    t6: f32,
    t7: f32,
    t8: f32,
    bias: f32,
}

// A window's gradient, 0 where it has no winner, and the input pixel that the winner reads through the first tap.
struct Hit {
    gradient: f32,
    n: u32,
    h: u32,
    w: u32,
}

fn hit(window: u32, end: u32, channel: u32, replica: u32) -> Hit {
    // A window past the end is the last one again, without a gradient.
    let here = min(window, end - 1u);
    let at = here * OUT_C + channel;
    let position = winner[replica * winner_stride + at];
    let g = dy[replica * dy_stride + at];
    let oh = here / POOLED_W % POOLED_H * 2u + position / 2u % 2u;
    let ow = here % POOLED_W * 2u + position % 2u;
    let counts = window < end && position != NONE;
    return Hit(select(0.0, g, counts), here / (POOLED_W * POOLED_H), oh * STRIDE_H - PAD_TOP, ow * STRIDE_W - PAD_LEFT);
}

// What the winner read through a tap, 0 outside of the image: one below zero is a large number.
fn read_by(hit: Hit, tap: u32, replica: u32) -> f32 {
    let h = hit.h + tap / KERNEL_W;
    let w = hit.w + tap % KERNEL_W;
    if (tap < KERNEL_H * KERNEL_W && h < IN_H && w < IN_W) {
        return x[replica * x_stride + (hit.n * IN_H + h) * IN_W + w];
    }
    return 0.0;
}

fn add(sums: ptr<function, Taps>, hit: Hit, replica: u32) {
    (*sums).t0 = fma(read_by(hit, 0u, replica), hit.gradient, (*sums).t0);
    (*sums).t1 = fma(read_by(hit, 1u, replica), hit.gradient, (*sums).t1);
    (*sums).t2 = fma(read_by(hit, 2u, replica), hit.gradient, (*sums).t2);
    (*sums).t3 = fma(read_by(hit, 3u, replica), hit.gradient, (*sums).t3);
    (*sums).t4 = fma(read_by(hit, 4u, replica), hit.gradient, (*sums).t4);
    (*sums).t5 = fma(read_by(hit, 5u, replica), hit.gradient, (*sums).t5);
    (*sums).t6 = fma(read_by(hit, 6u, replica), hit.gradient, (*sums).t6);
    (*sums).t7 = fma(read_by(hit, 7u, replica), hit.gradient, (*sums).t7);
    (*sums).t8 = fma(read_by(hit, 8u, replica), hit.gradient, (*sums).t8);
    (*sums).bias += hit.gradient;
}

// One workgroup per LANES channels and slice of WINDOWS windows, whose parts' sums are added in their order. An
// invocation takes four windows at a time, so that their loads overlap.
@compute @workgroup_size(WORKGROUP_WEIGHTS)
fn backward_weights(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = linear(group, groups, 1u);
    let replica = group.z;
    let first_channel = number % tiles(OUT_C, LANES) * LANES;
    let channel = min(first_channel + invocation % LANES, OUT_C - 1u);
    let slice = number / tiles(OUT_C, LANES);
    let end = min((slice + 1u) * WINDOWS, BATCH * POOLED_H * POOLED_W);
    var sums: Taps;
    for (var window = slice * WINDOWS + invocation / LANES; window < end; window += 4u * PARTS) {
        let h0 = hit(window, end, channel, replica);
        let h1 = hit(window + PARTS, end, channel, replica);
        let h2 = hit(window + 2u * PARTS, end, channel, replica);
        let h3 = hit(window + 3u * PARTS, end, channel, replica);
        add(&sums, h0, replica);
        add(&sums, h1, replica);
        add(&sums, h2, replica);
        add(&sums, h3, replica);
    }
    sums_of[invocation] = sums.t0;
    sums_of[invocation + WORKGROUP_WEIGHTS] = sums.t1;
    sums_of[invocation + 2u * WORKGROUP_WEIGHTS] = sums.t2;
    sums_of[invocation + 3u * WORKGROUP_WEIGHTS] = sums.t3;
    sums_of[invocation + 4u * WORKGROUP_WEIGHTS] = sums.t4;
    sums_of[invocation + 5u * WORKGROUP_WEIGHTS] = sums.t5;
    sums_of[invocation + 6u * WORKGROUP_WEIGHTS] = sums.t6;
    sums_of[invocation + 7u * WORKGROUP_WEIGHTS] = sums.t7;
    sums_of[invocation + 8u * WORKGROUP_WEIGHTS] = sums.t8;
    sums_of[invocation + MOST_TAPS * WORKGROUP_WEIGHTS] = sums.bias;
    workgroupBarrier();
    let taps = KERNEL_H * KERNEL_W;
    for (var element = invocation; element < (taps + 1u) * LANES; element += WORKGROUP_WEIGHTS) {
        let row = element / LANES;
        let lane = element % LANES;
        let from_ = select(row, MOST_TAPS, row == taps) * WORKGROUP_WEIGHTS + lane;
        var total = 0.0;
        for (var part = 0u; part < PARTS; part++) {
            total += sums_of[from_ + part * LANES];
        }
        if (first_channel + lane < OUT_C && slice * WINDOWS < BATCH * POOLED_H * POOLED_W) {
            partial[replica * partial_stride + (slice * (taps + 1u) + row) * OUT_C + first_channel + lane] = total;
        }
    }
}
