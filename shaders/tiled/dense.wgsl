// A dense layer's product by tiles and by split-K. x is [ROWS, INNER], w [INNER, UNITS]; INNER and UNITS are multiples
// of four.

#import shared/product
#import shared/common

override ROWS: u32;
override INNER: u32;
override UNITS: u32;
override TERMS: u32; // of a slice of the sum, a multiple of STEP
override FORWARD_ROWS: u32;
override FORWARD_COLUMNS: u32;
override x_stride: u32;
override w_offset: u32;
override w_stride: u32;
override partial_stride: u32;

@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read> w: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> partial: array<vec4<f32>>;

var<private> first_row: u32;
var<private> first_column: u32;
var<private> replica: u32;
var<private> first_term: u32;
var<private> end_term: u32;

fn along_terms_a(job: u32) -> bool { return true; }
fn along_terms_b(job: u32) -> bool { return false; }

fn fetch_a(job: u32, slot: u32, step: u32) -> vec4<f32> {
    let row = first_row + slot / (STEP / 4u);
    let k = first_term + step * STEP + slot % (STEP / 4u) * 4u;
    if (row < ROWS && k < end_term) {
        return x[(replica * x_stride + row * INNER + k) / 4u];
    }
    return vec4(0.0);
}

fn fetch_b(job: u32, slot: u32, step: u32) -> vec4<f32> {
    let column = first_column + slot % (FORWARD_COLUMNS / 4u) * 4u;
    let k = first_term + step * STEP + slot / (FORWARD_COLUMNS / 4u);
    if (column < UNITS && k < end_term) {
        return w[(w_offset + replica * w_stride + k * UNITS + column) / 4u];
    }
    return vec4(0.0);
}

// partial[s,r,c] = Σ_k x[r,k]·w[k,c] over the TERMS terms of slice s; partial is [slices, ROWS, UNITS].
// One workgroup per tile and slice.
@compute @workgroup_size(WORKGROUP)
fn forward(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
) {
    var number = linear(group, groups, 1u);
    replica = group.z;
    let across = tiles(UNITS, FORWARD_COLUMNS);
    first_column = number % across * FORWARD_COLUMNS;
    number /= across;
    let down = tiles(ROWS, FORWARD_ROWS);
    first_row = number % down * FORWARD_ROWS;
    let slice = number / down;
    first_term = slice * TERMS;
    end_term = min(first_term + TERMS, INNER);
    let here = place(FORWARD_ROWS, FORWARD_COLUMNS, 1u, 1u, invocation);
    let sums = product(0u, here, TERMS, invocation).top_left;
    let row = first_row + here.row * 4u;
    let column = first_column + here.column * 4u;
    // A grid of several rows may have workgroups past the last slice.
    if (column < UNITS && first_term < INNER) {
        let out = (replica * partial_stride + (slice * ROWS + row) * UNITS + column) / 4u;
        if (row < ROWS) { partial[out] = sums.r0; }
        if (row + 1u < ROWS) { partial[out + UNITS / 4u] = sums.r1; }
        if (row + 2u < ROWS) { partial[out + 2u * (UNITS / 4u)] = sums.r2; }
        if (row + 3u < ROWS) { partial[out + 3u * (UNITS / 4u)] = sums.r3; }
    }
}
