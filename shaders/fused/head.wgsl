// The last two dense layers, ReLU between them, and the loss. hidden, d_hidden are [ROWS, HIDDEN]; partial is
// [SLICES, ROWS, HIDDEN], slices of the first layer's product; w2 is [HIDDEN, CLASSES], in the buffer of
// both biases; d_logits [ROWS, CLASSES]. HIDDEN is at most WORKGROUP, CLASSES at most MOST_CLASSES.

#import shared/common

// One invocation, called a lane here, for each hidden unit.
const WORKGROUP: u32 = 128;
const TILE_ROWS: u32 = 4;
const MOST_CLASSES: u32 = 16;
// Subgroups of a workgroup, where each has as few lanes as the fused kernels allow.
const MOST_SUBGROUPS: u32 = WORKGROUP / 4;

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

// For four rows of each class: partial sums of the subgroups; then the logits; then the logits' gradients.
var<workgroup> subgroup_sums: array<vec4<f32>, MOST_CLASSES * MOST_SUBGROUPS>;
var<workgroup> logits: array<array<f32, TILE_ROWS>, MOST_CLASSES>;
var<workgroup> gradients_of: array<vec4<f32>, MOST_CLASSES>;

struct Lanes {
    replica: u32,
    // The lane's four rows and its hidden unit. Past an edge they are the last ones again, which are then not
    // stored.
    rows: vec4<u32>,
    stored: vec4<bool>,
    unit: u32,
    value: vec4<f32>, // the unit's output after ReLU, for each row
}

// Whether ReLU lets a number through.
fn open(x: f32) -> bool {
    return x > 0.0 || is_nan(x);
}

// hidden = max(Σ_s partial[s] + b1, 0), NaN stays; logits = hidden·w2 + b2, for four rows.
fn layers(first: u32, replica: u32, lane: u32, subgroup: u32, subgroups: u32, of_subgroup: u32) -> Lanes {
    var own: Lanes;
    own.replica = replica;
    let rows = vec4(first) + vec4(0u, 1u, 2u, 3u);
    own.unit = min(lane, HIDDEN - 1u);
    own.rows = min(rows, vec4(ROWS - 1u));
    own.stored = (rows < vec4(ROWS)) & vec4(lane < HIDDEN);
    let at = own.rows * HIDDEN + own.unit;
    var sum = vec4(0.0);
    for (var slice = 0u; slice < SLICES; slice++) {
        let i = vec4(replica * partial_stride + slice * ROWS * HIDDEN) + at;
        sum += vec4(partial[i.x], partial[i.y], partial[i.z], partial[i.w]);
    }
    let v = sum + vec4(w2[b1_offset + replica * w2_stride + own.unit]);
    let passes = vec4(open(v.x), open(v.y), open(v.z), open(v.w));
    own.value = select(vec4(0.0), v, passes);
    let out = vec4(replica * hidden_stride) + at;
    if (own.stored.x) { hidden[out.x] = own.value.x; }
    if (own.stored.y) { hidden[out.y] = own.value.y; }
    if (own.stored.z) { hidden[out.z] = own.value.z; }
    if (own.stored.w) { hidden[out.w] = own.value.w; }

    for (var c = 0u; c < CLASSES; c++) {
        let product = select(vec4(0.0), own.value * weight(own, c), lane < HIDDEN);
        let total = subgroupAdd(product);
        if (of_subgroup == 0u) {
            subgroup_sums[c * MOST_SUBGROUPS + subgroup] = total;
        }
    }
    workgroupBarrier();
    if (lane < CLASSES) {
        var total = vec4(0.0);
        for (var s = 0u; s < subgroups; s++) {
            total += subgroup_sums[lane * MOST_SUBGROUPS + s];
        }
        total += vec4(w2[b2_offset + replica * w2_stride + lane]);
        logits[lane][0] = total.x;
        logits[lane][1] = total.y;
        logits[lane][2] = total.z;
        logits[lane][3] = total.w;
    }
    workgroupBarrier();
    return own;
}

// The weight between the lane's unit and class c.
fn weight(own: Lanes, c: u32) -> f32 {
    return w2[w2_offset + own.replica * w2_stride + own.unit * CLASSES + c];
}

