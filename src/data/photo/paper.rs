//! The paper's brightness behind the ink.

use std::collections::VecDeque;

use super::Plane;

/// Half a window, as a share of the shorter side: strokes are narrower than a third of it.
const HALF_WINDOW: usize = 6;
/// A blur of one pixel more for so many pixels of the longer side, against noise.
const BLUR: usize = 400;
/// Paper in shadow is taken to be at least so bright: below, noise would pass for ink.
const DARKEST_PAPER: f32 = 32.0;

/// What each pixel of a dark-on-light plane lacks of the paper's brightness, in 255ths of it.
///
/// The paper is the closing of the plane: the greatest value within a window around each pixel, then the least of those. It
/// follows the edges of shadows, and passes over whatever is dark and narrower than the window.
pub(super) fn ink(plane: &Plane) -> Plane {
    let seen = blurred(plane, plane.width.max(plane.height) / BLUR);
    let half = plane.width.min(plane.height).div_ceil(HALF_WINDOW);
    let highest = both_ways(&seen, |row| extremes(row, half, |a, b| a >= b));
    let paper = both_ways(&highest, |row| extremes(row, half, |a, b| a <= b));
    let lacking = |(seen, paper): (&f32, &f32)| 255.0 * (paper - seen).max(0.0) / paper.max(DARKEST_PAPER);
    let values = seen.values.iter().zip(&paper.values).map(lacking).collect();
    Plane { values, ..seen }
}

/// The mean over a square of `2·radius + 1` pixels, as far as it lies within the plane.
fn blurred(plane: &Plane, radius: usize) -> Plane {
    let mean = |row: &[f32]| -> Vec<f32> {
        let window = |x: usize| &row[x.saturating_sub(radius)..(x + radius + 1).min(row.len())];
        (0..row.len()).map(|x| window(x).iter().sum::<f32>() / window(x).len() as f32).collect()
    };
    if radius == 0 { plane.clone() } else { both_ways(plane, mean) }
}

/// A filter of rows applied to rows and to columns.
fn both_ways(plane: &Plane, filter: impl Fn(&[f32]) -> Vec<f32>) -> Plane {
    let rows = |plane: &Plane| {
        let values = plane.values.chunks_exact(plane.width).flat_map(&filter).collect();
        Plane { values, ..*plane }
    };
    rows(&rows(plane).transposed()).transposed()
}

/// The value within `half` places of each that every other one yields to by `before`, in one pass: a queue holds the places
/// that can still come first.
fn extremes(row: &[f32], half: usize, before: impl Fn(f32, f32) -> bool) -> Vec<f32> {
    let mut queue: VecDeque<usize> = VecDeque::new();
    let mut found = Vec::with_capacity(row.len());
    for end in 0..row.len() + half {
        if let Some(&value) = row.get(end) {
            while queue.back().is_some_and(|&last| before(value, row[last])) {
                queue.pop_back();
            }
            queue.push_back(end);
        }
        let Some(centre) = end.checked_sub(half) else { continue };
        while queue.front().is_some_and(|&first| first + half < centre) {
            queue.pop_front();
        }
        found.push(queue.front().map_or(0.0, |&first| row[first]));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extremes_are_those_of_each_window() {
        let row = [3.0, 1.0, 4.0, 1.0, 5.0, 9.0, 2.0, 6.0];
        for half in 0..10 {
            for (x, (high, low)) in
                extremes(&row, half, |a, b| a >= b).into_iter().zip(extremes(&row, half, |a, b| a <= b)).enumerate()
            {
                let window = &row[x.saturating_sub(half)..(x + half + 1).min(row.len())];
                let fold = |by: fn(f32, f32) -> f32| window.iter().copied().reduce(by).unwrap();
                assert_eq!((high, low), (fold(f32::max), fold(f32::min)), "{half} {x}");
            }
        }
    }

    #[test]
    fn the_edge_of_a_shadow_is_paper_and_a_stroke_is_ink() {
        let (width, height) = (60, 60);
        let light = |x: usize| if x < 20 { 100.0 } else { 180.0 };
        let stroke = |x: usize| (28..32).contains(&x);
        let values =
            (0..width * height).map(|i| light(i % width) * if stroke(i % width) { 0.4 } else { 1.0 }).collect();
        let ink = ink(&Plane { width, height, values });
        for (i, &value) in ink.values.iter().enumerate() {
            let expected = if stroke(i % width) { 0.6 * 255.0 } else { 0.0 };
            assert!((value - expected).abs() < 20.0, "{i}: {value}");
        }
    }
}
