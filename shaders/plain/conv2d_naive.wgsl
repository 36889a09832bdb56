// Strided, padded 2-D convolution and its gradients, written to be read: one invocation per element of
// the result, and each sum as the equation has it. conv2d.wgsl computes the same, many times faster, with
// register tiles; it has the same bindings and shapes, and the tests hold both to the same values.
// Twin: src/cpu/conv2d.rs.
//
// Notation: n is an image; c a channel of the input, o one of the output; (i, j) a tap, which
// is a position in the kernel. Output pixel (oh, ow) reads through tap (i, j) the input pixel
//
//     ih = oh·STRIDE_H + i − PAD_TOP      iw = ow·STRIDE_W + j − PAD_LEFT
//
// and where that pixel lies outside of the image, it counts as zero. All three passes use this relation.
#import shared/common

const WORKGROUP: u32 = 64;

// Shapes. The host sets them when it makes the pipeline, so that the compiler knows them.
override BATCH: u32;
override IN_H: u32;
override IN_W: u32;
override IN_C: u32;
override OUT_H: u32;
override OUT_W: u32;
override OUT_C: u32;
override KERNEL_H: u32;
override KERNEL_W: u32;
override STRIDE_H: u32;
override STRIDE_W: u32;
override PAD_TOP: u32;
override PAD_LEFT: u32;

// Several replicas of a network train side by side; id.z is the replica. A tensor's `_stride` is the
// distance between two replicas of it. Weights and their gradients lie in one buffer with those of the
// other layers: their `_offset` is where they begin.
override x_stride: u32;
override w_offset: u32;
override w_stride: u32;
override y_stride: u32;
override dy_stride: u32;
override dx_stride: u32;
override dw_offset: u32;
override dw_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;        // [BATCH, IN_H, IN_W, IN_C]
@group(0) @binding(1) var<storage, read> w: array<f32>;        // [KERNEL_H, KERNEL_W, IN_C, OUT_C]
@group(0) @binding(2) var<storage, read_write> y: array<f32>;  // [BATCH, OUT_H, OUT_W, OUT_C]
@group(0) @binding(3) var<storage, read> dy: array<f32>;       // as y
@group(0) @binding(4) var<storage, read_write> dx: array<f32>; // as x
@group(0) @binding(5) var<storage, read_write> dw: array<f32>; // as w

// Where an element lies in its tensor. The last axis is contiguous in all of them.
fn index_x(n: u32, ih: u32, iw: u32, c: u32) -> u32 {
    return ((n * IN_H + ih) * IN_W + iw) * IN_C + c;
}

fn index_w(i: u32, j: u32, c: u32, o: u32) -> u32 {
    return ((i * KERNEL_W + j) * IN_C + c) * OUT_C + o;
}

fn index_y(n: u32, oh: u32, ow: u32, o: u32) -> u32 {
    return ((n * OUT_H + oh) * OUT_W + ow) * OUT_C + o;
}

// y[n,oh,ow,o] = Σ_{i,j,c} x[n,ih,iw,c] · w[i,j,c,o]
// One invocation per element of y.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    // The last workgroup may reach past the end.
    if (element >= BATCH * OUT_H * OUT_W * OUT_C) {
        return;
    }
    let o = element % OUT_C;
    let ow = element / OUT_C % OUT_W;
    let oh = element / (OUT_C * OUT_W) % OUT_H;
    let n = element / (OUT_C * OUT_W * OUT_H);

    var sum = 0.0;
    for (var i = 0u; i < KERNEL_H; i++) {
        for (var j = 0u; j < KERNEL_W; j++) {
            // Signed, as padding makes them negative at the upper and left edges.
            let ih = i32(oh * STRIDE_H + i) - i32(PAD_TOP);
            let iw = i32(ow * STRIDE_W + j) - i32(PAD_LEFT);
            if (ih < 0 || ih >= i32(IN_H) || iw < 0 || iw >= i32(IN_W)) {
                continue;
            }
            for (var c = 0u; c < IN_C; c++) {
                let pixel = x[id.z * x_stride + index_x(n, u32(ih), u32(iw), c)];
                let weight = w[w_offset + id.z * w_stride + index_w(i, j, c, o)];
                sum += pixel * weight;
            }
        }
    }
    y[id.z * y_stride + element] = sum;
}

// dx[n,ih,iw,c] = Σ_{i,j,o} dy[n,oh,ow,o] · w[i,j,c,o]
// over the taps (i, j) through which some output pixel (oh, ow) reads (ih, iw): solved for the output,
// oh = (ih + PAD_TOP − i) / STRIDE_H where that division leaves no remainder, and ow likewise. At a stride
// above 1 a pixel may have no such tap; its gradient is zero.
// One invocation per element of dx.
@compute @workgroup_size(WORKGROUP)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= BATCH * IN_H * IN_W * IN_C) {
        return;
    }
    let c = element % IN_C;
    let iw = element / IN_C % IN_W;
    let ih = element / (IN_C * IN_W) % IN_H;
    let n = element / (IN_C * IN_W * IN_H);

    var sum = 0.0;
    for (var i = 0u; i < KERNEL_H; i++) {
        for (var j = 0u; j < KERNEL_W; j++) {
            // Negative where the tap reads above or left of the first window.
            let below = i32(ih + PAD_TOP) - i32(i);
            let right = i32(iw + PAD_LEFT) - i32(j);
            if (below < 0 || below % i32(STRIDE_H) != 0 || right < 0 || right % i32(STRIDE_W) != 0) {
                continue;
            }
            let oh = u32(below) / STRIDE_H;
            let ow = u32(right) / STRIDE_W;
            if (oh >= OUT_H || ow >= OUT_W) {
                continue;
            }
            for (var o = 0u; o < OUT_C; o++) {
                let gradient = dy[id.z * dy_stride + index_y(n, oh, ow, o)];
                let weight = w[w_offset + id.z * w_stride + index_w(i, j, c, o)];
                sum += gradient * weight;
            }
        }
    }
    dx[id.z * dx_stride + element] = sum;
}

// dw[i,j,c,o] = Σ_{n,oh,ow} x[n,ih,iw,c] · dy[n,oh,ow,o]
// The sum of an image is added up by itself before it joins the total: sums of fewer terms lose less to
// rounding. One invocation per element of dw.
@compute @workgroup_size(WORKGROUP)
fn backward_weights(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= KERNEL_H * KERNEL_W * IN_C * OUT_C) {
        return;
    }
    let o = element % OUT_C;
    let c = element / OUT_C % IN_C;
    let j = element / (OUT_C * IN_C) % KERNEL_W;
    let i = element / (OUT_C * IN_C * KERNEL_W);

    var total = 0.0;
    for (var n = 0u; n < BATCH; n++) {
        var sum = 0.0;
        for (var oh = 0u; oh < OUT_H; oh++) {
            for (var ow = 0u; ow < OUT_W; ow++) {
                let ih = i32(oh * STRIDE_H + i) - i32(PAD_TOP);
                let iw = i32(ow * STRIDE_W + j) - i32(PAD_LEFT);
                if (ih < 0 || ih >= i32(IN_H) || iw < 0 || iw >= i32(IN_W)) {
                    continue;
                }
                let pixel = x[id.z * x_stride + index_x(n, u32(ih), u32(iw), c)];
                let gradient = dy[id.z * dy_stride + index_y(n, oh, ow, o)];
                sum += pixel * gradient;
            }
        }
        total += sum;
    }
    dw[dw_offset + id.z * dw_stride + element] = total;
}
