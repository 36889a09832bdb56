//! Where images have ink, and which of it a network cannot read.

use super::coverage::Coverage;
use crate::data::Split;
use crate::error::{Error, Result};
use crate::model::{Configuration, Network};
use crate::record::{InkRow, UncoveredInkRow};

/// Ink by class and ring of the images of `split` without `crop` pixels on each side. Classes without images have no
/// rows. A class whose images are all black has a share of NaN.
///
/// Ring `r` is the pixels whose distance from the nearest border is `r`: `min(y, x, height − 1 − y, width − 1 − x)`.
///
/// # Errors
/// [`Error::Usage`] where nothing is left of the images.
pub fn by_ring(split: &Split, crop: usize) -> Result<Vec<InkRow>> {
    let split = split.crop(crop)?;
    let Split { height, width, .. } = *split;
    let ring = |pixel: usize| {
        let (y, x) = (pixel / width, pixel % width);
        y.min(x).min(height - 1 - y).min(width - 1 - x)
    };
    let regions: Vec<usize> = (0..height * width).map(ring).collect();
    let rings = height.min(width).div_ceil(2);
    let rows = Ink::of(&split, &regions, rings).classes().flat_map(|class| {
        let all: u64 = class.ink.iter().sum();
        let row = move |ring: usize| InkRow {
            crop,
            class: class.class,
            ring,
            images: class.images,
            images_with_ink: class.images_with_ink[ring],
            ink: class.ink[ring] as f64 / 255.0,
            share: class.ink[ring] as f64 / all as f64,
        };
        (0..rings).map(row).collect::<Vec<_>>()
    });
    Ok(rows.collect())
}

/// Ink by class that a network cannot read, of the images of `split` without what the configuration cuts off: a crop
/// makes other images, which are not the network's loss. The shares are NaN as in [`by_ring`].
///
/// # Errors
/// [`Error::Usage`] where nothing is left of the images, [`Error::Data`] where they are not of the network's size.
pub fn uncovered(split: &Split, network: &Network, configuration: Configuration) -> Result<Vec<UncoveredInkRow>> {
    let found = [split.height, split.width];
    if found != network.image() {
        let [height, width] = network.image();
        let what = format!("images of {}×{} pixels, the network takes {height}×{width}", found[0], found[1]);
        return Err(Error::data(what));
    }
    let coverage = Coverage::of(network);
    let split = split.crop(network.crop)?;
    let reads = |pixel: usize| coverage.reaches(pixel / split.width + network.crop, pixel % split.width + network.crop);
    let regions: Vec<usize> = (0..split.height * split.width).map(|pixel| usize::from(!reads(pixel))).collect();
    let rows = Ink::of(&split, &regions, 2).classes().map(|class| UncoveredInkRow {
        configuration,
        class: class.class,
        images: class.images,
        images_with_uncovered_ink: class.images_with_ink[1],
        share: class.ink[1] as f64 / (class.ink[0] + class.ink[1]) as f64,
    });
    Ok(rows.collect())
}

/// Ink by class and region.
struct Ink(Vec<ClassInk>);

/// The ink of one class.
#[derive(Clone)]
struct ClassInk {
    class: u8,
    images: u32,
    /// Sum of the pixels, 0 to 255 each, by region.
    ink: Vec<u64>,
    /// Images with any ink, by region.
    images_with_ink: Vec<u32>,
}

impl Ink {
    /// Of images whose pixels each lie in one of `count` regions, in one pass.
    fn of(split: &Split, regions: &[usize], count: usize) -> Ink {
        let none = |class| ClassInk { class, images: 0, ink: vec![0; count], images_with_ink: vec![0; count] };
        let mut all: Vec<ClassInk> = (0..=u8::MAX).map(none).collect();
        let mut of_image = vec![0u64; count];
        for (image, &label) in split.images.chunks_exact(regions.len()).zip(&split.labels) {
            of_image.fill(0);
            for (&pixel, &region) in image.iter().zip(regions) {
                of_image[region] += u64::from(pixel);
            }
            let class = &mut all[usize::from(label)];
            class.images += 1;
            for (region, &ink) in of_image.iter().enumerate() {
                class.ink[region] += ink;
                class.images_with_ink[region] += u32::from(ink > 0);
            }
        }
        Ink(all)
    }

    /// The classes that have images.
    fn classes(self) -> impl Iterator<Item = ClassInk> {
        self.0.into_iter().filter(|class| class.images > 0)
    }
}
