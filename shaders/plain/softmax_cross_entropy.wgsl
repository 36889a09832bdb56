// Softmax, its logarithm, and the cross-entropy loss. Twin: src/cpu/softmax_cross_entropy.rs.
// x, y and dx are [ROWS, CLASSES], label is [ROWS]. Every entry point has one invocation per row. losses and
// predicted are written from the step record's `out` on.

#import shared/common

const WORKGROUP: u32 = 64;

override ROWS: u32;
override CLASSES: u32;
override x_stride: u32;
override label_stride: u32;
override y_stride: u32;
override losses_stride: u32;
override predicted_stride: u32;
override dx_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> label: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read_write> losses: array<f32>;
@group(0) @binding(4) var<storage, read_write> predicted: array<u32>;
@group(0) @binding(5) var<storage, read_write> dx: array<f32>;

struct Row {
    start: u32,
    maximum: f32,
    sum: f32, // Σ exp(x − maximum)
    best: u32, // the first class of the maximum
}

// What all passes need of a row. The maximum is subtracted before exp, which then cannot overflow.
fn read_row(replica: u32, row: u32) -> Row {
    var r: Row;
    r.start = replica * x_stride + row * CLASSES;
    r.maximum = x[r.start];
    for (var c = 1u; c < CLASSES; c++) {
        if (x[r.start + c] > r.maximum) {
            r.maximum = x[r.start + c];
            r.best = c;
        }
    }
    for (var c = 0u; c < CLASSES; c++) {
        r.sum += exp(x[r.start + c] - r.maximum);
    }
    return r;
}

// y[r,c] = exp(x[r,c] − m) / Σ_j exp(x[r,j] − m), m the row's maximum. One invocation per row.
@compute @workgroup_size(WORKGROUP)
fn softmax(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = linear(id, groups, WORKGROUP);
    if (row >= ROWS) {
        return;
    }
    let r = read_row(id.z, row);
    for (var c = 0u; c < CLASSES; c++) {
        y[id.z * y_stride + row * CLASSES + c] = exp(x[r.start + c] - r.maximum) / r.sum;
    }
}

// y[r,c] = (x[r,c] − m) − ln Σ_j exp(x[r,j] − m). One invocation per row.
@compute @workgroup_size(WORKGROUP)
fn log_softmax(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = linear(id, groups, WORKGROUP);
    if (row >= ROWS) {
        return;
    }
    let r = read_row(id.z, row);
    for (var c = 0u; c < CLASSES; c++) {
        y[id.z * y_stride + row * CLASSES + c] = (x[r.start + c] - r.maximum) - log(r.sum);
    }
}

// losses[out + r] = −x[r, label[r]] for r < n. One invocation per row.
@compute @workgroup_size(WORKGROUP)
fn negative_log_likelihood(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = linear(id, groups, WORKGROUP);
    if (row >= min(ROWS, record.n)) {
        return;
    }
    let category = label[id.z * label_stride + row];
    losses[id.z * losses_stride + record.out + row] = -x[id.z * x_stride + row * CLASSES + category];
}

// losses[out + r] = −log_softmax(x)[r, label[r]], predicted[out + r] = argmax_c x[r,c] for r < n.
// One invocation per row.
@compute @workgroup_size(WORKGROUP)
fn forward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = linear(id, groups, WORKGROUP);
    if (row >= min(ROWS, record.n)) {
        return;
    }
    let r = read_row(id.z, row);
    let category = label[id.z * label_stride + row];
    losses[id.z * losses_stride + record.out + row] = log(r.sum) - (x[r.start + category] - r.maximum);
    predicted[id.z * predicted_stride + record.out + row] = r.best;
}

// dx[r,c] = (softmax(x)[r,c] − [c = label[r]]) / n for r < n, else 0. One invocation per row.
@compute @workgroup_size(WORKGROUP)
fn backward(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let row = linear(id, groups, WORKGROUP);
    if (row >= ROWS) {
        return;
    }
    let r = read_row(id.z, row);
    let category = label[id.z * label_stride + row];
    for (var c = 0u; c < CLASSES; c++) {
        let one_hot = select(0.0, 1.0, c == category);
        let gradient = (exp(x[r.start + c] - r.maximum) / r.sum - one_hot) / f32(record.n);
        dx[id.z * dx_stride + row * CLASSES + c] = select(0.0, gradient, row < record.n);
    }
}
