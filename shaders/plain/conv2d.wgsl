// Strided, padded 2-D convolution and its gradients, tiled. Read conv2d_naive.wgsl first, which computes the
// same without tiles. Twin: src/cpu/conv2d.rs.
// x, dx are [BATCH, IN_H, IN_W, IN_C]; y, dy [BATCH, OUT_H, OUT_W, OUT_C]; w, dw
// [KERNEL_H, KERNEL_W, IN_C, OUT_C]. Terms outside the image are zero.
// Each pass is a matrix product in register tiles of 8 rows × 16 columns (shared/tile.wgsl).

#import shared/pixels
#import shared/tile
#import shared/common

const WORKGROUP: u32 = 64;
const TILE_PIXELS: u32 = 8;
const TILE_ROWS: u32 = 8;
const TILE_CHANNELS: u32 = 16;

// The part of every sum that a dispatch adds up. Later ones add to what the earlier ones stored (ADDS is 1). Of
// forward and backward_input it is taps (i, j) and channels; of backward_weights it is output pixels, which have
// the names of channels here.
override FIRST_I: u32;
override END_I: u32;
override FIRST_J: u32;
override END_J: u32;
override FIRST: u32;
override END: u32;
override ADDS: u32;

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

fn load_x(at: vec4<u32>, c: u32, inside: vec4<bool>) -> vec4<f32> {
    return select(vec4(0.0), vec4(x[at.x + c], x[at.y + c], x[at.z + c], x[at.w + c]), inside);
}

fn load_dy(at: vec4<u32>, o: u32, inside: vec4<bool>) -> vec4<f32> {
    return select(vec4(0.0), vec4(dy[at.x + o], dy[at.y + o], dy[at.z + o], dy[at.w + o]), inside);
}

fn load_w(at: vec4<u32>, i: u32) -> vec4<f32> {
    return vec4(w[at.x + i], w[at.y + i], w[at.z + i], w[at.w + i]);
}

// y[n,oh,ow,o] = Σ_{i,j,c} x[n, oh·sh + i − top, ow·sw + j − left, c] · w[i,j,c,o]
// One invocation per TILE_PIXELS pixels of y, counted over the whole batch, × TILE_CHANNELS channels.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let number = linear(id, groups, WORKGROUP);
    let channel = number % tiles(OUT_C, TILE_CHANNELS) * TILE_CHANNELS;
    let pixel = number / tiles(OUT_C, TILE_CHANNELS) * TILE_PIXELS;
    if (pixel >= BATCH * OUT_H * OUT_W) {
        return;
    }
    let low = pixels(pixel, OUT_H, OUT_W);
    let high = pixels(pixel + 4u, OUT_H, OUT_W);
    let c0 = four(channel, OUT_C);
    let c1 = four(channel + 4u, OUT_C);
    let c2 = four(channel + 8u, OUT_C);
    let c3 = four(channel + 12u, OUT_C);
    var sums: Tile;
    for (var i = FIRST_I; i < END_I; i++) {
        for (var j = FIRST_J; j < END_J; j++) {
            let inside_low = reads(low, i, j);
            let inside_high = reads(high, i, j);
            let at_low = vec4(id.z * x_stride) + input(low, i, j, inside_low);
            let at_high = vec4(id.z * x_stride) + input(high, i, j, inside_high);
            let tap = w_offset + id.z * w_stride + (i * KERNEL_W + j) * IN_C * OUT_C;
            for (var c = FIRST; c < END; c++) {
                let row = tap + c * OUT_C;
                let weights = array(load_w(c0, row), load_w(c1, row), load_w(c2, row), load_w(c3, row));
                add_outer(&sums, load_x(at_low, c, inside_low), load_x(at_high, c, inside_high), weights);
            }
        }
    }
    let end = min(pixel + TILE_PIXELS, BATCH * OUT_H * OUT_W);
    for (var p = pixel; p < end; p++) {
        let out = id.z * y_stride + p * OUT_C;
        store_y(out, channel, row_of(sums.low[0], sums.high[0], p - pixel));
        store_y(out, channel + 4u, row_of(sums.low[1], sums.high[1], p - pixel));
        store_y(out, channel + 8u, row_of(sums.low[2], sums.high[2], p - pixel));
        store_y(out, channel + 12u, row_of(sums.low[3], sums.high[3], p - pixel));
    }
}

