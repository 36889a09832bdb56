// Gradient of a convolution's input. dx is [BATCH, IN_H, IN_W, IN_C]; dy [BATCH, OUT_H, OUT_W, OUT_C]; w
// [KERNEL_H, KERNEL_W, IN_C, OUT_C].

#import shared/pixels
#import shared/subgroup
#import shared/common

const WORKGROUP: u32 = 64;
// Pixels of a workgroup, four for each invocation.
const TILE_PIXELS: u32 = 256;
const TILE_CHANNELS: u32 = 32;

override w_offset: u32;
override w_stride: u32;
override dy_stride: u32;
override dx_stride: u32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> w: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

fn load_dy(at: vec4<u32>, o: u32, inside: vec4<bool>) -> vec4<f32> {
    return select(vec4(0.0), vec4(dy[at.x + o], dy[at.y + o], dy[at.z + o], dy[at.w + o]), inside);
}

fn row_w(at: u32) -> vec4<f32> {
    return vec4(w[at], w[at + 1u], w[at + 2u], w[at + 3u]);
}

fn load_w(at: u32) -> Loaded {
    if (LANES == 8u) {
        return Loaded(row_w(at), vec4(0.0));
    }
    return Loaded(row_w(at), row_w(at + 4u * OUT_C));
}

// dx[n,ih,iw,c] = Σ_{i,j,o} dy[n,oh,ow,o] · w[i,j,c,o] over oh·sh = ih + top − i, ow·sw = iw + left − j
// One invocation per four pixels of dx × TILE_CHANNELS channels. The pixels of a workgroup are a stride apart
// in both directions (one phase of the stride), so the same taps reach all of them.
@compute @workgroup_size(WORKGROUP)
fn backward_input(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    var number = linear(group, groups, 1u);
    let channel = number % (IN_C / TILE_CHANNELS) * TILE_CHANNELS;
    number /= IN_C / TILE_CHANNELS;
    let height = tiles(IN_H, STRIDE_H);
    let width = tiles(IN_W, STRIDE_W);
    let blocks = tiles(BATCH * height * width, TILE_PIXELS);
    let first = number % blocks * TILE_PIXELS + invocation * 4u;
    let phase = vec2(number / blocks / STRIDE_W, number / blocks % STRIDE_W);
    // A grid of several rows may have workgroups past the last phase, which would compute pixels again.
    if (phase.x >= STRIDE_H) {
        return;
    }
    let p = strided(pixels(first, height, width), phase);
    var s0: Eight;
    var s1: Eight;
    var s2: Eight;
    var s3: Eight;
    for (var i = (phase.x + PAD_TOP) % STRIDE_H; i < KERNEL_H; i += STRIDE_H) {
        for (var j = (phase.y + PAD_LEFT) % STRIDE_W; j < KERNEL_W; j += STRIDE_W) {
            let inside = reached(p, i, j);
            let at = vec4(group.z * dy_stride) + output(p, i, j, inside);
            let tap = (i * KERNEL_W + j) * IN_C + channel + lane % LANES;
            let base = w_offset + group.z * w_stride + tap * OUT_C;
            for (var o = 0u; o < OUT_C; o += 4u) {
                let gradients = array(
                    load_dy(at, o, inside),
                    load_dy(at, o + 1u, inside),
                    load_dy(at, o + 2u, inside),
                    load_dy(at, o + 3u, inside),
                );
                add_products(&s0, gradients, load_w(base + o));
                add_products(&s1, gradients, load_w(base + 8u * OUT_C + o));
                add_products(&s2, gradients, load_w(base + 16u * OUT_C + o));
                add_products(&s3, gradients, load_w(base + 24u * OUT_C + o));
            }
        }
    }
    let at = vec4<u32>((vec4<i32>(p.n * IN_H) + p.h) * i32(IN_W) + p.w) * IN_C;
    let out = vec4(group.z * dx_stride + channel) + at;
    for (var e = 0u; e < 8u; e++) {
        store(out + vec4(e), column_of(s0, e), p.exists);
        store(out + vec4(8u + e), column_of(s1, e), p.exists);
        store(out + vec4(16u + e), column_of(s2, e), p.exists);
        store(out + vec4(24u + e), column_of(s3, e), p.exists);
    }
}

fn store(at: vec4<u32>, value: vec4<f32>, exists: vec4<bool>) {
    if (exists.x) { dx[at.x] = value.x; }
    if (exists.y) { dx[at.y] = value.y; }
    if (exists.z) { dx[at.z] = value.z; }
    if (exists.w) { dx[at.w] = value.w; }
}
