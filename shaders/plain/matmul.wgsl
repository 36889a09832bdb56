// Matrix product, either factor read transposed. Twin: src/cpu/matmul.rs.
// y[m,n] = Σ_k a(m,k)·b(k,n), a(m,k) = a[m·A_ROW + k·A_COLUMN], b(k,n) = b[k·B_ROW + n·B_COLUMN];
// y is [ROWS, COLUMNS]. A register tile (shared/tile.wgsl) is 8 rows × 16 columns of y. Indices past an
// edge are clamped to the last one; the sums of such rows and columns are not stored.

#import shared/tile
#import shared/common

const WORKGROUP: u32 = 64;
const TILE_ROWS: u32 = 8;
const TILE_COLUMNS: u32 = 16;

override ROWS: u32;
override COLUMNS: u32;
// The terms k of the sums that a dispatch adds up. Later ones add to what the earlier ones stored (ADDS is 1).
override FIRST: u32;
override END: u32;
override ADDS: u32;
override A_ROW: u32;
override A_COLUMN: u32;
override B_ROW: u32;
override B_COLUMN: u32;
override a_offset: u32;
override a_stride: u32;
override b_offset: u32;
override b_stride: u32;
override y_offset: u32;
override y_stride: u32;

@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

fn load_a(at: vec4<u32>, i: u32) -> vec4<f32> {
    return vec4(a[at.x + i], a[at.y + i], a[at.z + i], a[at.w + i]);
}

fn load_b(at: vec4<u32>, i: u32) -> vec4<f32> {
    return vec4(b[at.x + i], b[at.y + i], b[at.z + i], b[at.w + i]);
}

// The tile of y at (row, column), summed over k = first, first + step, … below END.
fn sum(row: u32, column: u32, replica: u32, first: u32, step: u32) -> Tile {
    let base = vec4(b_offset + replica * b_stride);
    let c0 = base + four(column, COLUMNS) * B_COLUMN;
    let c1 = base + four(column + 4u, COLUMNS) * B_COLUMN;
    let c2 = base + four(column + 8u, COLUMNS) * B_COLUMN;
    let c3 = base + four(column + 12u, COLUMNS) * B_COLUMN;
    let low = vec4(a_offset + replica * a_stride) + four(row, ROWS) * A_ROW;
    let high = vec4(a_offset + replica * a_stride) + four(row + 4u, ROWS) * A_ROW;
    var sums: Tile;
    for (var k = first; k < END; k += step) {
        let at = k * B_ROW;
        let columns = array(load_b(c0, at), load_b(c1, at), load_b(c2, at), load_b(c3, at));
        add_outer(&sums, load_a(low, k * A_COLUMN), load_a(high, k * A_COLUMN), columns);
    }
    return sums;
}

// y[m,n] = Σ_k a(m,k)·b(k,n) over FIRST ≤ k < END, for short sums. One invocation per TILE_ROWS × TILE_COLUMNS of y.
@compute @workgroup_size(WORKGROUP)
fn multiply(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let number = linear(id, groups, WORKGROUP);
    let column = number % tiles(COLUMNS, TILE_COLUMNS) * TILE_COLUMNS;
    let row = number / tiles(COLUMNS, TILE_COLUMNS) * TILE_ROWS;
    if (row >= ROWS) {
        return;
    }
    var sums = sum(row, column, id.z, FIRST, 1u);
    let end = min(row + TILE_ROWS, ROWS);
    for (var m = row; m < end; m++) {
        let out = y_offset + id.z * y_stride + m * COLUMNS;
        store(out, column, row_of(sums.low[0], sums.high[0], m - row));
        store(out, column + 4u, row_of(sums.low[1], sums.high[1], m - row));
        store(out, column + 8u, row_of(sums.low[2], sums.high[2], m - row));
        store(out, column + 12u, row_of(sums.low[3], sums.high[3], m - row));
    }
}

fn store(out: u32, column: u32, value: vec4<f32>) {
    if (column < COLUMNS) { put(out + column, value.x); }
    if (column + 1u < COLUMNS) { put(out + column + 1u, value.y); }
    if (column + 2u < COLUMNS) { put(out + column + 2u, value.z); }
    if (column + 3u < COLUMNS) { put(out + column + 3u, value.w); }
}

fn put(at: u32, value: f32) {
    if (ADDS == 1u) { y[at] += value; } else { y[at] = value; }
}

// y[m,n] = Σ_k a(m,k)·b(k,n) over FIRST ≤ k < END, for long sums. One workgroup per TILE_ROWS × TILE_COLUMNS of y: each
// invocation adds every WORKGROUP-th product, then the invocations' sums are added up.
@compute @workgroup_size(WORKGROUP)
fn multiply_long(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let number = linear(group, groups, 1u);
    let column = number % tiles(COLUMNS, TILE_COLUMNS) * TILE_COLUMNS;
    let row = number / tiles(COLUMNS, TILE_COLUMNS) * TILE_ROWS;
    var sums = sum(row, column, group.z, FIRST + lane, WORKGROUP);
    let blocks = min(4u, tiles(COLUMNS - column, 4u));
    for (var b = 0u; b < blocks; b++) {
        share(lane, block_of(&sums, b));
        workgroupBarrier();
        let at = vec2(row + lane / 4u, column + b * 4u + lane % 4u);
        if (lane < 32u && at.x < ROWS && at.y < COLUMNS) {
            put(y_offset + group.z * y_stride + at.x * COLUMNS + at.y, add_lanes(lane));
        }
        workgroupBarrier();
    }
}
