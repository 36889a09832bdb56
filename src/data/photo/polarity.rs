//! Whether ink is darker or lighter than the paper, and how light falls on it.

use super::{Plane, Polarity};

/// A ring so wide, as a share of each side, is taken for paper.
const RING: usize = 16;
/// Paper is taken to be at least so bright: what divides by less makes ink of noise.
const DARKEST: f64 = 32.0;
/// How often the paper's brightness is fitted, each time without what lies far from the last fit.
const ROUNDS: usize = 4;

/// Fits a plane `a + b·x + c·y` to the brightness of the border, which is paper under light that may come from one side.
/// Strokes are few and far from it, so the sign of the sum of cubes is theirs.
pub(super) fn of(plane: &Plane) -> (Polarity, Light) {
    let ring = |side: usize| (side / RING).max(1);
    let (dx, dy) = (ring(plane.width), ring(plane.height));
    let at = |i: usize| (i % plane.width, i / plane.width);
    let is_border = |i: &usize| {
        let (x, y) = at(*i);
        x < dx || y < dy || x >= plane.width - dx || y >= plane.height - dy
    };
    // Around the centre, in units of the sides: the equations stay well conditioned.
    let point = |i: usize| {
        let (x, y) = at(i);
        let centred = |n: usize, side: usize| (n as f64 + 0.5) / side as f64 - 0.5;
        [1.0, centred(x, plane.width), centred(y, plane.height)]
    };
    let value = |i: usize| f64::from(plane.values[i]);
    let border: Vec<usize> = (0..plane.values.len()).filter(is_border).collect();
    let mut sorted: Vec<f64> = border.iter().map(|&i| value(i)).collect();
    sorted.sort_by(f64::total_cmp);
    let mut fit = [sorted[sorted.len() / 2], 0.0, 0.0];
    let residual = |fit: &[f64; 3], i: usize| value(i) - dot(fit, &point(i));
    for _ in 0..ROUNDS {
        let mut distances: Vec<f64> = border.iter().map(|&i| residual(&fit, i).abs()).collect();
        distances.sort_by(f64::total_cmp);
        // Three of four pixels, so that ink at the border counts for nothing.
        let most = distances[distances.len() * 3 / 4].max(1.0);
        let near = border.iter().copied().filter(|&i| residual(&fit, i).abs() <= most);
        let (mut matrix, mut right) = ([[0.0; 3]; 3], [0.0; 3]);
        for i in near {
            let p = point(i);
            for row in 0..3 {
                right[row] += p[row] * value(i);
                (0..3).for_each(|column| matrix[row][column] += p[row] * p[column]);
            }
        }
        match solved(matrix, right) {
            Some(better) => fit = better,
            None => break,
        }
    }
    let skew: f64 = (0..plane.values.len()).map(|i| residual(&fit, i).powi(3)).sum();
    (if skew > 0.0 { Polarity::LightOnDark } else { Polarity::DarkOnLight }, Light(fit))
}

/// The brightness of paper: `a + b·x + c·y`, the coordinates being shares of the sides, 0 in the middle.
pub(super) struct Light([f64; 3]);

impl Light {
    /// The plane under even light: each pixel as bright as it would be in the middle.
    pub(super) fn evened(&self, plane: Plane) -> Plane {
        let Plane { width, height, .. } = plane;
        let middle = self.0[0].max(DARKEST);
        let share = |n: usize, side: usize| (n as f64 + 0.5) / side as f64 - 0.5;
        let factor =
            |i: usize| middle / dot(&self.0, &[1.0, share(i % width, width), share(i / width, height)]).max(DARKEST);
        let values = plane.values.iter().enumerate().map(|(i, &value)| (f64::from(value) * factor(i)) as f32).collect();
        Plane { values, ..plane }
    }

    /// That of the plane with light and dark exchanged.
    pub(super) fn inverted(&self) -> Light {
        let [a, b, c] = self.0;
        Light([255.0 - a, -b, -c])
    }
}

fn dot(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Cramer's rule; `None` where the points lie on one line.
fn solved(matrix: [[f64; 3]; 3], right: [f64; 3]) -> Option<[f64; 3]> {
    let determinant = |m: &[[f64; 3]; 3]| {
        m[0][0] * (m[1][1] * m[2][2] - m[1][2] * m[2][1]) - m[0][1] * (m[1][0] * m[2][2] - m[1][2] * m[2][0])
            + m[0][2] * (m[1][0] * m[2][1] - m[1][1] * m[2][0])
    };
    let whole = determinant(&matrix);
    let with = |column: usize| {
        let mut replaced = matrix;
        (0..3).for_each(|row| replaced[row][column] = right[row]);
        determinant(&replaced) / whole
    };
    (whole.abs() > 1e-9).then(|| [with(0), with(1), with(2)])
}
