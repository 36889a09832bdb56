// Gradients of convolution, bias, ReLU and 2×2 max pooling: those of weights and bias, and that of the
// convolution's output, from which fused/conv2d.wgsl computes the input's. Shapes as in conv_pool.wgsl; dy and
// winner, which is its argmax, are [BATCH, POOLED_H, POOLED_W, OUT_C].

#import shared/windows
#import shared/subgroup
#import shared/common

const WORKGROUP: u32 = 24;
const TILE_CHANNELS: u32 = 32;
// Rows of a workgroup's part of dw, four for each invocation: one row of a 3×3 kernel over 32 channels.
const TILE_ROWS: u32 = 96;
const TILE_CELLS: u32 = 192;
const WORKGROUP_CELLS: u32 = 64;

override WINDOWS: u32; // pool windows of a slice of the batch
override WEIGHT_TILES: u32;
override x_stride: u32;
override dy_stride: u32;
override winner_stride: u32;
override partial_stride: u32;
override dx_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> winner: array<u32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;
@group(0) @binding(4) var<storage, read_write> dx: array<f32>;

// dw[i,j,c,o] = Σ x[n, oh·sh + i − top, ow·sw + j − left, c] · dy[window,o] over windows, (oh, ow) being the
// winner's pixel; db[o] = Σ dy[window,o] over windows with a winner. dw is taken as the matrix
// [KERNEL_H·KERNEL_W·IN_C, OUT_C]: one invocation per four rows × TILE_CHANNELS channels × WINDOWS windows.
// The sums of each slice of WINDOWS windows go to partial, [slices, (KERNEL_H·KERNEL_W·IN_C + 1)·OUT_C], dw and
// then db.
@compute @workgroup_size(WORKGROUP)
fn backward_weights(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    weights(linear(group, groups, 1u), group.z, invocation, lane);
}

// backward_weights for one workgroup.
fn weights(workgroup: u32, replica: u32, invocation: u32, lane: u32) {
    var number = workgroup;
    let channel = number % (OUT_C / TILE_CHANNELS) * TILE_CHANNELS;
    number /= OUT_C / TILE_CHANNELS;
    let rows = KERNEL_H * KERNEL_W * IN_C;
    let tile = number % tiles(rows, TILE_ROWS);
    let slice = number / tiles(rows, TILE_ROWS);
    // A grid of several rows may have workgroups past the last slice.
    if (slice * WINDOWS >= BATCH * POOLED_H * POOLED_W) {
        return;
    }
    let row = tile * TILE_ROWS + invocation * 4u;
    // Invocations past the last row compute the last one again and do not store it.
    let within = min(row, rows - 4u);
    let tap = vec2(within / (IN_C * KERNEL_W), within / IN_C % KERNEL_W);
    let start = replica * x_stride + within % IN_C;
    let base = vec2(replica * dy_stride, replica * winner_stride) + vec2(channel + lane % LANES);
    var s0: Eight;
    var s1: Eight;
    var s2: Eight;
    var s3: Eight;
    var biases = Loaded(vec4(0.0), vec4(0.0));
    let end = min((slice + 1u) * WINDOWS, BATCH * POOLED_H * POOLED_W);
    for (var window = slice * WINDOWS; window < end; window++) {
        let p = window_pixels(window);
        let inside = reads(p, tap.x, tap.y);
        let at = vec4(start) + input(p, tap.x, tap.y, inside);
        let pixels = array(
            row_x(at.x, inside.x),
            row_x(at.y, inside.y),
            row_x(at.z, inside.z),
            row_x(at.w, inside.w),
        );
        let here = base + vec2(window * OUT_C);
        let g0 = gradients(here);
        let g1 = gradients(here + vec2(8u));
        let g2 = gradients(here + vec2(16u));
        let g3 = gradients(here + vec2(24u));
        biases.low += vec4(total(g0.low), total(g1.low), total(g2.low), total(g3.low));
        biases.high += vec4(total(g0.high), total(g1.high), total(g2.high), total(g3.high));
        add_products(&s0, pixels, g0);
        add_products(&s1, pixels, g1);
        add_products(&s2, pixels, g2);
        add_products(&s3, pixels, g3);
    }
    let out = replica * partial_stride + slice * (rows + 1u) * OUT_C + channel;
    for (var e = 0u; e < 8u; e++) {
        if (row < rows) {
            store_rows(out + row * OUT_C + e, column_of(s0, e));
            store_rows(out + row * OUT_C + 8u + e, column_of(s1, e));
            store_rows(out + row * OUT_C + 16u + e, column_of(s2, e));
            store_rows(out + row * OUT_C + 24u + e, column_of(s3, e));
        }
    }
    let sums = spread(biases);
    if (tile == 0u && invocation == 0u) {
        let bias = out + rows * OUT_C;
        for (var e = 0u; e < 8u; e++) {
            let sum = column_of(sums, e);
            partial[bias + e] = sum.x;
            partial[bias + 8u + e] = sum.y;
            partial[bias + 16u + e] = sum.z;
            partial[bias + 24u + e] = sum.w;
        }
    }
}

