//! Transposition of a matrix.

/// Side of the squares that are transposed in registers.
const SIDE: usize = 4;

/// A matrix whose rows are `stride` elements apart.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub values: &'a [f32],
    pub stride: usize,
}

/// A matrix to be written whose rows are `stride` elements apart.
pub(crate) struct MatrixMut<'a> {
    pub values: &'a mut [f32],
    pub stride: usize,
}

/// `to[c][r] = from[r][c]` for all `r < rows` and `c < columns`.
#[inline(always)]
pub(crate) fn transpose(from: Matrix<'_>, to: MatrixMut<'_>, rows: usize, columns: usize) {
    let whole_rows = rows - rows % SIDE;
    let whole_columns = columns - columns % SIDE;
    for r in (0..whole_rows).step_by(SIDE) {
        for c in (0..whole_columns).step_by(SIDE) {
            let mut square = [[0.0; SIDE]; SIDE];
            for (i, row) in square.iter_mut().enumerate() {
                row.copy_from_slice(&from.values[(r + i) * from.stride + c..][..SIDE]);
            }
            for j in 0..SIDE {
                let column = [square[0][j], square[1][j], square[2][j], square[3][j]];
                to.values[(c + j) * to.stride + r..][..SIDE].copy_from_slice(&column);
            }
        }
    }
    // The elements outside whole squares: to their right, and below them.
    for r in 0..rows {
        let first = if r < whole_rows { whole_columns } else { 0 };
        for c in first..columns {
            to.values[c * to.stride + r] = from.values[r * from.stride + c];
        }
    }
}