fn store_y(out: u32, channel: u32, value: vec4<f32>) {
    if (channel < OUT_C) { put_y(out + channel, value.x); }
    if (channel + 1u < OUT_C) { put_y(out + channel + 1u, value.y); }
    if (channel + 2u < OUT_C) { put_y(out + channel + 2u, value.z); }
    if (channel + 3u < OUT_C) { put_y(out + channel + 3u, value.w); }
}

fn put_y(at: u32, value: f32) {
    if (ADDS == 1u) { y[at] += value; } else { y[at] = value; }
}

// dx[n,ih,iw,c] = Σ_{i,j,o} dy[n,oh,ow,o] · w[i,j,c,o] over oh·sh = ih + top − i, ow·sw = iw + left − j
// One invocation per TILE_PIXELS pixels of dx × TILE_CHANNELS channels. The pixels of a tile are a stride
// apart in both directions (one phase of the stride), so the same taps reach all of them.
@compute @workgroup_size(WORKGROUP)
fn backward_input(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    var number = linear(id, groups, WORKGROUP);
    let channel = number % tiles(IN_C, TILE_CHANNELS) * TILE_CHANNELS;
    number /= tiles(IN_C, TILE_CHANNELS);
    let height = tiles(IN_H, STRIDE_H);
    let width = tiles(IN_W, STRIDE_W);
    let blocks = tiles(BATCH * height * width, TILE_PIXELS);
    let pixel = number % blocks * TILE_PIXELS;
    let phase = vec2(number / blocks / STRIDE_W, number / blocks % STRIDE_W);
    if (phase.x >= STRIDE_H) {
        return;
    }
    let low = strided(pixels(pixel, height, width), phase);
    let high = strided(pixels(pixel + 4u, height, width), phase);
    let c0 = four(channel, IN_C) * OUT_C;
    let c1 = four(channel + 4u, IN_C) * OUT_C;
    let c2 = four(channel + 8u, IN_C) * OUT_C;
    let c3 = four(channel + 12u, IN_C) * OUT_C;
    var sums: Tile;
    for (var i = FIRST_I + (phase.x + PAD_TOP) % STRIDE_H; i < END_I; i += STRIDE_H) {
        for (var j = FIRST_J + (phase.y + PAD_LEFT) % STRIDE_W; j < END_J; j += STRIDE_W) {
            let inside_low = reached(low, i, j);
            let inside_high = reached(high, i, j);
            let at_low = vec4(id.z * dy_stride) + output(low, i, j, inside_low);
            let at_high = vec4(id.z * dy_stride) + output(high, i, j, inside_high);
            let tap = w_offset + id.z * w_stride + (i * KERNEL_W + j) * IN_C * OUT_C;
            for (var o = FIRST; o < END; o++) {
                let at = tap + o;
                let weights = array(load_w(c0, at), load_w(c1, at), load_w(c2, at), load_w(c3, at));
                add_outer(&sums, load_dy(at_low, o, inside_low), load_dy(at_high, o, inside_high), weights);
            }
        }
    }
    let end = min(pixel + TILE_PIXELS, BATCH * height * width);
    for (var p = pixel; p < end; p++) {
        let ih = p / width % height * STRIDE_H + phase.x;
        let iw = p % width * STRIDE_W + phase.y;
        if (ih < IN_H && iw < IN_W) {
            let out = id.z * dx_stride + ((p / (height * width) * IN_H + ih) * IN_W + iw) * IN_C;
            store_dx(out, channel, row_of(sums.low[0], sums.high[0], p - pixel));
            store_dx(out, channel + 4u, row_of(sums.low[1], sums.high[1], p - pixel));
            store_dx(out, channel + 8u, row_of(sums.low[2], sums.high[2], p - pixel));
            store_dx(out, channel + 12u, row_of(sums.low[3], sums.high[3], p - pixel));
        }
    }
}

