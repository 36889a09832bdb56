// Max pooling. Twin: src/cpu/max_pool.rs.

#import shared/common

const WORKGROUP: u32 = 64;
// The argmax of a window of which no pixel has been seen.
const NOWHERE: u32 = 0xffffffffu;

override BATCH: u32;
override CHANNELS: u32;
override IN_H: u32;
override IN_W: u32;
override OUT_H: u32;
override OUT_W: u32;
override KERNEL_H: u32;
override KERNEL_W: u32;
override STRIDE_H: u32;
override STRIDE_W: u32;
override PAD_TOP: u32;
override PAD_LEFT: u32;
// The rows and columns of the windows that a dispatch looks at; backward counts them from the last one. Later
// dispatches go on from what the earlier ones stored (ADDS is 1).
override FIRST_ROW: u32;
override END_ROW: u32;
override FIRST_COLUMN: u32;
override END_COLUMN: u32;
override ADDS: u32;
override x_stride: u32;
override y_stride: u32;
override argmax_stride: u32;
override dy_stride: u32;
override winner_stride: u32;
override dx_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read_write> argmax: array<u32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read> winner: array<u32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;

// y[n,oh,ow,c] = max x[n, oh·sh + i − top, ow·sw + j − left, c] over positions inside the image;
// argmax = i·kw + j of the first maximum in row-major order; NaN wins over any number. x is [BATCH, IN_H,
// IN_W, CHANNELS], y and argmax [BATCH, OUT_H, OUT_W, CHANNELS]. One invocation per element of y.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= BATCH * OUT_H * OUT_W * CHANNELS) {
        return;
    }
    let c = element % CHANNELS;
    let ow = element / CHANNELS % OUT_W;
    let oh = element / (CHANNELS * OUT_W) % OUT_H;
    let n = element / (CHANNELS * OUT_W * OUT_H);
    var best = 0.0;
    var position = 0u;
    var found = false;
    if (ADDS == 1u) {
        best = y[id.z * y_stride + element];
        position = argmax[id.z * argmax_stride + element];
        found = position != NOWHERE;
    }
    for (var i = FIRST_ROW; i < END_ROW; i++) {
        let ih = i32(oh * STRIDE_H + i) - i32(PAD_TOP);
        if (ih < 0 || ih >= i32(IN_H)) {
            continue;
        }
        for (var j = FIRST_COLUMN; j < END_COLUMN; j++) {
            let iw = i32(ow * STRIDE_W + j) - i32(PAD_LEFT);
            if (iw < 0 || iw >= i32(IN_W)) {
                continue;
            }
            let value = x[id.z * x_stride + ((n * IN_H + u32(ih)) * IN_W + u32(iw)) * CHANNELS + c];
            if (!found || value > best || (is_nan(value) && !is_nan(best))) {
                best = value;
                position = i * KERNEL_W + j;
                found = true;
            }
        }
    }
    y[id.z * y_stride + element] = best;
    argmax[id.z * argmax_stride + element] = select(NOWHERE, position, found);
}

// dx[n,ih,iw,c] = Σ dy[n,oh,ow,c] over the windows whose winner, the position that forward stored in argmax,
// is (ih, iw). Shapes as in forward. One invocation per element of dx.
@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= BATCH * IN_H * IN_W * CHANNELS) {
        return;
    }
    let c = element % CHANNELS;
    let iw = element / CHANNELS % IN_W;
    let ih = element / (CHANNELS * IN_W) % IN_H;
    let n = element / (CHANNELS * IN_W * IN_H);
    var sum = 0.0;
    if (ADDS == 1u) {
        sum = dx[id.z * dx_stride + element];
    }
    // The last position comes first, so that outputs are added in row-major order, as in the twin.
    for (var back_i = FIRST_ROW; back_i < END_ROW; back_i++) {
        let i = KERNEL_H - 1u - back_i;
        let top = i32(ih + PAD_TOP) - i32(i);
        if (top < 0 || top % i32(STRIDE_H) != 0 || top / i32(STRIDE_H) >= i32(OUT_H)) {
            continue;
        }
        for (var back_j = FIRST_COLUMN; back_j < END_COLUMN; back_j++) {
            let j = KERNEL_W - 1u - back_j;
            let left = i32(iw + PAD_LEFT) - i32(j);
            if (left < 0 || left % i32(STRIDE_W) != 0 || left / i32(STRIDE_W) >= i32(OUT_W)) {
                continue;
            }
            let oh = u32(top / i32(STRIDE_H));
            let ow = u32(left / i32(STRIDE_W));
            let output = ((n * OUT_H + oh) * OUT_W + ow) * CHANNELS + c;
            if (winner[id.z * winner_stride + output] == i * KERNEL_W + j) {
                sum += dy[id.z * dy_stride + output];
            }
        }
    }
    dx[id.z * dx_stride + element] = sum;
}
