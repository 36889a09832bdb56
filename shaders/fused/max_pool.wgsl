// Gradient of 2×2 max pooling's input. dx is [BATCH, OUT_H, OUT_W, CHANNELS], the pooled image; dy, winner
// [BATCH, POOLED_H, POOLED_W, CHANNELS].

const WORKGROUP: u32 = 64;

override BATCH: u32;
override CHANNELS: u32;
override OUT_H: u32;
override OUT_W: u32;
override dy_stride: u32;
override winner_stride: u32;
override dx_stride: u32;

@group(0) @binding(0) var<storage, read> dy: array<f32>;
@group(0) @binding(1) var<storage, read> winner: array<u32>;
@group(0) @binding(2) var<storage, read_write> dx: array<f32>;

// dx[n,oh,ow,c] = dy[window,c] where the window's winner is (oh, ow), else 0, also in a row or column that no
// window covers. One invocation per four pixels of a channel: what a window covers, or would past the edge.
@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    let height = tiles(OUT_H, 2u);
    let width = tiles(OUT_W, 2u);
    if (element >= BATCH * height * width * CHANNELS) {
        return;
    }
    let c = element % CHANNELS;
    let w = element / CHANNELS % width;
    let h = element / (CHANNELS * width) % height;
    let n = element / (CHANNELS * width * height);
    let covered = h < OUT_H / 2u && w < OUT_W / 2u;
    let window = select(0u, ((n * (OUT_H / 2u) + h) * (OUT_W / 2u) + w) * CHANNELS + c, covered);
    let gradient = select(0.0, dy[id.z * dy_stride + window], covered);
    let position = winner[id.z * winner_stride + window];
    let out = id.z * dx_stride + ((n * OUT_H + h * 2u) * OUT_W + w * 2u) * CHANNELS + c;
    let right = w * 2u + 1u < OUT_W;
    let below = h * 2u + 1u < OUT_H;
    dx[out] = select(0.0, gradient, position == 0u);
    if (right) { dx[out + CHANNELS] = select(0.0, gradient, position == 1u); }
    if (below) { dx[out + OUT_W * CHANNELS] = select(0.0, gradient, position == 2u); }
    if (right && below) { dx[out + (OUT_W + 1u) * CHANNELS] = select(0.0, gradient, position == 3u); }
}
