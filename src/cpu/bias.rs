//! The plain twin of the shader `bias`. The equations stand in [`crate::ops::bias`].

use super::sums::Sums;
use super::threads::for_each_chunk;

/// Rows that a thread takes at once.
const ROWS: usize = 64;

/// `y[r,c] += b[c]`
pub fn forward(b: &[f32], y: &mut [f32]) {
    for_each_chunk(y, b.len().saturating_mul(ROWS), |_, rows| {
        for row in rows.chunks_exact_mut(b.len()) {
            row.iter_mut().zip(b).for_each(|(y, &b)| *y += b);
        }
    });
}

/// `db[c] = Σ_r dy[r,c]`
pub fn backward(dy: &[f32], db: &mut [f32]) {
    let mut sums = Sums::new(db.len());
    dy.chunks_exact(db.len()).for_each(|row| sums.add(1.0, row));
    sums.take(db);
}
