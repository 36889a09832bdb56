// Strided, padded 2-D convolution and its gradients. Twin: src/cpu/conv2d.rs.
// x, dx are [BATCH, IN_H, IN_W, IN_C]; y, dy [BATCH, OUT_H, OUT_W, OUT_C]; w, dw
// [KERNEL_H, KERNEL_W, IN_C, OUT_C]. Terms outside the image are zero.

const WORKGROUP: u32 = 64;
const TILE_COLUMNS: u32 = 4;
const TILE_CHANNELS: u32 = 8;
const TILE_ROWS: u32 = 4;

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
override x_stride: u32;
override w_offset: u32;
override w_stride: u32;
override y_stride: u32;
override dy_stride: u32;
override dx_stride: u32;
override dw_offset: u32;
override dw_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> dy: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;
@group(0) @binding(5) var<storage, read_write> dw: array<f32>;

var<workgroup> partial_low: array<array<vec4<f32>, 4>, WORKGROUP>;
var<workgroup> partial_high: array<array<vec4<f32>, 4>, WORKGROUP>;

fn tiles(n: u32, tile: u32) -> u32 {
    return (n + tile - 1u) / tile;
}

// Four neighbouring output channels of w or dy from channel c on; past the last, the last again.
// Where OUT_C is a multiple of four no index needs clamping, and the branch folds away.
fn channels4(c: u32) -> vec4<u32> {
    if (OUT_C % TILE_CHANNELS == 0u) {
        return vec4(c, c + 1u, c + 2u, c + 3u);
    }
    return min(vec4(c, c + 1u, c + 2u, c + 3u), vec4(OUT_C - 1u));
}

fn w4(i: u32, c: vec4<u32>) -> vec4<f32> {
    return vec4(w[i + c.x], w[i + c.y], w[i + c.z], w[i + c.w]);
}

fn dy4(i: u32, c: vec4<u32>) -> vec4<f32> {
    return vec4(dy[i + c.x], dy[i + c.y], dy[i + c.z], dy[i + c.w]);
}

fn store_y(i: u32, c: u32, value: vec4<f32>) {
    if (c < OUT_C) { y[i] = value.x; }
    if (c + 1u < OUT_C) { y[i + 1u] = value.y; }
    if (c + 2u < OUT_C) { y[i + 2u] = value.z; }
    if (c + 3u < OUT_C) { y[i + 3u] = value.w; }
}

fn store_dx(i: u32, c: u32, value: vec4<f32>) {
    if (c < IN_C) { dx[i] = value.x; }
    if (c + 1u < IN_C) { dx[i + 1u] = value.y; }
    if (c + 2u < IN_C) { dx[i + 2u] = value.z; }
    if (c + 3u < IN_C) { dx[i + 3u] = value.w; }
}

fn store_dw(i: u32, c: u32, value: vec4<f32>) {
    if (c < OUT_C) { dw[i] = value.x; }
    if (c + 1u < OUT_C) { dw[i + 1u] = value.y; }
    if (c + 2u < OUT_C) { dw[i + 2u] = value.z; }
    if (c + 3u < OUT_C) { dw[i + 3u] = value.w; }
}

// y[n,oh,ow,o] = Σ_{i,j,c} x[n, oh·sh + i − top, ow·sw + j − left, c] · w[i,j,c,o]
// One invocation per TILE_COLUMNS columns × TILE_CHANNELS channels of a row of y.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    var tile = linear(id, groups, WORKGROUP);
    let channel = tile % tiles(OUT_C, TILE_CHANNELS) * TILE_CHANNELS;
    tile /= tiles(OUT_C, TILE_CHANNELS);
    let column = tile % tiles(OUT_W, TILE_COLUMNS) * TILE_COLUMNS;
    tile /= tiles(OUT_W, TILE_COLUMNS);
    let row = tile % OUT_H;
    let n = tile / OUT_H;
    if (n >= BATCH) {
        return;
    }
    let low = channels4(channel);
    let high = channels4(channel + 4u);
    let w_at = w_offset + id.z * w_stride;
    let first = vec4<i32>(vec4(column) + vec4(0u, 1u, 2u, 3u)) * i32(STRIDE_W) - vec4(i32(PAD_LEFT));
    var l0 = vec4(0.0);
    var l1 = vec4(0.0);
    var l2 = vec4(0.0);
    var l3 = vec4(0.0);
    var h0 = vec4(0.0);
    var h1 = vec4(0.0);
    var h2 = vec4(0.0);
    var h3 = vec4(0.0);
    for (var i = 0u; i < KERNEL_H; i++) {
        let ih = i32(row * STRIDE_H + i) - i32(PAD_TOP);
        if (ih < 0 || ih >= i32(IN_H)) {
            continue;
        }
        let x_row = id.z * x_stride + (n * IN_H + u32(ih)) * IN_W * IN_C;
        for (var j = 0u; j < KERNEL_W; j++) {
            let iw = first + vec4(i32(j));
            let inside = (iw >= vec4(0)) & (iw < vec4(i32(IN_W)));
            let pixel = vec4(x_row) + vec4<u32>(select(vec4(0), iw, inside)) * IN_C;
            let tap = w_at + (i * KERNEL_W + j) * IN_C * OUT_C;
            for (var c = 0u; c < IN_C; c++) {
                let wl = w4(tap + c * OUT_C, low);
                let wh = w4(tap + c * OUT_C, high);
                let v = select(vec4(0.0), vec4(x[pixel.x + c], x[pixel.y + c], x[pixel.z + c], x[pixel.w + c]), inside);
                l0 += v.x * wl;
                h0 += v.x * wh;
                l1 += v.y * wl;
                h1 += v.y * wh;
                l2 += v.z * wl;
                h2 += v.z * wh;
                l3 += v.w * wl;
                h3 += v.w * wh;
            }
        }
    }
    let out = id.z * y_stride + ((n * OUT_H + row) * OUT_W + column) * OUT_C + channel;
    store_y(out, channel, l0);
    store_y(out + 4u, channel + 4u, h0);
    if (column + 1u < OUT_W) {
        store_y(out + OUT_C, channel, l1);
        store_y(out + OUT_C + 4u, channel + 4u, h1);
    }
    if (column + 2u < OUT_W) {
        store_y(out + 2u * OUT_C, channel, l2);
        store_y(out + 2u * OUT_C + 4u, channel + 4u, h2);
    }
    if (column + 3u < OUT_W) {
        store_y(out + 3u * OUT_C, channel, l3);
        store_y(out + 3u * OUT_C + 4u, channel + 4u, h3);
    }
}

