//! Matrices on their side.

/// Side of the squares that are turned in registers.
const SIDE: usize = 4;

/// `to[c][r] = from[r][c]` for `rows` × `columns`; rows of `from` and of `to` are so many elements apart.
#[inline(always)]
pub fn transpose((from, from_row): (&[f32], usize), (to, to_row): (&mut [f32], usize), rows: usize, columns: usize) {
    let (whole_rows, whole_columns) = (rows - rows % SIDE, columns - columns % SIDE);
    for r in (0..whole_rows).step_by(SIDE) {
        for c in (0..whole_columns).step_by(SIDE) {
            let mut square = [[0.0; SIDE]; SIDE];
            for (i, line) in square.iter_mut().enumerate() {
                line.copy_from_slice(&from[(r + i) * from_row + c..][..SIDE]);
            }
            for j in 0..SIDE {
                let line = [square[0][j], square[1][j], square[2][j], square[3][j]];
                to[(c + j) * to_row + r..][..SIDE].copy_from_slice(&line);
            }
        }
    }
    for r in 0..rows {
        let first = if r < whole_rows { whole_columns } else { 0 };
        for c in first..columns {
            to[c * to_row + r] = from[r * from_row + c];
        }
    }
}
