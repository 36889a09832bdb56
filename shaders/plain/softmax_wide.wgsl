// Softmax, its logarithm, and the cross-entropy loss of rows with so many classes that the loops of one invocation
// would be too long: a workgroup shares each row. softmax_cross_entropy.wgsl computes the same with an invocation
// for each row; read it first. Shapes and bindings are the same. Twin: src/cpu/softmax_cross_entropy.rs.

#import shared/common

const WORKGROUP: u32 = 256;
// Classes that an invocation takes in one iteration of a loop. They are WORKGROUP apart.
const CLASSES_EACH: u32 = 8;

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

var<workgroup> maxima: array<f32, WORKGROUP>;
var<workgroup> classes_of: array<u32, WORKGROUP>;
var<workgroup> sums: array<f32, WORKGROUP>;

// A number of a row and its class.
struct Greatest {
    value: f32,
    at: u32,
}

struct Row {
    start: u32,
    maximum: f32,
    sum: f32, // Σ exp(x − maximum)
    best: u32, // the first class of the maximum
}

fn look(greatest: ptr<function, Greatest>, start: u32, c: u32) {
    if (c < CLASSES) {
        let value = x[start + c];
        if (value > (*greatest).value) {
            (*greatest).value = value;
            (*greatest).at = c;
        }
    }
}

// exp(x − maximum); 0 past the last class.
fn term(start: u32, c: u32, maximum: f32) -> f32 {
    if (c < CLASSES) {
        return exp(x[start + c] - maximum);
    }
    return 0.0;
}

// What all passes need of a row, in every invocation of its workgroup.
fn read_row(replica: u32, row: u32, lane: u32) -> Row {
    let start = replica * x_stride + row * CLASSES;
    // Every invocation begins with the first class, so NaN there spoils the row as it does in one invocation.
    var greatest = Greatest(x[start], 0u);
    for (var c = lane; c < CLASSES; c += WORKGROUP * CLASSES_EACH) {
        look(&greatest, start, c);
        look(&greatest, start, c + WORKGROUP);
        look(&greatest, start, c + 2u * WORKGROUP);
        look(&greatest, start, c + 3u * WORKGROUP);
        look(&greatest, start, c + 4u * WORKGROUP);
        look(&greatest, start, c + 5u * WORKGROUP);
        look(&greatest, start, c + 6u * WORKGROUP);
        look(&greatest, start, c + 7u * WORKGROUP);
    }
    maxima[lane] = greatest.value;
    classes_of[lane] = greatest.at;
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) {
            let other = maxima[lane + half];
            let at = classes_of[lane + half];
            if (other > maxima[lane] || (other == maxima[lane] && at < classes_of[lane])) {
                maxima[lane] = other;
                classes_of[lane] = at;
            }
        }
    }
    workgroupBarrier();
    let maximum = maxima[0];
    var low = vec4(0.0);
    var high = vec4(0.0);
    for (var c = lane; c < CLASSES; c += WORKGROUP * CLASSES_EACH) {
        low += vec4(
            term(start, c, maximum),
            term(start, c + WORKGROUP, maximum),
            term(start, c + 2u * WORKGROUP, maximum),
            term(start, c + 3u * WORKGROUP, maximum),
        );
        high += vec4(
            term(start, c + 4u * WORKGROUP, maximum),
            term(start, c + 5u * WORKGROUP, maximum),
            term(start, c + 6u * WORKGROUP, maximum),
            term(start, c + 7u * WORKGROUP, maximum),
        );
    }
    let four = low + high;
    sums[lane] = (four.x + four.y) + (four.z + four.w);
    for (var half = WORKGROUP / 2u; half > 0u; half /= 2u) {
        workgroupBarrier();
        if (lane < half) {
            sums[lane] += sums[lane + half];
        }
    }
    workgroupBarrier();
    return Row(start, maximum, sums[0], classes_of[0]);
}

fn put_softmax(r: Row, out: u32, c: u32) {
    if (c < CLASSES) {
        y[out + c] = exp(x[r.start + c] - r.maximum) / r.sum;
    }
}