// dx[n,ih,iw,c] = Σ_{i,j,o} dy[n,oh,ow,o] · w[i,j,c,o] over oh·sh = ih + top − i, ow·sw = iw + left − j
// One invocation per TILE_COLUMNS columns × TILE_CHANNELS channels of a row of dx, the columns a
// stride apart: they share the taps that divide, and read neighbouring columns of dy.
@compute @workgroup_size(WORKGROUP)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    var tile = linear(id, groups, WORKGROUP);
    let channel = tile % tiles(IN_C, TILE_CHANNELS) * TILE_CHANNELS;
    tile /= tiles(IN_C, TILE_CHANNELS);
    let columns = tiles(tiles(IN_W, STRIDE_W), TILE_COLUMNS);
    let start = tile % columns * TILE_COLUMNS * STRIDE_W;
    tile /= columns;
    let column = start + tile % STRIDE_W;
    tile /= STRIDE_W;
    let row = tile % IN_H;
    let n = tile / IN_H;
    if (n >= BATCH || column >= IN_W) {
        return;
    }
    let w_at = w_offset + id.z * w_stride;
    let low = min(vec4(channel) + vec4(0u, 1u, 2u, 3u), vec4(IN_C - 1u)) * OUT_C;
    let high = min(vec4(channel) + vec4(4u, 5u, 6u, 7u), vec4(IN_C - 1u)) * OUT_C;
    var l0 = vec4(0.0);
    var l1 = vec4(0.0);
    var l2 = vec4(0.0);
    var l3 = vec4(0.0);
    var h0 = vec4(0.0);
    var h1 = vec4(0.0);
    var h2 = vec4(0.0);
    var h3 = vec4(0.0);
    for (var i = 0u; i < KERNEL_H; i++) {
        let top = i32(row + PAD_TOP) - i32(i);
        if (top < 0 || top % i32(STRIDE_H) != 0 || top / i32(STRIDE_H) >= i32(OUT_H)) {
            continue;
        }
        let dy_row = id.z * dy_stride + (n * OUT_H + u32(top / i32(STRIDE_H))) * OUT_W * OUT_C;
        for (var j = 0u; j < KERNEL_W; j++) {
            // Negative where only later columns of the tile reach an output.
            let left = i32(column + PAD_LEFT) - i32(j);
            if ((left % i32(STRIDE_W)) != 0) {
                continue;
            }
            let ow = vec4(left / i32(STRIDE_W)) + vec4(0, 1, 2, 3);
            let inside = (ow >= vec4(0)) & (ow < vec4(i32(OUT_W)));
            let pixel = vec4(dy_row) + vec4<u32>(select(vec4(0), ow, inside)) * OUT_C;
            let tap = w_at + (i * KERNEL_W + j) * IN_C * OUT_C;
            for (var o = 0u; o < OUT_C; o++) {
                let at = tap + o;
                let wl = vec4(w[at + low.x], w[at + low.y], w[at + low.z], w[at + low.w]);
                let wh = vec4(w[at + high.x], w[at + high.y], w[at + high.z], w[at + high.w]);
                let v = select(vec4(0.0), vec4(dy[pixel.x + o], dy[pixel.y + o], dy[pixel.z + o], dy[pixel.w + o]), inside);
                l0 += v.x * wl;
                h0 += v.x * wh;
                l1 += v.y * wl;
                h1 += v.y * wh;
                l2 += v.z * wl;
                h2 += v.z * wh;
                l3 += v.w * wl;
                h3 += v.w * wh;
            }
        }
    }
    let out = id.z * dx_stride + ((n * IN_H + row) * IN_W + column) * IN_C + channel;
    let next = STRIDE_W * IN_C;
    store_dx(out, channel, l0);
    store_dx(out + 4u, channel + 4u, h0);
    if (column + STRIDE_W < IN_W) {
        store_dx(out + next, channel, l1);
        store_dx(out + next + 4u, channel + 4u, h1);
    }
    if (column + 2u * STRIDE_W < IN_W) {
        store_dx(out + 2u * next, channel, l2);
        store_dx(out + 2u * next + 4u, channel + 4u, h2);
    }
    if (column + 3u * STRIDE_W < IN_W) {
        store_dx(out + 3u * next, channel, l3);
        store_dx(out + 3u * next + 4u, channel + 4u, h3);
    }
}