// dx is the gradient of the convolution's output, [BATCH, OUT_H, OUT_W, OUT_C]: dx[n,oh,ow,c] = dy[window,c] where
// the window's winner is (oh, ow), else 0; also 0 in a last row or column that no window covers. One invocation
// per channel of a cell, which is a 2×2 block of pixels, cut off at the edges.
@compute @workgroup_size(WORKGROUP_CELLS)
fn backward_output(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let cell = linear(id, groups, WORKGROUP_CELLS);
    if (cell < cells()) {
        unpool(cell, id.z);
    }
}

// backward_weights and backward_output in one dispatch: the first WEIGHT_TILES workgroups each compute a tile of
// dw, the others TILE_CELLS cells each.
@compute @workgroup_size(WORKGROUP)
fn backward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let number = linear(group, groups, 1u);
    if (number < WEIGHT_TILES) {
        weights(number, group.z, invocation, lane);
        return;
    }
    let first = (number - WEIGHT_TILES) * TILE_CELLS;
    let end = min(first + TILE_CELLS, cells());
    for (var cell = first + invocation; cell < end; cell += WORKGROUP) {
        unpool(cell, group.z);
    }
}

// Channels of all cells of the batch.
fn cells() -> u32 {
    return BATCH * tiles(OUT_H, 2u) * tiles(OUT_W, 2u) * OUT_C;
}

// backward_output for one channel of a cell.
fn unpool(cell: u32, replica: u32) {
    let height = tiles(OUT_H, 2u);
    let width = tiles(OUT_W, 2u);
    let c = cell % OUT_C;
    let w = cell / OUT_C % width;
    let h = cell / (OUT_C * width) % height;
    let n = cell / (OUT_C * width * height);
    let covered = h < OUT_H / 2u && w < OUT_W / 2u;
    let window = select(0u, ((n * (OUT_H / 2u) + h) * (OUT_W / 2u) + w) * OUT_C + c, covered);
    let gradient = select(0.0, dy[replica * dy_stride + window], covered);
    let position = winner[replica * winner_stride + window];
    let out = replica * dx_stride + ((n * OUT_H + h * 2u) * OUT_W + w * 2u) * OUT_C + c;
    let right = w * 2u + 1u < OUT_W;
    let below = h * 2u + 1u < OUT_H;
    dx[out] = select(0.0, gradient, position == 0u);
    if (right) { dx[out + OUT_C] = select(0.0, gradient, position == 1u); }
    if (below) { dx[out + OUT_W * OUT_C] = select(0.0, gradient, position == 2u); }
    if (right && below) { dx[out + (OUT_W + 1u) * OUT_C] = select(0.0, gradient, position == 3u); }
}

// Four successive channels of a pixel of x.
fn row_x(at: u32, inside: bool) -> vec4<f32> {
    return select(vec4(0.0), vec4(x[at], x[at + 1u], x[at + 2u], x[at + 3u]), inside);
}

// The gradients of the four pixels of a window, in a lane's channels.
fn gradients(at: vec2<u32>) -> Loaded {
    if (LANES == 8u) {
        return Loaded(channel_gradients(at), vec4(0.0));
    }
    return Loaded(channel_gradients(at), channel_gradients(at + vec2(4u)));
}

// The gradients of the four pixels of a window: all but the winner's are zero.
fn channel_gradients(at: vec2<u32>) -> vec4<f32> {
    return select(vec4(0.0), vec4(dy[at.x]), vec4(winner[at.y]) == vec4(0u, 1u, 2u, 3u));
}

fn total(v: vec4<f32>) -> f32 {
    return v.x + v.y + v.z + v.w;
}

fn store_rows(at: u32, rows: vec4<f32>) {
    partial[at] = rows.x;
    partial[at + OUT_C] = rows.y;
    partial[at + 2u * OUT_C] = rows.z;
    partial[at + 3u * OUT_C] = rows.w;
}
