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

var<workgroup> sums_of: array<f32, WORKGROUP_WEIGHTS>;

// One workgroup per LANES channels and slice of WINDOWS windows, whose parts' sums are added in their order.
@compute @workgroup_size(WORKGROUP_WEIGHTS)
fn backward_weights(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = linear(group, groups, 1u);
    let replica = group.z;
    let channel = number % tiles(OUT_C, LANES) * LANES + invocation % LANES;
    let slice = number / tiles(OUT_C, LANES);
    let taps = KERNEL_H * KERNEL_W;
    let end = min((slice + 1u) * WINDOWS, BATCH * POOLED_H * POOLED_W);
    var sums: array<f32, MOST_TAPS>;
    var bias = 0.0;
    if (channel < OUT_C) {
        for (var window = slice * WINDOWS + invocation / LANES; window < end; window += PARTS) {
            let at = window * OUT_C + channel;
            let position = winner[replica * winner_stride + at];
            if (position != NONE) {
                let g = dy[replica * dy_stride + at];
                bias += g;
                for (var tap = 0u; tap < MOST_TAPS; tap++) {
                    if (tap < taps) {
                        let read = window_pixel(window, position, tap / KERNEL_W, tap % KERNEL_W);
                        sums[tap] = fma(pixel(replica, read), g, sums[tap]);
                    }
                }
            }
        }
    }
    let out = replica * partial_stride + slice * (taps + 1u) * OUT_C + channel;
    for (var tap = 0u; tap <= MOST_TAPS; tap++) {
        if (tap < taps || tap == MOST_TAPS) {
            if (tap == MOST_TAPS) {
                sums_of[invocation] = bias;
            } else {
                sums_of[invocation] = sums[tap];
            }
            workgroupBarrier();
            if (invocation < LANES && channel < OUT_C) {
                var total = 0.0;
                for (var part = 0u; part < PARTS; part++) {
                    total += sums_of[part * LANES + invocation];
                }
                partial[out + min(tap, taps) * OUT_C] = total;
            }
            workgroupBarrier();
        }
    }
}
