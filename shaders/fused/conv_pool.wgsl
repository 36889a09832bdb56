// Convolution, bias, ReLU and 2×2 max pooling in one go, and the gradients of its weights and bias.
// x is [BATCH, IN_H, IN_W, IN_C]; w [KERNEL_H, KERNEL_W, IN_C, OUT_C]; b [OUT_C]; y, argmax, dy, winner
// [BATCH, POOLED_H, POOLED_W, OUT_C], argmax and winner NONE where ReLU cut. Only what is pooled is
// stored; a convolution row or column that the pool drops is not computed.

const WORKGROUP: u32 = 64;
const WORKGROUP_ROWS: u32 = 24;
const TILE_CHANNELS: u32 = 32;
// Rows of a workgroup's part of dw, four an invocation: a kernel row of 32 channels.
const TILE_ROWS: u32 = 96;
const NONE: u32 = 4;

override IMAGES: u32;
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
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> argmax: array<u32>;
@group(0) @binding(5) var<storage, read> dy: array<f32>;
@group(0) @binding(6) var<storage, read> winner: array<u32>;
@group(0) @binding(7) var<storage, read_write> partial: array<f32>;

fn load_x(at: vec4<u32>, c: u32, inside: vec4<bool>) -> vec4<f32> {
    return select(vec4(0.0), vec4(x[at.x + c], x[at.y + c], x[at.z + c], x[at.w + c]), inside);
}

fn load_w(at: u32) -> vec4<f32> {
    return vec4(w[at], w[at + OUT_C], w[at + 2u * OUT_C], w[at + 3u * OUT_C]);
}

// y[n,ph,pw,o] = max over the window of max(Σ_{i,j,c} x[n, oh·sh + i − top, ow·sw + j − left, c] · w[i,j,c,o] + b[o], 0)
// One invocation per window × TILE_CHANNELS channels.
@compute @workgroup_size(WORKGROUP)
fn forward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let number = linear(group, groups, 1u);
    let channel = number % (OUT_C / TILE_CHANNELS) * TILE_CHANNELS;
    let windows = BATCH * POOLED_H * POOLED_W;
    let window = number / (OUT_C / TILE_CHANNELS) * WORKGROUP + invocation;
    // All lanes take part in every broadcast: one too many computes the last window again.
    let p = window_pixels(min(window, windows - 1u));
    let column = channel + lane % 8u;
    var s0: Eight;
    var s1: Eight;
    var s2: Eight;
    var s3: Eight;
    for (var i = 0u; i < KERNEL_H; i++) {
        for (var j = 0u; j < KERNEL_W; j++) {
            let inside = reads(p, i, j);
            let at = vec4(group.z * x_stride) + input(p, i, j, inside);
            let tap = w_offset + group.z * w_stride + (i * KERNEL_W + j) * IN_C * OUT_C + column;
            if (IN_C % 4u == 0u) {
                for (var c = 0u; c < IN_C; c += 4u) {
                    let pixels = array(
                        load_x(at, c, inside),
                        load_x(at, c + 1u, inside),
                        load_x(at, c + 2u, inside),
                        load_x(at, c + 3u, inside),
                    );
                    let row = tap + c * OUT_C;
                    add_products(&s0, pixels, load_w(row));
                    add_products(&s1, pixels, load_w(row + 8u));
                    add_products(&s2, pixels, load_w(row + 16u));
                    add_products(&s3, pixels, load_w(row + 24u));
                }
            } else {
                for (var c = 0u; c < IN_C; c++) {
                    let pixels = load_x(at, c, inside);
                    let row = tap + c * OUT_C;
                    add_product(&s0, pixels, w[row]);
                    add_product(&s1, pixels, w[row + 8u]);
                    add_product(&s2, pixels, w[row + 16u]);
                    add_product(&s3, pixels, w[row + 24u]);
                }
            }
        }
    }
    let bias = b_offset + group.z * b_stride + column;
    add_product(&s0, vec4(1.0), b[bias]);
    add_product(&s1, vec4(1.0), b[bias + 8u]);
    add_product(&s2, vec4(1.0), b[bias + 16u]);
    add_product(&s3, vec4(1.0), b[bias + 24u]);
    if (window < windows) {
        let out = vec2(group.z * y_stride, group.z * argmax_stride) + vec2(window * OUT_C + channel);
        store_windows(&s0, out);
        store_windows(&s1, out + vec2(8u));
        store_windows(&s2, out + vec2(16u));
        store_windows(&s3, out + vec2(24u));
    }
}