fn store_dx(out: u32, channel: u32, value: vec4<f32>) {
    if (channel < IN_C) { put_dx(out + channel, value.x); }
    if (channel + 1u < IN_C) { put_dx(out + channel + 1u, value.y); }
    if (channel + 2u < IN_C) { put_dx(out + channel + 2u, value.z); }
    if (channel + 3u < IN_C) { put_dx(out + channel + 3u, value.w); }
}

fn put_dx(at: u32, value: f32) {
    if (ADDS == 1u) { dx[at] += value; } else { dx[at] = value; }
}

// dw[i,j,c,o] = Σ_{n,oh,ow} x[n, oh·sh + i − top, ow·sw + j − left, c] · dy[n,oh,ow,o]
// dw is taken as the matrix [KERNEL_H·KERNEL_W·IN_C, OUT_C]: one workgroup per TILE_ROWS × TILE_CHANNELS
// of it. Each invocation adds every WORKGROUP-th output pixel of the batch, then the invocations' sums are
// added up.
@compute @workgroup_size(WORKGROUP)
fn backward_weights(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = linear(group, groups, 1u);
    let channel = number % tiles(OUT_C, TILE_CHANNELS) * TILE_CHANNELS;
    let row = number / tiles(OUT_C, TILE_CHANNELS) * TILE_ROWS;
    let c0 = four(channel, OUT_C);
    let c1 = four(channel + 4u, OUT_C);
    let c2 = four(channel + 8u, OUT_C);
    let c3 = four(channel + 12u, OUT_C);
    let low = four(row, KERNEL_H * KERNEL_W * IN_C);
    let high = four(row + 4u, KERNEL_H * KERNEL_W * IN_C);
    var sums: Tile;
    for (var pixel = FIRST + lane; pixel < END; pixel += WORKGROUP) {
        let at = group.z * dy_stride + pixel * OUT_C;
        let gradients = array(dy4(c0, at), dy4(c1, at), dy4(c2, at), dy4(c3, at));
        add_outer(&sums, x_through(low, pixel, group.z), x_through(high, pixel, group.z), gradients);
    }
    let blocks = min(4u, tiles(OUT_C - channel, 4u));
    for (var b = 0u; b < blocks; b++) {
        share(lane, block_of(&sums, b));
        workgroupBarrier();
        let at = vec2(row + lane / 4u, channel + b * 4u + lane % 4u);
        if (lane < 32u && at.x < KERNEL_H * KERNEL_W * IN_C && at.y < OUT_C) {
            let out = dw_offset + group.z * dw_stride + at.x * OUT_C + at.y;
            let sum = add_lanes(lane);
            if (ADDS == 1u) { dw[out] += sum; } else { dw[out] = sum; }
        }
        workgroupBarrier();
    }
}

fn dy4(c: vec4<u32>, at: u32) -> vec4<f32> {
    return vec4(dy[at + c.x], dy[at + c.y], dy[at + c.z], dy[at + c.w]);
}

// The numbers of x that an output pixel multiplies the weights of four rows of dw by.
fn x_through(rows: vec4<u32>, pixel: u32, replica: u32) -> vec4<f32> {
    let h = vec4<i32>(vec4(pixel / OUT_W % OUT_H * STRIDE_H) + rows / (IN_C * KERNEL_W)) - vec4(i32(PAD_TOP));
    let w = vec4<i32>(vec4(pixel % OUT_W * STRIDE_W) + rows / IN_C % KERNEL_W) - vec4(i32(PAD_LEFT));
    let inside = (h >= vec4(0)) & (h < vec4(i32(IN_H))) & (w >= vec4(0)) & (w < vec4(i32(IN_W)));
    let image = i32(pixel / (OUT_W * OUT_H) * IN_H);
    let at = vec4<u32>(select(vec4(0), (vec4(image) + h) * i32(IN_W) + w, inside)) * IN_C + rows % IN_C;
    return load_x(at, replica * x_stride, inside);
}
