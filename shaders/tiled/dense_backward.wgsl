// All gradients of two dense layers that follow from those of the logits and of the hidden layer between them, in one
// dispatch; the large ones are matrix products by tiles. x is [ROWS, INNER], w [INNER, UNITS]; INNER and UNITS are
// multiples of four.

#import shared/product
#import shared/common

override ROWS: u32;
override INNER: u32;
override UNITS: u32;
override CLASSES: u32;
override INPUT_ROWS: u32;
override INPUT_COLUMNS: u32;
override WEIGHT_ROWS: u32;
override WEIGHT_COLUMNS: u32;
override INPUT_GROUPS: u32; // workgroups of the input's gradient, the first ones
override WEIGHT_GROUPS: u32; // of the weights', which follow; then those of the last layer
override x_stride: u32;
override w_offset: u32;
override w_stride: u32;
override hidden_stride: u32;
override d_logits_stride: u32;
override d_hidden_stride: u32;
override dx_stride: u32;
override g_stride: u32;
override dw1_offset: u32;
override db1_offset: u32;
override dw2_offset: u32;
override db2_offset: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> hidden: array<f32>;
@group(0) @binding(3) var<storage, read> d_logits: array<f32>;
@group(0) @binding(4) var<storage, read> d_hidden: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> dx: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> g: array<f32>; // the gradients of all parameters

const INPUT: u32 = 0;
const WEIGHTS: u32 = 1;

var<private> first_row: u32;
var<private> first_column: u32;
var<private> replica: u32;

fn along_terms_a(job: u32) -> bool { return job == INPUT; }
fn along_terms_b(job: u32) -> bool { return job == INPUT; }

fn fetch_a(job: u32, slot: u32, step: u32) -> vec4<f32> {
    if (job == WEIGHTS) {
        let column = first_row + slot % (WEIGHT_ROWS / 4u) * 4u;
        let row = step * STEP + slot / (WEIGHT_ROWS / 4u);
        if (column < INNER && row < ROWS) {
            return x[(replica * x_stride + row * INNER + column) / 4u];
        }
        return vec4(0.0);
    }
    let row = first_row + slot / (STEP / 4u);
    let k = step * STEP + slot % (STEP / 4u) * 4u;
    if (row < ROWS && k < UNITS) {
        return d_hidden[(replica * d_hidden_stride + row * UNITS + k) / 4u];
    }
    return vec4(0.0);
}

fn fetch_b(job: u32, slot: u32, step: u32) -> vec4<f32> {
    if (job == INPUT) {
        let column = first_column + slot / (STEP / 4u);
        let k = step * STEP + slot % (STEP / 4u) * 4u;
        if (column < INNER && k < UNITS) {
            return w[(w_offset + replica * w_stride + column * UNITS + k) / 4u];
        }
        return vec4(0.0);
    }
    let column = first_column + slot % (WEIGHT_COLUMNS / 4u) * 4u;
    let row = step * STEP + slot / (WEIGHT_COLUMNS / 4u);
    if (column < UNITS && row < ROWS) {
        return d_hidden[(replica * d_hidden_stride + row * UNITS + column) / 4u];
    }
    return vec4(0.0);
}

// dx[r,k] = Σ_c d_hidden[r,c]·w[k,c]; dw1[k,c] = Σ_r x[r,k]·d_hidden[r,c]; dw2[c,l] = Σ_r hidden[r,c]·d_logits[r,l],
// db1[c] = Σ_r d_hidden[r,c], db2[l] = Σ_r d_logits[r,l].
// One workgroup per tile of dx, then of dw1, then per WORKGROUP elements of dw2, db1 and db2.
@compute @workgroup_size(WORKGROUP)
fn backward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    let number = linear(group, groups, 1u);
    replica = group.z;
    if (number < INPUT_GROUPS) {
        input_tile(number, invocation);
    } else if (number < INPUT_GROUPS + WEIGHT_GROUPS) {
        weights_tile(number - INPUT_GROUPS, invocation);
    } else {
        last_layer((number - INPUT_GROUPS - WEIGHT_GROUPS) * WORKGROUP + invocation);
    }
}

fn input_tile(tile: u32, invocation: u32) {
    let across = tiles(INNER, INPUT_COLUMNS);
    first_column = tile % across * INPUT_COLUMNS;
    first_row = tile / across * INPUT_ROWS;
    let here = place(INPUT_ROWS, INPUT_COLUMNS, 1u, 1u, invocation);
    let sums = product(INPUT, here, UNITS, invocation).top_left;
    let row = first_row + here.row * 4u;
    let column = first_column + here.column * 4u;
    if (column < INNER) {
        let out = (replica * dx_stride + row * INNER + column) / 4u;
        if (row < ROWS) { dx[out] = sums.r0; }
        if (row + 1u < ROWS) { dx[out + INNER / 4u] = sums.r1; }
        if (row + 2u < ROWS) { dx[out + 2u * (INNER / 4u)] = sums.r2; }
        if (row + 3u < ROWS) { dx[out + 3u * (INNER / 4u)] = sums.r3; }
    }
}

fn weights_tile(tile: u32, invocation: u32) {
    let across = tiles(UNITS, WEIGHT_COLUMNS);
    first_column = tile % across * WEIGHT_COLUMNS;
    first_row = tile / across * WEIGHT_ROWS;
    let here = place(WEIGHT_ROWS, WEIGHT_COLUMNS, 1u, 1u, invocation);
    let sums = product(WEIGHTS, here, ROWS, invocation).top_left;
    let row = first_row + here.row * 4u;
    let column = first_column + here.column * 4u;
    // Rows are a multiple of four, as INNER is.
    if (row < INNER && column < UNITS) {
        let out = replica * g_stride + dw1_offset + row * UNITS + column;
        store_four(out, sums.r0);
        store_four(out + UNITS, sums.r1);
        store_four(out + 2u * UNITS, sums.r2);
        store_four(out + 3u * UNITS, sums.r3);
    }
}

fn store_four(at: u32, v: vec4<f32>) {
    g[at] = v.x;
    g[at + 1u] = v.y;
    g[at + 2u] = v.z;
    g[at + 3u] = v.w;
}

// One element of dw2, then db1, then db2.
fn last_layer(element: u32) {
    let of_weights = UNITS * CLASSES;
    let logits = replica * d_logits_stride;
    let out = replica * g_stride;
    if (element < of_weights) {
        let unit = element / CLASSES;
        let class_ = element % CLASSES;
        var sum = 0.0;
        for (var row = 0u; row < ROWS; row++) {
            sum = fma(hidden[replica * hidden_stride + row * UNITS + unit], d_logits[logits + row * CLASSES + class_], sum);
        }
        g[out + dw2_offset + element] = sum;
    } else if (element < of_weights + UNITS) {
        let unit = element - of_weights;
        var sum = 0.0;
        for (var row = 0u; row < ROWS; row++) {
            sum += d_hidden[(replica * d_hidden_stride + row * UNITS + unit) / 4u][unit % 4u];
        }
        g[out + db1_offset + unit] = sum;
    } else if (element < of_weights + UNITS + CLASSES) {
        let class_ = element - of_weights - UNITS;
        var sum = 0.0;
        for (var row = 0u; row < ROWS; row++) {
            sum += d_logits[logits + row * CLASSES + class_];
        }
        g[out + db2_offset + class_] = sum;
    }
}
