// Matrix product, either factor read transposed. Twin: src/cpu/matmul.rs.

const WORKGROUP: u32 = 64;
const TILE_ROWS: u32 = 4;
const TILE_COLUMNS: u32 = 8;
// Terms summed before they join the total: short sums lose less to rounding.
const BLOCK: u32 = 64;

override ROWS: u32;
override COLUMNS: u32;
override INNER: u32;
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

fn store(i: u32, column: u32, value: vec4<f32>) {
    if (column < COLUMNS) { y[i] = value.x; }
    if (column + 1u < COLUMNS) { y[i + 1u] = value.y; }
    if (column + 2u < COLUMNS) { y[i + 2u] = value.z; }
    if (column + 3u < COLUMNS) { y[i + 3u] = value.w; }
}

// y[m,n] = Σ_k a(m,k)·b(k,n), a(m,k) = a[m·A_ROW + k·A_COLUMN], b(k,n) = b[k·B_ROW + n·B_COLUMN].
// y is [ROWS, COLUMNS]. One invocation per TILE_ROWS × TILE_COLUMNS of y. Indices past an edge are
// clamped to it: they read a neighbour's number and their sums are not stored.
@compute @workgroup_size(WORKGROUP)
fn multiply(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
    let tile = linear(id, groups, WORKGROUP);
    let column_tiles = (COLUMNS + TILE_COLUMNS - 1u) / TILE_COLUMNS;
    let column = tile % column_tiles * TILE_COLUMNS;
    let row = tile / column_tiles * TILE_ROWS;
    if (row >= ROWS) {
        return;
    }
    let a_at = a_offset + id.z * a_stride;
    let b_at = b_offset + id.z * b_stride;
    let rows = min(vec4(row) + vec4(0u, 1u, 2u, 3u), vec4(ROWS - 1u));
    let a_rows = vec4(a_at) + rows * A_ROW;
    let low = vec4(b_at) + min(vec4(column) + vec4(0u, 1u, 2u, 3u), vec4(COLUMNS - 1u)) * B_COLUMN;
    let high = vec4(b_at) + min(vec4(column) + vec4(4u, 5u, 6u, 7u), vec4(COLUMNS - 1u)) * B_COLUMN;

    var low0 = vec4(0.0);
    var low1 = vec4(0.0);
    var low2 = vec4(0.0);
    var low3 = vec4(0.0);
    var high0 = vec4(0.0);
    var high1 = vec4(0.0);
    var high2 = vec4(0.0);
    var high3 = vec4(0.0);
    for (var start = 0u; start < INNER; start += BLOCK) {
        var l0 = vec4(0.0);
        var l1 = vec4(0.0);
        var l2 = vec4(0.0);
        var l3 = vec4(0.0);
        var h0 = vec4(0.0);
        var h1 = vec4(0.0);
        var h2 = vec4(0.0);
        var h3 = vec4(0.0);
        let end = min(start + BLOCK, INNER);
        for (var k = start; k < end; k++) {
            let ka = k * A_COLUMN;
            let kb = k * B_ROW;
            let bl = vec4(b[low.x + kb], b[low.y + kb], b[low.z + kb], b[low.w + kb]);
            let bh = vec4(b[high.x + kb], b[high.y + kb], b[high.z + kb], b[high.w + kb]);
            let a0 = a[a_rows.x + ka];
            let a1 = a[a_rows.y + ka];
            let a2 = a[a_rows.z + ka];
            let a3 = a[a_rows.w + ka];
            l0 += a0 * bl;
            h0 += a0 * bh;
            l1 += a1 * bl;
            h1 += a1 * bh;
            l2 += a2 * bl;
            h2 += a2 * bh;
            l3 += a3 * bl;
            h3 += a3 * bh;
        }
        low0 += l0;
        low1 += l1;
        low2 += l2;
        low3 += l3;
        high0 += h0;
        high1 += h1;
        high2 += h2;
        high3 += h3;
    }
    let out = y_offset + id.z * y_stride + row * COLUMNS + column;
    store(out, column, low0);
    store(out + 4u, column + 4u, high0);
    if (row + 1u < ROWS) {
        store(out + COLUMNS, column, low1);
        store(out + COLUMNS + 4u, column + 4u, high1);
    }
    if (row + 2u < ROWS) {
        store(out + 2u * COLUMNS, column, low2);
        store(out + 2u * COLUMNS + 4u, column + 4u, high2);
    }
    if (row + 3u < ROWS) {
        store(out + 3u * COLUMNS, column, low3);
        store(out + 3u * COLUMNS + 4u, column + 4u, high3);
    }
}