fn store_windows(sums: ptr<function, Eight>, out: vec2<u32>) {
    store_window((*sums)[0], out);
    store_window((*sums)[1], out + vec2(1u));
    store_window((*sums)[2], out + vec2(2u));
    store_window((*sums)[3], out + vec2(3u));
    store_window((*sums)[4], out + vec2(4u));
    store_window((*sums)[5], out + vec2(5u));
    store_window((*sums)[6], out + vec2(6u));
    store_window((*sums)[7], out + vec2(7u));
}

// The maximum of a window, rectified, and its first position.
fn store_window(values: vec4<f32>, out: vec2<u32>) {
    let top_right = wins(values.y, values.x);
    let bottom_right = wins(values.w, values.z);
    let top = select(values.x, values.y, top_right);
    let bottom = select(values.z, values.w, bottom_right);
    let below = wins(bottom, top);
    let best = select(top, bottom, below);
    let position = select(select(0u, 1u, top_right), select(2u, 3u, bottom_right), below);
    let positive = (best > 0.0) | is_nan(best);
    y[out.x] = select(0.0, best, positive);
    argmax[out.y] = select(NONE, position, positive);
}

// Whether a later value of a window beats an earlier one; NaN wins and stays.
fn wins(later: f32, earlier: f32) -> bool {
    return (later > earlier) | (is_nan(later) & !is_nan(earlier));
}

// dw[i,j,c,o] = Σ x[n, oh·sh + i − top, ow·sw + j − left, c] · dy[window,o] over windows, (oh, ow) being the
// winner's pixel; db[o] = Σ dy[window,o] over windows with a winner. With dw read as [KERNEL_H·KERNEL_W·IN_C,
// OUT_C]: one invocation per four rows × TILE_CHANNELS channels × IMAGES images. Into partial,
// [slices, (KERNEL_H·KERNEL_W·IN_C + 1)·OUT_C], dw and then db.
@compute @workgroup_size(WORKGROUP_ROWS)
fn backward_weights(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    var number = linear(group, groups, 1u);
    let channel = number % (OUT_C / TILE_CHANNELS) * TILE_CHANNELS;
    number /= OUT_C / TILE_CHANNELS;
    let rows = KERNEL_H * KERNEL_W * IN_C;
    let tile = number % tiles(rows, TILE_ROWS);
    let slice = number / tiles(rows, TILE_ROWS);
    let row = tile * TILE_ROWS + invocation * 4u;
    // Past the last row, that one again: computed and not stored.
    let within = min(row, rows - 4u);
    let tap = vec2(within / (IN_C * KERNEL_W), within / IN_C % KERNEL_W);
    let start = group.z * x_stride + within % IN_C;
    let base = vec2(group.z * dy_stride, group.z * winner_stride) + vec2(channel + lane % 8u);
    var s0: Eight;
    var s1: Eight;
    var s2: Eight;
    var s3: Eight;
    var biases = vec4(0.0);
    let end = min((slice + 1u) * IMAGES, BATCH) * POOLED_H * POOLED_W;
    for (var window = slice * IMAGES * POOLED_H * POOLED_W; window < end; window++) {
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
        biases += vec4(total(g0), total(g1), total(g2), total(g3));
        add_products(&s0, pixels, g0);
        add_products(&s1, pixels, g1);
        add_products(&s2, pixels, g2);
        add_products(&s3, pixels, g3);
    }
    let out = group.z * partial_stride + slice * (rows + 1u) * OUT_C + channel;
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

fn row_x(at: u32, inside: bool) -> vec4<f32> {
    return select(vec4(0.0), vec4(x[at], x[at + 1u], x[at + 2u], x[at + 3u]), inside);
}

// The gradients of a window's four pixels: all but the winner's are zero.
fn gradients(at: vec2<u32>) -> vec4<f32> {
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
