// Bias over the last axis. Twin: src/cpu/bias.rs.

#import shared/common

const WORKGROUP: u32 = 64;

override ROWS: u32;
override CHANNELS: u32;
// The rows that a dispatch of backward adds up. Later ones add to what the earlier ones stored (ADDS is 1).
override FIRST: u32;
override END: u32;
override ADDS: u32;
override b_offset: u32;
override b_stride: u32;
override y_stride: u32;
override dy_stride: u32;
override db_offset: u32;
override db_stride: u32;

@group(0) @binding(0) var<storage, read> b: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> db: array<f32>;

var<workgroup> partial: array<f32, WORKGROUP>;

// y[r,c] += b[c], in place. y is [ROWS, CHANNELS]. One invocation per element of y.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let element = linear(id, groups, WORKGROUP);
    if (element >= ROWS * CHANNELS) {
        return;
    }
    y[id.z * y_stride + element] += b[b_offset + id.z * b_stride + element % CHANNELS];
}

// db[c] = Σ_r dy[r,c] over FIRST ≤ r < END. dy is [ROWS, CHANNELS]. One workgroup per channel: each invocation adds
// every WORKGROUP-th row, then the invocations' sums are added pairwise.
@compute @workgroup_size(WORKGROUP)
fn backward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let channel = linear(group, groups, 1u);
    var sum = 0.0;
    if (channel < CHANNELS) {
        for (var row = FIRST + lane; row < END; row += WORKGROUP) {
            sum += dy[group.z * dy_stride + row * CHANNELS + channel];
        }
    }
    partial[lane] = sum;
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) {
            partial[lane] += partial[lane + half];
        }
    }
    if (lane == 0u && channel < CHANNELS) {
        let at = db_offset + group.z * db_stride + channel;
        if (ADDS == 1u) { db[at] += partial[0]; } else { db[at] = partial[0]; }
    }
}
