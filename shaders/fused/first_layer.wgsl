// Gradients of the weights and bias of convolution, bias, ReLU and 2×2 max pooling, for one input channel and a
// 3×3 kernel. dw then has only nine rows, too few for a workgroup, so the invocations divide the output channels
// among them instead of the rows. Shapes as in conv_pool.wgsl; dy and winner as in conv_pool_backward.wgsl.

#import shared/windows
#import shared/subgroup
#import shared/common

const WORKGROUP: u32 = 8;
// Channels of a workgroup, four for each invocation.
const TILE_CHANNELS: u32 = 32;
const TAPS: u32 = 9;

override WINDOWS: u32; // pool windows of a slice of the batch
override x_stride: u32;
override dy_stride: u32;
override winner_stride: u32;
override partial_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> dy: array<f32>;
@group(0) @binding(2) var<storage, read> winner: array<u32>;
@group(0) @binding(3) var<storage, read_write> partial: array<f32>;

// dw[i,j,o] = Σ x[n, oh·sh + i − top, ow·sw + j − left] · dy[window,o] over windows, (oh, ow) being the
// winner's pixel; db[o] = Σ dy[window,o] over windows with a winner. One invocation per four channels × WINDOWS windows.
// The sums of each slice of WINDOWS windows go to partial, [slices, (TAPS + 1)·OUT_C], dw and then db.
@compute @workgroup_size(WORKGROUP)
fn backward_weights(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let number = linear(group, groups, 1u);
    let channel = number % (OUT_C / TILE_CHANNELS) * TILE_CHANNELS + invocation * 4u;
    let slice = number / (OUT_C / TILE_CHANNELS);
    // A grid of several rows may have workgroups past the last slice.
    if (slice * WINDOWS >= BATCH * POOLED_H * POOLED_W) {
        return;
    }
    let base = vec2(group.z * dy_stride, group.z * winner_stride) + vec2(channel);
    // Of the nine taps, lane l loads for tap l what the window's four pixels read, and of four lanes for tap l + 4 too.
    // For the last tap, each of lanes 0 to 3 loads what one of the pixels reads.
    var sums: Eight;
    var last = vec4(0.0);
    var biases = vec4(0.0);
    let end = min((slice + 1u) * WINDOWS, BATCH * POOLED_H * POOLED_W);
    for (var window = slice * WINDOWS; window < end; window++) {
        let p = window_pixels(window);
        let read = load_x(group.z * x_stride, p, lane % LANES);
        let last_inside = reads(p, 2u, 2u);
        let last_at = input(p, 2u, 2u, last_inside);
        let mine = group.z * x_stride + of_lane(last_at, lane);
        let last_read = select(0.0, x[mine], any(last_inside & lanes(lane)));
        let g = gradients(base + vec2(window * OUT_C));
        add_products(&sums, g, read);
        last += g[0] * subgroupBroadcast(last_read, 0u)
            + g[1] * subgroupBroadcast(last_read, 1u)
            + g[2] * subgroupBroadcast(last_read, 2u)
            + g[3] * subgroupBroadcast(last_read, 3u);
        biases += g[0] + g[1] + g[2] + g[3];
    }
    let out = group.z * partial_stride + slice * (TAPS + 1u) * OUT_C + channel;
    for (var e = 0u; e < 8u; e++) {
        store(out + e * OUT_C, column_of(sums, e));
    }
    store(out + 8u * OUT_C, last);
    store(out + TAPS * OUT_C, biases);
}

// What a window's four pixels read at a lane's taps.
fn load_x(first: u32, p: Pixels, tap: u32) -> Loaded {
    if (LANES == 8u) {
        return Loaded(tap_x(first, p, tap), vec4(0.0));
    }
    return Loaded(tap_x(first, p, tap), tap_x(first, p, tap + 4u));
}

fn tap_x(first: u32, p: Pixels, tap: u32) -> vec4<f32> {
    let inside = reads(p, tap / 3u, tap % 3u);
    let at = vec4(first) + input(p, tap / 3u, tap % 3u, inside);
    return select(vec4(0.0), vec4(x[at.x], x[at.y], x[at.z], x[at.w]), inside);
}

// Which of a window's four pixels a lane loads for the last tap.
fn lanes(lane: u32) -> vec4<bool> {
    return vec4(lane % 4u) == vec4(0u, 1u, 2u, 3u);
}

// The index of that pixel.
fn of_lane(at: vec4<u32>, lane: u32) -> u32 {
    let mine = select(vec4(0u), at, lanes(lane));
    return mine.x + mine.y + mine.z + mine.w;
}

// For each of a window's four pixels, the gradients of four channels: all but the winner's are zero.
fn gradients(at: vec2<u32>) -> array<vec4<f32>, 4> {
    let g = vec4(dy[at.x], dy[at.x + 1u], dy[at.x + 2u], dy[at.x + 3u]);
    let pixel = vec4(winner[at.y], winner[at.y + 1u], winner[at.y + 2u], winner[at.y + 3u]);
    return array(
        select(vec4(0.0), g, pixel == vec4(0u)),
        select(vec4(0.0), g, pixel == vec4(1u)),
        select(vec4(0.0), g, pixel == vec4(2u)),
        select(vec4(0.0), g, pixel == vec4(3u)),
    );
}

fn store(at: u32, value: vec4<f32>) {
    partial[at] = value.x;
    partial[at + 1u] = value.y;
    partial[at + 2u] = value.z;
    partial[at + 3u] = value.w;
}
