// Convolution, bias, ReLU and 2×2 max pooling in one kernel. x is [BATCH, IN_H, IN_W, IN_C]; w [KERNEL_H,
// KERNEL_W, IN_C, OUT_C]; b [OUT_C]; y, argmax [BATCH, POOLED_H, POOLED_W, OUT_C]. argmax is NONE where ReLU set
// the maximum to zero. Only the pooled output is stored, and a row or column of the convolution that no pool
// window covers is not computed.

#import shared/windows
#import shared/subgroup
#import shared/common

const WORKGROUP: u32 = 64;
const TILE_CHANNELS: u32 = 32;
const NONE: u32 = 4;

override x_stride: u32;
override w_offset: u32;
override w_stride: u32;
override b_offset: u32;
override b_stride: u32;
override y_stride: u32;
override argmax_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> argmax: array<u32>;

fn load_x(at: vec4<u32>, c: u32, inside: vec4<bool>) -> vec4<f32> {
    return select(vec4(0.0), vec4(x[at.x + c], x[at.y + c], x[at.z + c], x[at.w + c]), inside);
}

fn column_w(at: u32) -> vec4<f32> {
    return vec4(w[at], w[at + OUT_C], w[at + 2u * OUT_C], w[at + 3u * OUT_C]);
}

fn load_w(at: u32) -> Loaded {
    if (LANES == 8u) {
        return Loaded(column_w(at), vec4(0.0));
    }
    return Loaded(column_w(at), column_w(at + 4u));
}

fn load_one_w(at: u32) -> LoadedOne {
    if (LANES == 8u) {
        return LoadedOne(w[at], 0.0);
    }
    return LoadedOne(w[at], w[at + 4u]);
}

fn load_b(at: u32) -> LoadedOne {
    if (LANES == 8u) {
        return LoadedOne(b[at], 0.0);
    }
    return LoadedOne(b[at], b[at + 4u]);
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
    // All lanes must take part in every broadcast: those past the last window compute the last one again.
    let p = window_pixels(min(window, windows - 1u));
    let column = channel + lane % LANES;
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
                    add_product(&s0, pixels, load_one_w(row));
                    add_product(&s1, pixels, load_one_w(row + 8u));
                    add_product(&s2, pixels, load_one_w(row + 16u));
                    add_product(&s3, pixels, load_one_w(row + 24u));
                }
            }
        }
    }
    let bias = b_offset + group.z * b_stride + column;
    add_product(&s0, vec4(1.0), load_b(bias));
    add_product(&s1, vec4(1.0), load_b(bias + 8u));
    add_product(&s2, vec4(1.0), load_b(bias + 16u));
    add_product(&s3, vec4(1.0), load_b(bias + 24u));
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
