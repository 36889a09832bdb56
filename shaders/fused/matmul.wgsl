// Matrix product by split-K, either factor read transposed: a(m,k) = a[m·A_ROW + k·A_COLUMN],
// b(k,n) = b[k·B_ROW + n·B_COLUMN]; y is [slices, ROWS, COLUMNS]. COLUMNS and INNER are multiples of four.

#import shared/subgroup
#import shared/common

const WORKGROUP: u32 = 32;
// Columns of a workgroup, four for each invocation.
const TILE_COLUMNS: u32 = 128;
const TILE_ROWS: u32 = 32;

override ROWS: u32;
override COLUMNS: u32;
override INNER: u32;
override A_ROW: u32;
override A_COLUMN: u32;
override B_ROW: u32;
override B_COLUMN: u32;
override SLICE: u32; // terms of a slice of the sum
override a_offset: u32;
override a_stride: u32;
override b_offset: u32;
override b_stride: u32;
override y_offset: u32;
override y_stride: u32;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn row_a(at: u32) -> vec4<f32> {
    return vec4(a[at], a[at + A_COLUMN], a[at + 2u * A_COLUMN], a[at + 3u * A_COLUMN]);
}

// Of two rows, of which eight lanes need the first alone.
fn load_a(low: u32, high: u32) -> Loaded {
    if (LANES == 8u) {
        return Loaded(row_a(low), vec4(0.0));
    }
    return Loaded(row_a(low), row_a(high));
}

fn load_b(at: u32) -> vec4<f32> {
    return vec4(b[at], b[at + B_COLUMN], b[at + 2u * B_COLUMN], b[at + 3u * B_COLUMN]);
}

// y[slice,m,n] = Σ_k a(m,k)·b(k,n) over the k of a slice.
// One invocation per four columns × TILE_ROWS rows × SLICE terms.
@compute @workgroup_size(WORKGROUP)
fn multiply(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) invocation: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    var number = linear(group, groups, 1u);
    let column = number % tiles(COLUMNS, TILE_COLUMNS) * TILE_COLUMNS + invocation * 4u;
    number /= tiles(COLUMNS, TILE_COLUMNS);
    let row = number % tiles(ROWS, TILE_ROWS) * TILE_ROWS;
    let slice = number / tiles(ROWS, TILE_ROWS);
    // A grid of several rows may have workgroups past the last slice.
    if (slice * SLICE >= INNER) {
        return;
    }
    // Rows past the last one compute the last one again and are not stored.
    let rows = min(vec4(row + lane % LANES) + vec4(0u, 8u, 16u, 24u), vec4(ROWS - 1u));
    let later = min(vec4(row + lane % LANES) + vec4(4u, 12u, 20u, 28u), vec4(ROWS - 1u));
    let first = vec4(a_offset + group.z * a_stride);
    let base = b_offset + group.z * b_stride + min(column, COLUMNS - 4u) * B_COLUMN;
    var s0: Eight;
    var s1: Eight;
    var s2: Eight;
    var s3: Eight;
    let end = min((slice + 1u) * SLICE, INNER);
    for (var k = slice * SLICE; k < end; k += 4u) {
        let columns = array(
            load_b(base + k * B_ROW),
            load_b(base + (k + 1u) * B_ROW),
            load_b(base + (k + 2u) * B_ROW),
            load_b(base + (k + 3u) * B_ROW),
        );
        let low = first + rows * A_ROW + vec4(k * A_COLUMN);
        let high = first + later * A_ROW + vec4(k * A_COLUMN);
        add_products(&s0, columns, load_a(low.x, high.x));
        add_products(&s1, columns, load_a(low.y, high.y));
        add_products(&s2, columns, load_a(low.z, high.z));
        add_products(&s3, columns, load_a(low.w, high.w));
    }
    let out = y_offset + group.z * y_stride + slice * ROWS * COLUMNS + column;
    for (var e = 0u; e < 8u; e++) {
        if (column < COLUMNS) {
            store(out, row + e, column_of(s0, e));
            store(out, row + 8u + e, column_of(s1, e));
            store(out, row + 16u + e, column_of(s2, e));
            store(out, row + 24u + e, column_of(s3, e));
        }
    }
}

fn store(out: u32, row: u32, value: vec4<f32>) {
    if (row < ROWS) {
        let at = out + row * COLUMNS;
        y[at] = value.x;
        y[at + 1u] = value.y;
        y[at + 2u] = value.z;
        y[at + 3u] = value.w;
    }
}
