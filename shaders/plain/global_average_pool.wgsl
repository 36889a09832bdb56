// Global average pooling. Twin: src/cpu/global_average_pool.rs.

#import shared/common

const WORKGROUP: u32 = 64;

override BATCH: u32;
// Positions of an image, H·W.
override POSITIONS: u32;
override CHANNELS: u32;
// The positions that a dispatch of forward adds up. Later ones add to what the earlier ones stored (ADDS is 1).
override FIRST: u32;
override END: u32;
override ADDS: u32;
override x_stride: u32;
override y_stride: u32;
override dy_stride: u32;
override dx_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> dx: array<f32>;

var<workgroup> partial: array<f32, WORKGROUP>;

// y[n,c] = (1/POSITIONS) Σ_p x[n,p,c] over FIRST ≤ p < END. x is [BATCH, POSITIONS, CHANNELS], y [BATCH, CHANNELS].
// One workgroup per element of y: each invocation adds every WORKGROUP-th position, then the invocations' sums are
// added pairwise.
@compute @workgroup_size(WORKGROUP)
fn forward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let element = linear(group, groups, 1u);
    var sum = 0.0;
    if (element < BATCH * CHANNELS) {
        let image = group.z * x_stride + element / CHANNELS * POSITIONS * CHANNELS + element % CHANNELS;
        for (var position = FIRST + lane; position < END; position += WORKGROUP) {
            sum += x[image + position * CHANNELS];
        }
    }
    partial[lane] = sum;
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) {
            partial[lane] += partial[lane + half];
        }
    }
    if (lane == 0u && element < BATCH * CHANNELS) {
        let mean = partial[0] / f32(POSITIONS);
        let at = group.z * y_stride + element;
        if (ADDS == 1u) { y[at] += mean; } else { y[at] = mean; }
    }
}

// dx[n,p,c] = dy[n,c]/POSITIONS. dx is [BATCH, POSITIONS, CHANNELS], dy [BATCH, CHANNELS]. One invocation per element
// of dx.
@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= BATCH * POSITIONS * CHANNELS) {
        return;
    }
    let output = element / (POSITIONS * CHANNELS) * CHANNELS + element % CHANNELS;
    dx[id.z * dx_stride + element] = dy[id.z * dy_stride + output] / f32(POSITIONS);
}
