// A training step of a small network up to the activation gradients, with one workgroup for each image. Every layer's
// output stays in workgroup memory until the next layer has read it, so that no launch lies between two layers. What
// the weight gradients need is stored as well.
//
// Images are [SIDE, SIDE], a convolution's weights [3, 3, IN, OUT], a dense layer's [IN, OUT]. What is stored lies in
// three buffers, one tensor after the other, each [BATCH, …]. Unlike the crate's kernels this one does not follow NaN.

const WORKGROUP: u32 = 256;
const STRIDE: u32 = 2;
const CHANNELS_1: u32 = 32;
const CHANNELS_2: u32 = 64;
const UNITS: u32 = 128;
const CLASSES: u32 = 10;
// No pixel of a pool window: ReLU set the maximum to zero.
const NONE: u32 = 4;

override BATCH: u32;
override SIDE: u32;
// Rows before a convolution's input, rows with those on both sides, and rows of its pooled output; columns likewise.
override BEFORE_1: u32;
override PADDED_1: u32;
override POOLED_1: u32;
override BEFORE_2: u32;
override PADDED_2: u32;
override POOLED_2: u32;
// Where each layer's weights and biases begin.
override w1: u32; override b1: u32;
override w2: u32; override b2: u32;
override w3: u32; override b3: u32;
override w4: u32; override b4: u32;

override PIXELS_1: u32 = POOLED_1 * POOLED_1 * CHANNELS_1;
override FEATURES: u32 = POOLED_2 * POOLED_2 * CHANNELS_2;
// Where tensors begin: in `floats`, the first in `winners` as well, the last in `results`.
override AT_POOL2: u32 = BATCH * PIXELS_1;
override AT_HIDDEN: u32 = AT_POOL2 + BATCH * FEATURES;
override AT_D_FEATURES: u32 = AT_HIDDEN + BATCH * UNITS;
override AT_LOSSES: u32 = BATCH * (CLASSES + UNITS);

@group(0) @binding(0) var<storage, read> images: array<u32>; // bytes, four to a word
@group(0) @binding(1) var<storage, read> labels: array<u32>;
@group(0) @binding(2) var<storage, read> order: array<u32>;
@group(0) @binding(3) var<storage, read> scalars: array<f32>; // the parameters
@group(0) @binding(4) var<storage, read> vectors: array<vec4<f32>>; // the same
@group(0) @binding(5) var<storage, read_write> floats: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> winners: array<vec4<u32>>;
@group(0) @binding(7) var<storage, read_write> results: array<f32>; // d logits, d hidden, losses, predicted

// Less than 16 KiB together. In `scratch` lies the image, at most 32 × 32, and later what add_parts adds.
var<workgroup> scratch: array<f32, 4 * WORKGROUP>;
var<workgroup> pooled: array<f32, PADDED_2 * PADDED_2 * CHANNELS_1>;
var<workgroup> features: array<f32, FEATURES>;
var<workgroup> hidden: array<f32, UNITS>;
var<workgroup> logits: array<f32, CLASSES>;
var<workgroup> d_logits: array<f32, CLASSES>;

// Four channels of the four pixels of a pool window, row by row.
struct Window { p0: vec4<f32>, p1: vec4<f32>, p2: vec4<f32>, p3: vec4<f32> }
struct Best { value: vec4<f32>, position: vec4<u32> }

// The maximum of a window, rectified, and its first position.
fn best_of(v: Window) -> Best {
    let right = v.p1 > v.p0;
    let lower_right = v.p3 > v.p2;
    let top = select(v.p0, v.p1, right);
    let bottom = select(v.p2, v.p3, lower_right);
    let below = bottom > top;
    let best = select(top, bottom, below);
    let position = select(select(vec4(0u), vec4(1u), right), select(vec4(2u), vec4(3u), lower_right), below);
    return Best(max(best, vec4(0.0)), select(vec4(NONE), position, best > vec4(0.0)));
}

// The sum of the vectors of all parts of block `lane`, for lanes below `blocks`. An invocation gives one part of one
// block; all invocations take part.
fn add_parts(own: vec4<f32>, part: u32, block: u32, blocks: u32, lane: u32) -> vec4<f32> {
    for (var c = 0u; c < 4u; c++) {
        scratch[c * WORKGROUP + part * blocks + block] = own[c];
    }
    workgroupBarrier();
    var sum = vec4(0.0);
    for (var at = lane; lane < blocks && at < WORKGROUP; at += blocks) {
        sum += vec4(scratch[at], scratch[at + WORKGROUP], scratch[at + 2u * WORKGROUP], scratch[at + 3u * WORKGROUP]);
    }
    workgroupBarrier();
    return sum;
}