// y[r,c] = exp(x[r,c] − m) / Σ_j exp(x[r,j] − m), m the row's maximum. One workgroup per row.
@compute @workgroup_size(WORKGROUP)
fn softmax(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = linear(group, groups, 1u);
    if (row >= ROWS) {
        return;
    }
    let r = read_row(group.z, row, lane);
    let out = group.z * y_stride + row * CLASSES;
    for (var c = lane; c < CLASSES; c += WORKGROUP * CLASSES_EACH) {
        put_softmax(r, out, c);
        put_softmax(r, out, c + WORKGROUP);
        put_softmax(r, out, c + 2u * WORKGROUP);
        put_softmax(r, out, c + 3u * WORKGROUP);
        put_softmax(r, out, c + 4u * WORKGROUP);
        put_softmax(r, out, c + 5u * WORKGROUP);
        put_softmax(r, out, c + 6u * WORKGROUP);
        put_softmax(r, out, c + 7u * WORKGROUP);
    }
}

fn put_logarithm(r: Row, out: u32, c: u32) {
    if (c < CLASSES) {
        y[out + c] = (x[r.start + c] - r.maximum) - log(r.sum);
    }
}

// y[r,c] = (x[r,c] − m) − ln Σ_j exp(x[r,j] − m). One workgroup per row.
@compute @workgroup_size(WORKGROUP)
fn log_softmax(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = linear(group, groups, 1u);
    if (row >= ROWS) {
        return;
    }
    let r = read_row(group.z, row, lane);
    let out = group.z * y_stride + row * CLASSES;
    for (var c = lane; c < CLASSES; c += WORKGROUP * CLASSES_EACH) {
        put_logarithm(r, out, c);
        put_logarithm(r, out, c + WORKGROUP);
        put_logarithm(r, out, c + 2u * WORKGROUP);
        put_logarithm(r, out, c + 3u * WORKGROUP);
        put_logarithm(r, out, c + 4u * WORKGROUP);
        put_logarithm(r, out, c + 5u * WORKGROUP);
        put_logarithm(r, out, c + 6u * WORKGROUP);
        put_logarithm(r, out, c + 7u * WORKGROUP);
    }
}

// losses[out + r] = −log_softmax(x)[r, label[r]], predicted[out + r] = argmax_c x[r,c] for r < n.
// One workgroup per row.
@compute @workgroup_size(WORKGROUP)
fn forward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = linear(group, groups, 1u);
    if (row >= ROWS) {
        return;
    }
    let r = read_row(group.z, row, lane);
    if (lane == 0u && row < record.n) {
        let category = label[group.z * label_stride + row];
        let out = record.out + row;
        losses[group.z * losses_stride + out] = log(r.sum) - (x[r.start + category] - r.maximum);
        predicted[group.z * predicted_stride + out] = r.best;
    }
}

fn put_gradient(r: Row, out: u32, c: u32, category: u32, row: u32) {
    if (c < CLASSES) {
        let one_hot = select(0.0, 1.0, c == category);
        let gradient = (exp(x[r.start + c] - r.maximum) / r.sum - one_hot) / f32(record.n);
        dx[out + c] = select(0.0, gradient, row < record.n);
    }
}

// dx[r,c] = (softmax(x)[r,c] − [c = label[r]]) / n for r < n, else 0. One workgroup per row.
@compute @workgroup_size(WORKGROUP)
fn backward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = linear(group, groups, 1u);
    if (row >= ROWS) {
        return;
    }
    let r = read_row(group.z, row, lane);
    let category = label[group.z * label_stride + row];
    let out = group.z * dx_stride + row * CLASSES;
    for (var c = lane; c < CLASSES; c += WORKGROUP * CLASSES_EACH) {
        put_gradient(r, out, c, category, row);
        put_gradient(r, out, c + WORKGROUP, category, row);
        put_gradient(r, out, c + 2u * WORKGROUP, category, row);
        put_gradient(r, out, c + 3u * WORKGROUP, category, row);
        put_gradient(r, out, c + 4u * WORKGROUP, category, row);
        put_gradient(r, out, c + 5u * WORKGROUP, category, row);
        put_gradient(r, out, c + 6u * WORKGROUP, category, row);
        put_gradient(r, out, c + 7u * WORKGROUP, category, row);
    }
}
