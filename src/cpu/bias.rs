//! The plain twin of the shader `bias`. The equations stand in [`crate::ops::bias`].

use super::threads::for_each_chunk;

/// Rows that are summed before they are added to the total. Rounding errors of short sums are smaller.
const BLOCK: usize = 64;

/// `y[r,c] += b[c]`
pub fn forward(b: &[f32], y: &mut [f32]) {
    for_each_chunk(y, b.len() * BLOCK, |_, rows| {
        for row in rows.chunks_exact_mut(b.len()) {
            row.iter_mut().zip(b).for_each(|(y, &b)| *y += b);
        }
    });
}

/// `db[c] = Σ_r dy[r,c]`
pub fn backward(dy: &[f32], db: &mut [f32]) {
    db.fill(0.0);
    let mut partial = vec![0.0; db.len()];
    for block in dy.chunks(db.len() * BLOCK) {
        partial.fill(0.0);
        for row in block.chunks_exact(db.len()) {
            partial.iter_mut().zip(row).for_each(|(sum, &dy)| *sum += dy);
        }
        db.iter_mut().zip(&partial).for_each(|(db, &sum)| *db += sum);
    }
}
