//! Pictures made of MNIST's own images, and drawn ones.

use super::*;
use crate::data::Dataset;
use crate::random::Stream;

/// A sheet of paper with light from one side, on which a digit of MNIST is written large.
struct Sheet {
    size: [usize; 2],
    /// Brightness of the paper at its left and right edge.
    light: [f32; 2],
    /// Share of the paper's brightness that full ink takes away.
    ink: f32,
    noise: f32,
    /// Left and top of the digit, and columns for one pixel of MNIST.
    place: [f32; 3],
}

const SHEET: Sheet = Sheet { size: [420, 360], light: [235.0, 120.0], ink: 0.7, noise: 4.0, place: [30.0, 70.0, 9.5] };

impl Sheet {
    fn write(&self, digit: &[u8]) -> GreyImage {
        let [height, width] = self.size;
        let noise = uniform(1, height * width);
        let [left, top, scale] = self.place;
        let at = |x: i32, y: i32| {
            let inside = (0..28).contains(&x) && (0..28).contains(&y);
            if inside { f32::from(digit[(y * 28 + x) as usize]) / 255.0 } else { 0.0 }
        };
        let ink = |x: usize, y: usize| {
            let (x, y) = ((x as f32 + 0.5 - left) / scale - 0.5, (y as f32 + 0.5 - top) / scale - 0.5);
            let (column, row) = (x.floor(), y.floor());
            let line = |row: f32| {
                let value = |column: f32| at(column as i32, row as i32);
                value(column) * (1.0 - (x - column)) + value(column + 1.0) * (x - column)
            };
            line(row) * (1.0 - (y - row)) + line(row + 1.0) * (y - row)
        };
        let pixel = |i: usize| {
            let (x, y) = (i % width, i / width);
            let light = self.light[0] + (self.light[1] - self.light[0]) * x as f32 / width as f32;
            let value = light * (1.0 - self.ink * ink(x, y)) + self.noise * (2.0 * noise[i] - 1.0);
            value.round().clamp(0.0, 255.0) as u8
        };
        GreyImage { width, height, pixels: (0..width * height).map(pixel).collect() }
    }
}

/// So many numbers from 0 to 1.
fn uniform(seed: u64, count: usize) -> Vec<f32> {
    let mut stream = Stream::new(seed, "photo");
    (0..count).map(|_| stream.uniform() as f32).collect()
}

fn inverted(image: &GreyImage) -> GreyImage {
    GreyImage { pixels: image.pixels.iter().map(|value| 255 - value).collect(), ..image.clone() }
}

fn correlation(a: &[u8], b: &[u8]) -> f64 {
    let mean = |v: &[u8]| v.iter().map(|&x| f64::from(x)).sum::<f64>() / v.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let sum = |f: &dyn Fn(f64, f64) -> f64| -> f64 {
        a.iter().zip(b).map(|(&a, &b)| f(f64::from(a) - mean_a, f64::from(b) - mean_b)).sum()
    };
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}

/// A ring of one stroke, dark on light, as wide as the picture but for a margin.
fn ring(side: usize, stroke: f64) -> GreyImage {
    let centre = side as f64 / 2.0;
    let radius = 0.35 * side as f64;
    let pixel = |i: usize| {
        let [x, y] = [i % side, i / side].map(|n| n as f64 + 0.5 - centre);
        let inside = ((x * x + y * y).sqrt() - radius).abs() < stroke / 2.0;
        if inside { 40 } else { 220 }
    };
    GreyImage { width: side, height: side, pixels: (0..side * side).map(pixel).collect() }
}

/// Columns and rows between the first and the last with ink.
fn extent(image: &PreparedImage) -> [usize; 2] {
    let [rows, columns] = image.size;
    let spread = |lines: Vec<bool>| {
        let first = lines.iter().position(|ink| *ink).unwrap();
        lines.iter().rposition(|ink| *ink).unwrap() + 1 - first
    };
    let ink = |row: usize, column: usize| image.pixels[row * columns + column] > 60;
    let by_column = (0..columns).map(|column| (0..rows).any(|row| ink(row, column))).collect();
    [spread(by_column), spread((0..rows).map(|row| (0..columns).any(|column| ink(row, column))).collect())]
}

#[test]
fn images_of_mnist_stay_what_they_are() {
    let data = Dataset::embedded().unwrap().test;
    let mut all = Vec::new();
    for sample in 0..300 {
        let image = GreyImage { width: 28, height: 28, pixels: data.image(sample).to_vec() };
        let prepared = prepare(&image, [28, 28]).unwrap_or_else(|error| panic!("{sample}: {error}"));
        assert_eq!(prepared.polarity, Polarity::LightOnDark, "{sample}");
        all.push(correlation(&prepared.pixels, &image.pixels));
    }
    all.sort_by(f64::total_cmp);
    assert!(all[0] > 0.8 && all[30] > 0.9 && all[150] > 0.95, "{} {} {}", all[0], all[30], all[150]);
}

#[test]
fn a_photo_gives_the_digit_back_in_either_polarity() {
    let data = Dataset::embedded().unwrap().test;
    for light in [[235.0, 235.0], [235.0, 120.0], [90.0, 240.0]] {
        let mut all = Vec::new();
        for sample in 0..40 {
            let photo = Sheet { light, ..SHEET }.write(data.image(sample));
            let prepared = prepare(&photo, [28, 28]).unwrap_or_else(|error| panic!("{sample}: {error}"));
            assert_eq!(prepared.polarity, Polarity::DarkOnLight, "{sample}");
            let other = prepare(&inverted(&photo), [28, 28]).unwrap();
            assert_eq!(other.polarity, Polarity::LightOnDark, "{sample}");
            assert!(correlation(&other.pixels, &prepared.pixels) > 0.95, "{sample}");
            all.push(correlation(&prepared.pixels, data.image(sample)));
        }
        all.sort_by(f64::total_cmp);
        assert!(all[0] > 0.85 && all[20] > 0.95, "{light:?}: {} {}", all[0], all[20]);
    }
}

