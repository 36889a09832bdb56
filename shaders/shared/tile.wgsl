// Matrix products: a register tile of sums, and sums over the invocations of a workgroup, called lanes here.

// The index i and its three successors, clamped to the last one of count. Where count is a multiple of
// four, only whole groups of four need clamping; the compiler knows count and drops the other branch.
fn four(i: u32, count: u32) -> vec4<u32> {
    let successors = vec4(i) + vec4(0u, 1u, 2u, 3u);
    if (count % 4u == 0u) {
        return select(successors, vec4(count - 4u) + vec4(0u, 1u, 2u, 3u), vec4(i >= count));
    }
    return min(successors, vec4(count - 1u));
}

// A register tile of a product: 8 rows × 16 columns of sums. Each matrix holds four rows, as its columns, of
// four columns of the product. The sums are never indexed by a variable, so they stay in registers, and
// each loaded number serves 8 or 16 multiply-adds.
struct Tile {
    low: array<mat4x4<f32>, 4>,
    high: array<mat4x4<f32>, 4>,
}

// rows · columnsᵀ
fn outer(rows: vec4<f32>, columns: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(rows.x * columns, rows.y * columns, rows.z * columns, rows.w * columns);
}

// tile += rows · columnsᵀ
fn add_outer(tile: ptr<function, Tile>, low: vec4<f32>, high: vec4<f32>, columns: array<vec4<f32>, 4>) {
    (*tile).low[0] += outer(low, columns[0]);
    (*tile).high[0] += outer(high, columns[0]);
    (*tile).low[1] += outer(low, columns[1]);
    (*tile).high[1] += outer(high, columns[1]);
    (*tile).low[2] += outer(low, columns[2]);
    (*tile).high[2] += outer(high, columns[2]);
    (*tile).low[3] += outer(low, columns[3]);
    (*tile).high[3] += outer(high, columns[3]);
}

// Row r, from 0 to 7, of a block of four columns, by comparisons instead of an index.
fn row_of(low: mat4x4<f32>, high: mat4x4<f32>, r: u32) -> vec4<f32> {
    let first = select(select(low[0], low[1], r == 1u), select(low[2], low[3], r == 3u), r >= 2u);
    let second = select(select(high[0], high[1], r == 5u), select(high[2], high[3], r == 7u), r >= 6u);
    return select(first, second, r >= 4u);
}

// Columns 4·b to 4·b + 3 of a tile, row by row.
fn block_of(tile: ptr<function, Tile>, b: u32) -> array<vec4<f32>, 8> {
    var rows: array<vec4<f32>, 8>;
    for (var r = 0u; r < 4u; r++) {
        let low = select((*tile).low[0][r], (*tile).low[1][r], b == 1u);
        rows[r] = select(low, select((*tile).low[2][r], (*tile).low[3][r], b == 3u), b >= 2u);
        let high = select((*tile).high[0][r], (*tile).high[1][r], b == 1u);
        rows[r + 4u] = select(high, select((*tile).high[2][r], (*tile).high[3][r], b == 3u), b >= 2u);
    }
    return rows;
}

var<workgroup> lane_sums: array<array<f32, 32>, WORKGROUP>;

// Writes a lane's block of a tile to shared memory, for add_lanes.
fn share(lane: u32, rows: array<vec4<f32>, 8>) {
    for (var r = 0u; r < 8u; r++) {
        lane_sums[lane][r * 4u] = rows[r].x;
        lane_sums[lane][r * 4u + 1u] = rows[r].y;
        lane_sums[lane][r * 4u + 2u] = rows[r].z;
        lane_sums[lane][r * 4u + 3u] = rows[r].w;
    }
}

// The sum of one element of the blocks over all lanes, first of eight lanes each and then of these sums:
// short sums lose less to rounding.
fn add_lanes(element: u32) -> f32 {
    var total = 0.0;
    for (var start = 0u; start < WORKGROUP; start += 8u) {
        var sum = 0.0;
        for (var lane = start; lane < start + 8u; lane++) {
            sum += lane_sums[lane][element];
        }
        total += sum;
    }
    return total;
}