// dw[i,j,c,o] = Σ_{n,oh,ow} x[n, oh·sh + i − top, ow·sw + j − left, c] · dy[n,oh,ow,o]
// With dw read as [KERNEL_H·KERNEL_W·IN_C, OUT_C]: one workgroup per TILE_ROWS × TILE_CHANNELS of
// dw. Each invocation sums every WORKGROUP-th row of the output images; then the sums are added
// pairwise.
@compute @workgroup_size(WORKGROUP)
fn backward_weights(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let tile = linear(group, groups, 1u);
    let rows = KERNEL_H * KERNEL_W * IN_C;
    let channel = tile % tiles(OUT_C, TILE_CHANNELS) * TILE_CHANNELS;
    let row = tile / tiles(OUT_C, TILE_CHANNELS) * TILE_ROWS;
    let low = channels4(channel);
    let high = channels4(channel + 4u);
    let weight = min(vec4(row) + vec4(0u, 1u, 2u, 3u), vec4(rows - 1u));
    let c = weight % IN_C;
    let i = vec4<i32>(weight / (IN_C * KERNEL_W)) - vec4(i32(PAD_TOP));
    let j = vec4<i32>(weight / IN_C % KERNEL_W) - vec4(i32(PAD_LEFT));
    var l0 = vec4(0.0);
    var l1 = vec4(0.0);
    var l2 = vec4(0.0);
    var l3 = vec4(0.0);
    var h0 = vec4(0.0);
    var h1 = vec4(0.0);
    var h2 = vec4(0.0);
    var h3 = vec4(0.0);
    for (var line = lane; line < BATCH * OUT_H; line += WORKGROUP) {
        let n = line / OUT_H;
        let ih = vec4(i32(line % OUT_H * STRIDE_H)) + i;
        let inside_row = (ih >= vec4(0)) & (ih < vec4(i32(IN_H)));
        if (!any(inside_row)) {
            continue;
        }
        let x_row = vec4(group.z * x_stride) + (vec4(n * IN_H) + vec4<u32>(select(vec4(0), ih, inside_row))) * (IN_W * IN_C) + c;
        let dy_row = group.z * dy_stride + line * OUT_W * OUT_C;
        for (var ow = 0u; ow < OUT_W; ow++) {
            let iw = vec4(i32(ow * STRIDE_W)) + j;
            let inside = inside_row & (iw >= vec4(0)) & (iw < vec4(i32(IN_W)));
            let at = x_row + vec4<u32>(select(vec4(0), iw, inside)) * IN_C;
            let v = select(vec4(0.0), vec4(x[at.x], x[at.y], x[at.z], x[at.w]), inside);
            let dl = dy4(dy_row + ow * OUT_C, low);
            let dh = dy4(dy_row + ow * OUT_C, high);
            l0 += v.x * dl;
            h0 += v.x * dh;
            l1 += v.y * dl;
            h1 += v.y * dh;
            l2 += v.z * dl;
            h2 += v.z * dh;
            l3 += v.w * dl;
            h3 += v.w * dh;
        }
    }
    partial_low[lane] = array(l0, l1, l2, l3);
    partial_high[lane] = array(h0, h1, h2, h3);
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) {
            for (var r = 0u; r < TILE_ROWS; r++) {
                partial_low[lane][r] += partial_low[lane + half][r];
                partial_high[lane][r] += partial_high[lane + half][r];
            }
        }
    }
    workgroupBarrier();
    if (lane < TILE_ROWS && row + lane < rows) {
        let out = dw_offset + group.z * dw_stride + (row + lane) * OUT_C + channel;
        store_dw(out, channel, partial_low[0][lane]);
        store_dw(out + 4u, channel + 4u, partial_high[0][lane]);
    }
}
