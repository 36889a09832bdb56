//! Which of what is darker than the paper is the digit.

use std::ops::Range;

use super::Plane;

/// Ink and paper differ by at least so much, in 255ths of the paper's brightness.
const LEAST_CONTRAST: f64 = 12.0;
/// And by so many standard deviations of the paper: noise that is cut in two at its mean differs by less than three.
const LEAST_DEVIATIONS: f64 = 4.0;
/// How often a histogram is divided.
const ROUNDS: usize = 3;
/// A digit is at least so large, as a share of the picture's shorter side.
const SMALLEST: usize = 50;
/// Parts of a digit have at least so large a share of the area of its largest part.
const SMALLEST_PART: f64 = 0.03;
/// What does not touch the border is preferred from so large a share of the largest part on.
const INNER_PART: f64 = 0.2;

/// The digit.
pub(super) struct FoundInk {
    /// How much ink there is, 0 to 1; 0 wherever the digit is not.
    pub ink: Plane,
    /// Left, top, width and height of the digit.
    pub bounds: [usize; 4],
    /// Pixels of the digit.
    pub area: usize,
    /// Edges of pixels between the digit and the paper.
    pub edges: usize,
}

/// A connected part of the ink.
#[derive(Clone, Copy)]
struct InkPart {
    area: usize,
    /// Left, top, right and bottom; the last two are just outside.
    sides: [usize; 4],
    at_border: bool,
}

/// Finds the digit in what each pixel lacks of the paper's brightness, 0 to 255; `None` where there is no ink.
pub(super) fn find(lacking: &Plane) -> Option<FoundInk> {
    let Plane { width, height, .. } = *lacking;
    let Threshold { least, full } = threshold(&lacking.values)?;
    let (labels, parts) = parts(lacking, least);
    let largest = parts.iter().max_by_key(|part| part.area)?;
    let inner = parts.iter().filter(|part| !part.at_border).max_by_key(|part| part.area);
    let inner = inner.filter(|inner| inner.area as f64 >= INNER_PART * largest.area as f64);
    let main = inner.unwrap_or(largest);
    let belongs =
        |part: &InkPart| part.area as f64 >= SMALLEST_PART * main.area as f64 && (main.at_border || !part.at_border);
    let kept: Vec<bool> = parts.iter().map(belongs).collect();
    let is_kept = |i: usize| labels[i].is_some_and(|label| kept[label]);
    let mut sides = [width, height, 0, 0];
    for part in parts.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(part, _)| part) {
        sides = joined(sides, part.sides);
    }
    let [left, top, right, bottom] = sides;
    if (right - left).max(bottom - top) < (width.min(height) / SMALLEST).max(2) {
        return None;
    }
    let near = |i: usize| neighbours(i, width, height).any(is_kept);
    // Half of the way from paper to the threshold on: edges stay soft.
    let low = least / 2.0;
    let amount = |value: f32| ((value - low) / (full - low)).clamp(0.0, 1.0);
    let values = (0..width * height).map(|i| if is_kept(i) || near(i) { amount(lacking.values[i]) } else { 0.0 });
    let edge = |i: usize| {
        let (x, y) = (i % width, i / width);
        let beside = [
            (x > 0).then(|| i - 1),
            (x + 1 < width).then(|| i + 1),
            (y > 0).then(|| i - width),
            (y + 1 < height).then(|| i + width),
        ];
        beside.into_iter().filter(|other| other.is_none_or(|other| !is_kept(other))).count()
    };
    Some(FoundInk {
        ink: Plane { width, height, values: values.collect() },
        bounds: [left, top, right - left, bottom - top],
        area: (0..width * height).filter(|&i| is_kept(i)).count(),
        edges: (0..width * height).filter(|&i| is_kept(i)).map(edge).sum(),
    })
}

/// From which value on a pixel is ink, and which one is ink throughout.
struct Threshold {
    least: f32,
    full: f32,
}

/// Otsu's threshold, which makes the variance between the two classes greatest ("A threshold selection method from
/// gray-level histograms", 1979). A little ink on a large sheet weighs less than the paper's own noise: where the classes
/// are too near to each other to be ink and paper, the upper one is divided again. `None` where that finds no ink either.
fn threshold(values: &[f32]) -> Option<Threshold> {
    let mut histogram = [0u64; 256];
    values.iter().for_each(|&value| histogram[value.round().clamp(0.0, 255.0) as usize] += 1);
    let mut first = 0;
    for _ in 0..ROUNDS {
        let between = |split: usize| {
            let (below, above) = (BinClass::of(&histogram, first..split), BinClass::of(&histogram, split..256));
            let weight = below.count * above.count;
            if weight == 0.0 { 0.0 } else { weight * (above.mean - below.mean).powi(2) }
        };
        let split = (first + 1..256).max_by(|&a, &b| between(a).total_cmp(&between(b)).then(b.cmp(&a)))?;
        let (paper, ink) = (BinClass::of(&histogram, 0..split), BinClass::of(&histogram, split..256));
        if ink.count == 0.0 {
            return None;
        }
        if ink.mean - paper.mean >= LEAST_CONTRAST.max(LEAST_DEVIATIONS * paper.variance.sqrt()) {
            return Some(Threshold { least: split as f32, full: ink.mean as f32 });
        }
        first = split;
    }
    None
}

/// Some neighbouring bins of a histogram.
struct BinClass {
    count: f64,
    mean: f64,
    variance: f64,
}

impl BinClass {
    fn of(histogram: &[u64; 256], bins: Range<usize>) -> BinClass {
        let pairs = || bins.clone().map(|bin| (histogram[bin] as f64, bin as f64));
        let count: f64 = pairs().map(|(n, _)| n).sum();
        let mean = pairs().map(|(n, value)| n * value).sum::<f64>() / count;
        let variance = pairs().map(|(n, value)| n * (value - mean).powi(2)).sum::<f64>() / count;
        BinClass { count, mean, variance }
    }
}

/// Which part each pixel belongs to, and the parts: pixels that touch, at corners too.
fn parts(lacking: &Plane, least: f32) -> (Vec<Option<usize>>, Vec<InkPart>) {
    let Plane { width, height, .. } = *lacking;
    let is_ink = |i: usize| lacking.values[i] >= least - 0.5;
    let mut labels: Vec<Option<usize>> = vec![None; width * height];
    let mut parts = Vec::new();
    let mut open = Vec::new();
    for start in 0..width * height {
        if !is_ink(start) || labels[start].is_some() {
            continue;
        }
        let mut part = InkPart { area: 0, sides: [width, height, 0, 0], at_border: false };
        labels[start] = Some(parts.len());
        open.push(start);
        while let Some(i) = open.pop() {
            let (x, y) = (i % width, i / width);
            part.area += 1;
            part.sides = joined(part.sides, [x, y, x + 1, y + 1]);
            part.at_border |= x == 0 || y == 0 || x + 1 == width || y + 1 == height;
            for other in neighbours(i, width, height).filter(|&other| is_ink(other)) {
                if labels[other].is_none() {
                    labels[other] = Some(parts.len());
                    open.push(other);
                }
            }
        }
        parts.push(part);
    }
    (labels, parts)
}

/// The smallest box around two.
fn joined(a: [usize; 4], b: [usize; 4]) -> [usize; 4] {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// The up to eight pixels around one.
fn neighbours(i: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (i % width, i / width);
    let rows = y.saturating_sub(1)..(y + 2).min(height);
    rows.flat_map(move |row| (x.saturating_sub(1)..(x + 2).min(width)).map(move |column| row * width + column))
        .filter(move |&other| other != i)
}