/// A 1, the least ink of all digits, on a sheet six times as high.
#[test]
fn a_small_digit_on_a_large_sheet_is_found() {
    let data = Dataset::embedded().unwrap().test;
    let sheet = Sheet { size: [1000, 1200], noise: 6.0, place: [300.0, 400.0, 6.0], ..SHEET };
    for sample in [2, 5, 40] {
        let prepared = prepare(&sheet.write(data.image(sample)), [28, 28]).unwrap();
        assert!(correlation(&prepared.pixels, data.image(sample)) > 0.85, "{sample}");
    }
}

#[test]
fn ink_is_found_where_it_is() {
    // A 1, higher than wide, in pixels 4 to 24 of MNIST.
    let data = Dataset::embedded().unwrap().test;
    let prepared = prepare(&SHEET.write(data.image(2)), [28, 28]).unwrap();
    let [left, top, width, height] = prepared.ink.map(|n| n as f32);
    let [x, y, scale] = SHEET.place;
    assert!(left > x && left + width < x + 28.0 * scale && width < height, "{:?}", prepared.ink);
    assert!((top - (y + 4.0 * scale)).abs() < 2.0 * scale && (height - 20.0 * scale).abs() < 3.0 * scale);
}

#[test]
fn strokes_of_any_width_are_seen() {
    for (stroke, least, most) in [(2.0, 0.05, 0.35), (12.0, 0.05, 0.35), (40.0, 0.1, 0.4), (75.0, 0.2, 0.6)] {
        let prepared = prepare(&ring(600, stroke), [28, 28]).unwrap();
        let extent = extent(&prepared);
        assert!(extent.iter().all(|side| (18..=21).contains(side)), "{stroke}: {extent:?}");
        let ink = prepared.pixels.iter().map(|&value| f64::from(value) / 255.0).sum::<f64>() / 784.0;
        assert!((least..most).contains(&ink), "{stroke}: {ink}");
        // The middle of a ring is empty, and its stroke is full.
        assert!(prepared.pixels[14 * 28 + 14] < 20, "{stroke}");
        assert!(prepared.pixels.iter().filter(|value| **value > 150).count() > 30, "{stroke}");
    }
}

#[test]
fn the_box_follows_the_size_of_the_data() {
    for (size, wanted) in [([14, 14], 10), ([28, 28], 20), ([56, 56], 40), ([22, 44], 16)] {
        let prepared = prepare(&ring(300, 20.0), size).unwrap();
        assert_eq!((prepared.size, prepared.pixels.len()), (size, size[0] * size[1]));
        let extent = extent(&prepared);
        assert!(extent.iter().all(|side| side.abs_diff(wanted) <= 1), "{size:?}: {extent:?}");
    }
}

#[test]
fn specks_and_the_edge_of_the_table_are_left_out() {
    let clean = ring(400, 25.0);
    let mut dirty = clean.clone();
    for (x, y) in [(20, 30), (380, 50), (200, 390)] {
        dirty.pixels[y * 400 + x..][..4].fill(40);
    }
    for row in dirty.pixels.chunks_exact_mut(400) {
        row[..6].fill(30);
    }
    let of = |image| prepare(image, [28, 28]).unwrap().pixels;
    assert!(correlation(&of(&dirty), &of(&clean)) > 0.99);
}

/// Whatever the pixels are, there is an image or one line.
#[test]
fn any_pixels_are_an_image_or_a_line() {
    let mut stream = Stream::new(3, "photo");
    for round in 0..400 {
        let [width, height] = [1 + stream.below(40) as usize, 1 + stream.below(40) as usize];
        let levels = [2, 3, 20, 256][round % 4];
        let pixels = (0..width * height).map(|_| (stream.below(levels) * 255 / levels) as u8).collect();
        let size = [1 + stream.below(30) as usize, 1 + stream.below(30) as usize];
        match prepare(&GreyImage { width, height, pixels }, size) {
            Ok(image) => {
                assert_eq!(image.pixels.len(), size[0] * size[1]);
                let [left, top, ink_width, ink_height] = image.ink;
                assert!(ink_width > 0 && left + ink_width <= width && ink_height > 0 && top + ink_height <= height);
            }
            Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
        }
    }
}

#[test]
fn blank_paper_has_no_ink() {
    let plain = GreyImage { width: 300, height: 200, pixels: vec![200; 60_000] };
    let light = GreyImage { pixels: (0..60_000).map(|i| 80 + (i % 300 / 2) as u8).collect(), ..plain.clone() };
    let noise = uniform(2, 60_000);
    let noisy = GreyImage { pixels: noise.iter().map(|n| 150 + (40.0 * n) as u8).collect(), ..plain.clone() };
    let dot = GreyImage { width: 1, height: 1, pixels: vec![0] };
    let nothing = GreyImage { width: 0, height: 5, pixels: Vec::new() };
    for image in [plain, light, noisy, dot, nothing] {
        for image in [&image, &inverted(&image)] {
            let error = prepare(image, [28, 28]).unwrap_err();
            assert!(matches!(error, Error::Data(_)) && error.to_string().contains("no ink"), "{error}");
        }
    }
}
