//! The digit scaled and placed as MNIST's are.

use std::f64::consts::FRAC_PI_4;

use super::Plane;
use super::ink::FoundInk;

/// MNIST's ink takes 20 of 28 pixels.
const INK: f64 = 20.0 / 28.0;
/// Where MNIST's centres of mass lie.
const CENTRE: f64 = 14.5 / 28.0;
/// Strokes below so many 28ths of the image are widened: a network would see no more of them than a haze.
const THINNEST: f64 = 1.7;
/// They get this width, which is about that of MNIST's thin ones.
const WIDENED: f64 = 2.2;

/// The image of `size`, its ink from 0 to 255.
pub(super) fn place(found: FoundInk, [rows, columns]: [usize; 2]) -> Vec<u8> {
    let FoundInk { mut ink, bounds, area, edges } = found;
    let mut bounds = bounds.map(|side| side as f64);
    let scale = |[_, _, width, height]: [f64; 4]| (INK * columns as f64 / width).min(INK * rows as f64 / height);
    // A stroke has two long edges. Stairs of pixels are longer than the line that they follow, on average by 4/π.
    let stroke = 2.0 * area as f64 / (edges as f64 * FRAC_PI_4);
    let pixel = rows.min(columns) as f64 / 28.0;
    if stroke * scale(bounds) < THINNEST * pixel {
        let radius = (WIDENED * pixel / scale(bounds) - stroke) / 2.0;
        ink = widened(&ink, radius);
        let [left, top, width, height] = bounds;
        bounds = [left - radius, top - radius, width + 2.0 * radius, height + 2.0 * radius];
    }
    let scale = scale(bounds);
    let [left, top, width, height] = bounds;
    let [centre_x, centre_y] = centre_of_mass(&ink);
    // The centre of mass in the centre of pixel 14 of 28, where MNIST's lie on average, unless ink would leave the image.
    let start = |centre: f64, first: f64, length: f64, side: usize| {
        let side = side as f64 / scale;
        (centre - CENTRE * side).clamp((first + length - side).min(first), first.max(first + length - side))
    };
    let (x0, y0) = (start(centre_x, left, width, columns), start(centre_y, top, height, rows));
    let step = 1.0 / scale;
    let sampled: Vec<f64> = (0..rows * columns)
        .map(|i| {
            let (x, y) = (x0 + (i % columns) as f64 * step, y0 + (i / columns) as f64 * step);
            if step >= 1.0 { mean(&ink, [x, y], step) } else { between(&ink, [x + step / 2.0, y + step / 2.0]) }
        })
        .collect();
    let greatest = sampled.iter().copied().fold(0.0, f64::max);
    sampled.iter().map(|value| (255.0 * value / greatest.max(f64::MIN_POSITIVE)).round() as u8).collect()
}

/// Where the centre of mass lies, from the upper left corner of the first pixel.
fn centre_of_mass(plane: &Plane) -> [f64; 2] {
    let (mut mass, mut x, mut y) = (0.0, 0.0, 0.0);
    for (i, &value) in plane.values.iter().enumerate() {
        let value = f64::from(value);
        mass += value;
        x += value * ((i % plane.width) as f64 + 0.5);
        y += value * ((i / plane.width) as f64 + 0.5);
    }
    [x / mass, y / mass]
}

/// The mean over a square of the plane; what lies outside of it is 0.
fn mean(plane: &Plane, [x, y]: [f64; 2], side: f64) -> f64 {
    // Pixels that the square meets along one axis, each with the length of the common part.
    let parts = |from: f64, pixels: usize| {
        let last = (from + side).ceil().clamp(0.0, pixels as f64) as usize;
        let first = from.floor().clamp(0.0, pixels as f64) as usize;
        (first..last).map(move |pixel| {
            let pixel_from = pixel as f64;
            (pixel, ((from + side).min(pixel_from + 1.0) - from.max(pixel_from)).max(0.0))
        })
    };
    let mut sum = 0.0;
    for (row, height) in parts(y, plane.height) {
        for (column, width) in parts(x, plane.width) {
            sum += height * width * f64::from(plane.values[row * plane.width + column]);
        }
    }
    sum / (side * side)
}

/// The value at a point, linear between the centres of pixels; outside of the plane it falls to 0.
fn between(plane: &Plane, [x, y]: [f64; 2]) -> f64 {
    let (x, y) = (x - 0.5, y - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let at = |x: f64, y: f64| {
        let inside = x >= 0.0 && y >= 0.0 && (x as usize) < plane.width && (y as usize) < plane.height;
        if inside { f64::from(plane.values[y as usize * plane.width + x as usize]) } else { 0.0 }
    };
    let (right_share, lower_share) = (x - left, y - top);
    let row = |y: f64| at(left, y) * (1.0 - right_share) + at(left + 1.0, y) * right_share;
    row(top) * (1.0 - lower_share) + row(top + 1.0) * lower_share
}

/// The greatest value within `radius`; at a distance in the last pixel, a part of it.
fn widened(plane: &Plane, radius: f64) -> Plane {
    let reach = radius.ceil() as i64;
    let near = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dx, dy)));
    let share = |dx: i64, dy: i64| (radius + 1.0 - ((dx * dx + dy * dy) as f64).sqrt()).clamp(0.0, 1.0) as f32;
    let disc: Vec<(i64, i64, f32)> =
        near.map(|(dx, dy)| (dx, dy, share(dx, dy))).filter(|(_, _, share)| *share > 0.0).collect();
    let (width, height) = (plane.width as i64, plane.height as i64);
    let mut values = vec![0.0f32; plane.values.len()];
    for (i, &value) in plane.values.iter().enumerate().filter(|(_, value)| **value > 0.0) {
        let (x, y) = (i as i64 % width, i as i64 / width);
        for &(dx, dy, share) in &disc {
            let (x, y) = (x + dx, y + dy);
            if (0..width).contains(&x) && (0..height).contains(&y) {
                let place = &mut values[(y * width + x) as usize];
                *place = place.max(share * value);
            }
        }
    }
    Plane { values, ..*plane }
}
