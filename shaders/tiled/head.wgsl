// The end of the dense layers and the loss: partial sums of the first layer's product, bias, ReLU, the last layer,
// softmax and, in training, the gradients of logits and hidden units. Shapes as in fused/head.wgsl. HIDDEN is at most
// WORKGROUP, CLASSES at most MOST_CLASSES. No subgroups.

#import shared/common

// One invocation for each hidden unit.
const WORKGROUP: u32 = 128;
const MOST_CLASSES: u32 = 16;
// Parts into which a logit's sum is cut, and units of a part.
const PARTS: u32 = 8;
const PART: u32 = 16;

override ROWS: u32;
override HIDDEN: u32;
override CLASSES: u32;
override SLICES: u32;
override partial_stride: u32;
override w2_offset: u32;
override w2_stride: u32;
override b1_offset: u32;
override b2_offset: u32;
override hidden_stride: u32;
override label_stride: u32;
override losses_stride: u32;
override predicted_stride: u32;
override d_logits_stride: u32;
override d_hidden_stride: u32;

@group(0) @binding(0) var<storage, read> partial: array<f32>;
@group(0) @binding(1) var<storage, read> w2: array<f32>; // the buffer of b1 and b2 as well
@group(0) @binding(2) var<storage, read> label: array<u32>;
@group(0) @binding(3) var<storage, read_write> hidden: array<f32>;
@group(0) @binding(4) var<storage, read_write> losses: array<f32>;
@group(0) @binding(5) var<storage, read_write> predicted: array<u32>;
@group(0) @binding(6) var<storage, read_write> d_logits: array<f32>;
@group(0) @binding(7) var<storage, read_write> d_hidden: array<f32>;

var<workgroup> units: array<f32, WORKGROUP>;
var<workgroup> parts: array<f32, 128>;
var<workgroup> logits: array<f32, MOST_CLASSES>;
var<workgroup> gradients_of: array<f32, MOST_CLASSES>;

// Whether ReLU lets a number through.
fn open(x: f32) -> bool {
    return x > 0.0 || is_nan(x);
}

fn term(row: u32, unit: u32, slice: u32, replica: u32) -> f32 {
    return partial[replica * partial_stride + (slice * ROWS + row) * HIDDEN + unit];
}

// The hidden unit's output: max(Σ_s partial[s] + b1, 0), NaN stays. Eight loads at a time, so that they overlap.
fn layer(row: u32, unit: u32, replica: u32) -> f32 {
    var sum = 0.0;
    var slice = 0u;
    for (; slice + 8u <= SLICES; slice += 8u) {
        let t0 = term(row, unit, slice, replica);
        let t1 = term(row, unit, slice + 1u, replica);
        let t2 = term(row, unit, slice + 2u, replica);
        let t3 = term(row, unit, slice + 3u, replica);
        let t4 = term(row, unit, slice + 4u, replica);
        let t5 = term(row, unit, slice + 5u, replica);
        let t6 = term(row, unit, slice + 6u, replica);
        let t7 = term(row, unit, slice + 7u, replica);
        sum = sum + t0 + t1 + t2 + t3 + t4 + t5 + t6 + t7;
    }
    for (; slice < SLICES; slice++) {
        sum += term(row, unit, slice, replica);
    }
    let v = sum + w2[b1_offset + replica * w2_stride + unit];
    return select(0.0, v, open(v));
}

fn weight(unit: u32, c: u32, replica: u32) -> f32 {
    return w2[w2_offset + replica * w2_stride + unit * CLASSES + c];
}

// hidden and logits = hidden·w2 + b2 of a row. Returns the invocation's unit.
fn layers(row: u32, replica: u32, lane: u32) -> f32 {
    var value = 0.0;
    // A grid of several rows may have workgroups past the last row of the batch.
    if (lane < HIDDEN && row < ROWS) {
        value = layer(row, lane, replica);
        hidden[replica * hidden_stride + row * HIDDEN + lane] = value;
    }
    units[lane] = value;
    workgroupBarrier();
    let c = lane / PARTS;
    if (c < CLASSES) {
        let first = lane % PARTS * PART;
        var sum = 0.0;
        for (var k = first; k < min(first + PART, HIDDEN); k++) {
            sum = fma(units[k], weight(k, c, replica), sum);
        }
        parts[lane] = sum;
    }
    workgroupBarrier();
    if (lane < CLASSES) {
        var sum = 0.0;
        for (var part = 0u; part < PARTS; part++) {
            sum += parts[lane * PARTS + part];
        }
        logits[lane] = sum + w2[b2_offset + replica * w2_stride + lane];
    }
    workgroupBarrier();
    return value;
}

struct Softmax {
    maximum: f32,
    sum: f32, // Σ exp(x − maximum)
    best: u32,
}

fn softmax() -> Softmax {
    var s = Softmax(logits[0], 0.0, 0u);
    for (var c = 1u; c < CLASSES; c++) {
        if (logits[c] > s.maximum) {
            s.maximum = logits[c];
            s.best = c;
        }
    }
    for (var c = 0u; c < CLASSES; c++) {
        s.sum += exp(logits[c] - s.maximum);
    }
    return s;
}

// losses[out + row] = −log_softmax(logits)[label[row]], predicted[out + row] = argmax_c logits[c], if the row is active.
fn store_loss(s: Softmax, row: u32, category: u32, replica: u32) {
    if (row < record.n) {
        let out = record.out + row;
        losses[replica * losses_stride + out] = log(s.sum) - (logits[category] - s.maximum);
        predicted[replica * predicted_stride + out] = s.best;
    }
}

// partial, w2, b1, b2, label → hidden, losses, predicted. One workgroup per row.
@compute @workgroup_size(WORKGROUP)
fn forward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = linear(group, groups, 1u);
    _ = layers(row, group.z, lane);
    if (lane == 0u && row < ROWS) {
        store_loss(softmax(), row, label[group.z * label_stride + row], group.z);
    }
}

// forward, and d_logits[r,c] = (softmax(logits)[r,c] − [c = label[r]]) / n for r < n, else 0;
// d_hidden[r,k] = Σ_c d_logits[r,c]·w2[k,c] where ReLU let the unit through, else 0. One workgroup per row.
@compute @workgroup_size(WORKGROUP)
fn forward_backward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let row = linear(group, groups, 1u);
    let replica = group.z;
    let value = layers(row, replica, lane);
    if (lane < CLASSES && row < ROWS) {
        let s = softmax();
        let category = label[replica * label_stride + row];
        if (lane == 0u) {
            store_loss(s, row, category, replica);
        }
        let one_hot = select(0.0, 1.0, lane == category);
        let all = (exp(logits[lane] - s.maximum) / s.sum - one_hot) / f32(record.n);
        let gradient = select(0.0, all, row < record.n);
        gradients_of[lane] = gradient;
        d_logits[replica * d_logits_stride + row * CLASSES + lane] = gradient;
    }
    workgroupBarrier();
    if (lane < HIDDEN && row < ROWS) {
        var sum = 0.0;
        for (var c = 0u; c < CLASSES; c++) {
            sum = fma(gradients_of[c], weight(lane, c, replica), sum);
        }
        d_hidden[replica * d_hidden_stride + row * HIDDEN + lane] = select(0.0, sum, open(value));
    }
}