fn store(at: u32, best: Best) {
    floats[at / 4u] = best.value;
    winners[at / 4u] = best.position;
}

// For image n: outputs of both pools, winners, outputs of dense1, loss, predicted class, and the gradients of logits, of
// dense1's output before ReLU and of its input, by the equations of src/ops. One workgroup per image.
@compute @workgroup_size(WORKGROUP)
fn one_image(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
    let n = group.x;
    let sample = order[n];
    for (var at = lane; at < PADDED_1 * PADDED_1; at += WORKGROUP) {
        // Differences are unsigned: one below zero is a large number, and outside.
        let y = at / PADDED_1 - BEFORE_1;
        let x = at % PADDED_1 - BEFORE_1;
        var value = 0.0;
        if (y < SIDE && x < SIDE) {
            let byte = (sample * SIDE + y) * SIDE + x;
            value = f32((images[byte / 4u] >> (8u * (byte % 4u))) & 0xffu) / 255.0;
        }
        scratch[at] = value;
    }
    for (var at = lane; at < PADDED_2 * PADDED_2 * CHANNELS_1; at += WORKGROUP) {
        pooled[at] = 0.0;
    }
    workgroupBarrier();

    // conv1, bias, ReLU, pool: an invocation computes four channels of some windows.
    for (var block = lane; block < PIXELS_1 / 4u; block += WORKGROUP) {
        let channel = block % (CHANNELS_1 / 4u) * 4u;
        let window = block / (CHANNELS_1 / 4u);
        let y = window / POOLED_1;
        let x = window % POOLED_1;
        let corner = 2u * STRIDE * (y * PADDED_1 + x);
        let b = vectors[(b1 + channel) / 4u];
        var sums = Window(b, b, b, b);
        for (var tap = 0u; tap < 9u; tap++) {
            let w = vectors[(w1 + tap * CHANNELS_1 + channel) / 4u];
            let at = corner + tap / 3u * PADDED_1 + tap % 3u;
            sums.p0 = fma(vec4(scratch[at]), w, sums.p0);
            sums.p1 = fma(vec4(scratch[at + STRIDE]), w, sums.p1);
            sums.p2 = fma(vec4(scratch[at + STRIDE * PADDED_1]), w, sums.p2);
            sums.p3 = fma(vec4(scratch[at + STRIDE * PADDED_1 + STRIDE]), w, sums.p3);
        }
        let best = best_of(sums);
        let at = ((y + BEFORE_2) * PADDED_2 + x + BEFORE_2) * CHANNELS_1 + channel;
        for (var c = 0u; c < 4u; c++) {
            pooled[at + c] = best.value[c];
        }
        store(n * PIXELS_1 + block * 4u, best);
    }
    workgroupBarrier();

    // conv2 likewise. There are fewer blocks than invocations: a part of a block is some of the input channels.
    const QUADS = CHANNELS_2 / 4u;
    let blocks = POOLED_2 * POOLED_2 * QUADS;
    let terms = CHANNELS_1 * blocks / WORKGROUP;
    let block = lane % blocks;
    let part = lane / blocks;
    let channel = block % QUADS * 4u;
    let y = block / QUADS / POOLED_2;
    let x = block / QUADS % POOLED_2;
    var sums: Window;
    for (var tap = 0u; tap < 9u; tap++) {
        let row = 2u * STRIDE * y + tap / 3u;
        let column = 2u * STRIDE * x + tap % 3u;
        let first = (row * PADDED_2 + column) * CHANNELS_1 + part * terms;
        let weights = (w2 + (tap * CHANNELS_1 + part * terms) * CHANNELS_2 + channel) / 4u;
        for (var c = 0u; c < terms; c++) {
            let w = vectors[weights + c * QUADS];
            let at = first + c;
            sums.p0 = fma(vec4(pooled[at]), w, sums.p0);
            sums.p1 = fma(vec4(pooled[at + STRIDE * CHANNELS_1]), w, sums.p1);
            sums.p2 = fma(vec4(pooled[at + STRIDE * PADDED_2 * CHANNELS_1]), w, sums.p2);
            sums.p3 = fma(vec4(pooled[at + STRIDE * (PADDED_2 + 1u) * CHANNELS_1]), w, sums.p3);
        }
    }
    sums.p0 = add_parts(sums.p0, part, block, blocks, lane);
    sums.p1 = add_parts(sums.p1, part, block, blocks, lane);
    sums.p2 = add_parts(sums.p2, part, block, blocks, lane);
    sums.p3 = add_parts(sums.p3, part, block, blocks, lane);
    if (lane < blocks) {
        let b = vectors[(b2 + channel) / 4u];
        let best = best_of(Window(sums.p0 + b, sums.p1 + b, sums.p2 + b, sums.p3 + b));
        for (var c = 0u; c < 4u; c++) {
            features[lane * 4u + c] = best.value[c];
        }
        store(AT_POOL2 + n * FEATURES + lane * 4u, best);
    }
    workgroupBarrier();

    // dense1: four units, an eighth of the features.
    var sum = vec4(0.0);
    for (var k = lane / 32u * (FEATURES / 8u); k < (lane / 32u + 1u) * (FEATURES / 8u); k++) {
        sum = fma(vec4(features[k]), vectors[(w3 + k * UNITS) / 4u + lane % 32u], sum);
    }
    sum = add_parts(sum, lane / 32u, lane % 32u, 32u, lane);
    if (lane < 32u) {
        let v = max(sum + vectors[b3 / 4u + lane], vec4(0.0));
        for (var u = 0u; u < 4u; u++) {
            hidden[lane * 4u + u] = v[u];
        }
        floats[(AT_HIDDEN + n * UNITS) / 4u + lane] = v;
    }
    workgroupBarrier();

    // dense2: one class, a sixteenth of the units.
    var logit = 0.0;
    for (var k = lane / 16u * 8u; lane % 16u < CLASSES && k < (lane / 16u + 1u) * 8u; k++) {
        logit = fma(hidden[k], scalars[w4 + k * CLASSES + lane % 16u], logit);
    }
    logit = add_parts(vec4(logit), lane / 16u, lane % 16u, 16u, lane).x;
    if (lane < CLASSES) {
        logits[lane] = logit + scalars[b4 + lane];
    }
    workgroupBarrier();

    // The loss, the predicted class and the gradient of the logits.
    if (lane < CLASSES) {
        var best = 0u;
        for (var c = 1u; c < CLASSES; c++) {
            best = select(best, c, logits[c] > logits[best]);
        }
        var total = 0.0;
        for (var c = 0u; c < CLASSES; c++) {
            total += exp(logits[c] - logits[best]);
        }
        let label = labels[sample];
        let probability = exp(logits[lane] - logits[best]) / total;
        d_logits[lane] = (probability - select(0.0, 1.0, lane == label)) / f32(BATCH);
        results[n * CLASSES + lane] = d_logits[lane];
        if (lane == 0u) {
            results[AT_LOSSES + n] = log(total) - (logits[label] - logits[best]);
            results[AT_LOSSES + BATCH + n] = f32(best);
        }
    }
    workgroupBarrier();

    // The gradient of the hidden units takes their place.
    if (lane < UNITS) {
        var d = 0.0;
        for (var c = 0u; c < CLASSES; c++) {
            d = fma(d_logits[c], scalars[w4 + lane * CLASSES + c], d);
        }
        hidden[lane] = select(0.0, d, hidden[lane] > 0.0);
        results[BATCH * CLASSES + n * UNITS + lane] = hidden[lane];
    }
    workgroupBarrier();

    // The gradient of the features, four at a time; a part of the units in turn, so that neighbours read neighbours.
    let fours = FEATURES / 4u;
    let parts = WORKGROUP / fours;
    let four = lane / parts;
    var d = vec4(0.0);
    for (var u = lane % parts; u < UNITS / 4u; u += parts) {
        let d_hidden = vec4(hidden[u * 4u], hidden[u * 4u + 1u], hidden[u * 4u + 2u], hidden[u * 4u + 3u]);
        let at = vec4(0u, 1u, 2u, 3u) * (UNITS / 4u) + w3 / 4u + four * UNITS + u;
        d += d_hidden * mat4x4(vectors[at.x], vectors[at.y], vectors[at.z], vectors[at.w]);
    }
    d = add_parts(d, lane % parts, four, fours, lane);
    if (lane < fours) {
        floats[(AT_D_FEATURES + n * FEATURES) / 4u + lane] = d;
    }
}