struct Row {
    maximum: f32,
    sum: f32, // Σ exp(x − maximum)
    category: u32,
}

// losses[out + r] = −log_softmax(logits)[r, label[r]], predicted[out + r] = argmax_c logits[r,c], for the r-th of
// the four rows that begin with `first`, if it is active.
fn loss(first: u32, r: u32, replica: u32) -> Row {
    var row: Row;
    row.maximum = logits[0][r];
    var best = 0u;
    for (var c = 1u; c < CLASSES; c++) {
        if (logits[c][r] > row.maximum) {
            row.maximum = logits[c][r];
            best = c;
        }
    }
    for (var c = 0u; c < CLASSES; c++) {
        row.sum += exp(logits[c][r] - row.maximum);
    }
    if (first + r < ROWS) {
        row.category = label[replica * label_stride + first + r];
    }
    if (first + r < min(ROWS, record.n)) {
        let out = record.out + first + r;
        losses[replica * losses_stride + out] = log(row.sum) - (logits[row.category][r] - row.maximum);
        predicted[replica * predicted_stride + out] = best;
    }
    return row;
}

// partial, w2, b1, b2, label → hidden, losses, predicted, by the equations of `layers` and `loss`.
// One workgroup per TILE_ROWS rows.
@compute @workgroup_size(WORKGROUP)
fn forward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) subgroups: u32,
    @builtin(subgroup_invocation_id) of_subgroup: u32,
) {
    let first = linear(group, groups, 1u) * TILE_ROWS;
    _ = layers(first, group.z, lane, subgroup, subgroups, of_subgroup);
    if (lane < TILE_ROWS) {
        _ = loss(first, lane, group.z);
    }
}

// forward, and d_logits[r,c] = (softmax(logits)[r,c] − [c = label[r]]) / n for r < n, else 0;
// d_hidden[r,k] = Σ_c d_logits[r,c]·w2[k,c] where ReLU let the unit through, else 0.
// One workgroup per TILE_ROWS rows.
@compute @workgroup_size(WORKGROUP)
fn forward_backward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(num_subgroups) subgroups: u32,
    @builtin(subgroup_invocation_id) of_subgroup: u32,
) {
    let first = linear(group, groups, 1u) * TILE_ROWS;
    let own = layers(first, group.z, lane, subgroup, subgroups, of_subgroup);
    if (lane < TILE_ROWS) {
        let row = loss(first, lane, group.z);
        for (var c = 0u; c < CLASSES; c++) {
            let one_hot = select(0.0, 1.0, c == row.category);
            let gradient = (exp(logits[c][lane] - row.maximum) / row.sum - one_hot) / f32(record.n);
            logits[c][lane] = select(0.0, gradient, first + lane < record.n);
        }
    }
    workgroupBarrier();
    if (lane < CLASSES) {
        let gradient = vec4(logits[lane][0], logits[lane][1], logits[lane][2], logits[lane][3]);
        gradients_of[lane] = gradient;
        let out = vec4(group.z * d_logits_stride + lane) + own.rows * CLASSES;
        if (first < ROWS) { d_logits[out.x] = gradient.x; }
        if (first + 1u < ROWS) { d_logits[out.y] = gradient.y; }
        if (first + 2u < ROWS) { d_logits[out.z] = gradient.z; }
        if (first + 3u < ROWS) { d_logits[out.w] = gradient.w; }
    }
    workgroupBarrier();
    var sum = vec4(0.0);
    for (var c = 0u; c < CLASSES; c++) {
        sum += gradients_of[c] * weight(own, c);
    }
    let v = own.value;
    sum = select(vec4(0.0), sum, vec4(open(v.x), open(v.y), open(v.z), open(v.w)));
    let out = vec4(group.z * d_hidden_stride + own.unit) + own.rows * HIDDEN;
    if (own.stored.x) { d_hidden[out.x] = sum.x; }
    if (own.stored.y) { d_hidden[out.y] = sum.y; }
    if (own.stored.z) { d_hidden[out.z] = sum.z; }
    if (own.stored.w) { d_hidden[out.w] = sum.w; }
}
