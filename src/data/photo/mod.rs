//! A picture of one handwritten digit, made into an image like those of MNIST.
//!
//! MNIST's images are light ink on black. The ink is scaled to a box of 20×20, its aspect kept, and its centre of mass
//! lies in the middle of 28×28 pixels. [`prepare`] makes such an image of a photo or a drawing of any size:
//!
//! 1. The border says whether ink is dark or light, and from which side the light comes (`polarity.rs`).
//! 2. A closing with a window wider than any stroke gives the paper's brightness at every pixel, shadows included. What a
//!    pixel lacks of it is ink (`paper.rs`).
//! 3. Otsu's threshold tells ink from paper. Specks, and what is cut off at the border, are left out (`ink.rs`).
//! 4. The ink is scaled and placed; strokes too thin to survive that are widened (`place.rs`).
//!
//! Everything here is a pure function of grey pixels.

mod ink;
mod paper;
mod place;
mod polarity;
#[cfg(test)]
mod tests;

use std::fmt;

use crate::error::{Error, Result};

/// Longer side of the image that is looked at: a larger one is shrunk first, which also averages noise away.
const LONGEST: usize = 800;

/// Grey pixels of any size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GreyImage {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Brightness, 0 to 255, row-major.
    pub pixels: Vec<u8>,
}

/// What is ink and what is paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polarity {
    /// A pen on paper.
    DarkOnLight,
    /// Chalk on a blackboard, and MNIST.
    LightOnDark,
}

impl fmt::Display for Polarity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Polarity::DarkOnLight => "dark on light",
            Polarity::LightOnDark => "light on dark",
        })
    }
}

/// An image like those of MNIST, and what was found in the picture it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedImage {
    /// Rows and columns.
    pub size: [usize; 2],
    /// Light ink on black, row-major.
    pub pixels: Vec<u8>,
    /// How the picture was written.
    pub polarity: Polarity,
    /// Left, top, width and height of the ink, in pixels of the picture.
    pub ink: [usize; 4],
}

/// Brightness or amount of ink, row-major.
#[derive(Debug, Clone)]
struct Plane {
    width: usize,
    height: usize,
    values: Vec<f32>,
}

/// Makes an image of `size`, rows and columns, of a picture of one digit. Ink takes up to 20/28 of each side.
///
/// # Errors
/// [`Error::Data`] where the picture has no ink.
///
/// # Panics
/// Where the picture has not as many pixels as its sides say.
pub fn prepare(image: &GreyImage, size: [usize; 2]) -> Result<PreparedImage> {
    assert_eq!(image.pixels.len(), image.width * image.height, "a byte a pixel");
    let no_ink = || {
        let error = Error::data("there is no ink in it");
        error.advice("give a picture of one digit, dark on light or light on dark, that fills a good part of it")
    };
    if image.pixels.is_empty() {
        return Err(no_ink());
    }
    let (plane, factor) = Plane::shrunk(image);
    let (polarity, light) = polarity::of(&plane);
    let plane = match polarity {
        Polarity::DarkOnLight => light.evened(plane),
        Polarity::LightOnDark => light.inverted().evened(plane.map(|value| 255.0 - value)),
    };
    let found = ink::find(&paper::ink(&plane)).ok_or_else(no_ink)?;
    let [left, top, width, height] = found.bounds.map(|side| side * factor);
    let (width, height) = (width.min(image.width - left), height.min(image.height - top));
    let pixels = place::place(found, size);
    Ok(PreparedImage { size, pixels, polarity, ink: [left, top, width, height] })
}

impl Plane {
    /// The image, its longer side at most [`LONGEST`], and by which factor it was shrunk.
    fn shrunk(image: &GreyImage) -> (Plane, usize) {
        let factor = image.width.max(image.height).div_ceil(LONGEST);
        let (width, height) = (image.width.div_ceil(factor), image.height.div_ceil(factor));
        let mut values = Vec::with_capacity(width * height);
        for y in 0..height {
            let rows = y * factor..((y + 1) * factor).min(image.height);
            for x in 0..width {
                let columns = x * factor..((x + 1) * factor).min(image.width);
                let count = rows.len() * columns.len();
                let row_sum = |row: usize| {
                    let row = &image.pixels[row * image.width..];
                    row[columns.clone()].iter().map(|&value| u64::from(value)).sum::<u64>()
                };
                values.push(rows.clone().map(row_sum).sum::<u64>() as f32 / count as f32);
            }
        }
        (Plane { width, height, values }, factor)
    }

    fn map(mut self, value: impl Fn(f32) -> f32) -> Plane {
        self.values.iter_mut().for_each(|v| *v = value(*v));
        self
    }

    /// The same with rows and columns exchanged.
    fn transposed(&self) -> Plane {
        let columns = (0..self.width).flat_map(|x| (0..self.height).map(move |y| (x, y)));
        let values = columns.map(|(x, y)| self.values[y * self.width + x]).collect();
        Plane { width: self.height, height: self.width, values }
    }
}
