//! What the models of a group are asked once they are trained: accuracy on changed test images, and how smooth their
//! feature maps are.

use crate::data::{Dataset, Split};
use crate::error::Result;
use crate::model::network::LayerKind;
use crate::model::{Configuration, Network};
use crate::train::{Evaluation, Features, TrainedGroup};

/// Layers whose feature maps are measured.
const LAYERS: [&str; 2] = ["conv1", "conv2"];

/// What to ask.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Questions {
    /// Shifts of the test images.
    pub shifts: Vec<Shift>,
    /// Test images that are shifted, the first ones.
    pub shift_images: usize,
    /// Sets of pixels that are left, all others being blanked.
    pub regions: Vec<Region>,
    /// Test images whose feature maps are measured, the first ones.
    pub map_images: usize,
}

impl Questions {
    /// Those for a model of that configuration: of the regions, those of networks that differ from its own in stride and padding
    /// alone.
    #[must_use]
    pub fn of(&self, configuration: Configuration) -> Questions {
        let like =
            |other: Configuration| Configuration { strides: other.strides, padding: other.padding, ..configuration };
        let regions = self.regions.iter().filter(|region| like(region.read_by) == region.read_by);
        Questions { regions: regions.cloned().collect(), ..self.clone() }
    }
}

/// A shift in pixels, as [`Split::shifted`] takes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Columns to the right.
    pub dx: i32,
    /// Rows down.
    pub dy: i32,
}

impl Shift {
    /// All shifts of at most `most` pixels in either direction, row by row.
    pub fn grid(most: i32) -> Vec<Shift> {
        (-most..=most).flat_map(|dy| (-most..=most).map(move |dx| Shift { dx, dy })).collect()
    }
}

/// The pixels that one network reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// The network.
    pub read_by: Configuration,
    /// A flag a pixel, row-major.
    pub read: Vec<bool>,
}

/// What one model answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// The training set with the final weights.
    pub training: Evaluation,
    /// Rightly classified images, by shift.
    pub shifts: Vec<u32>,
    /// Rightly classified images by region and class.
    pub regions: Vec<Vec<u32>>,
    /// Smoothness of the feature maps, by layer.
    pub smoothness: Vec<Smoothness>,
}

/// How much neighbouring values of a layer's feature maps differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Smoothness {
    /// The layer.
    pub layer: &'static str,
    /// Mean of `|a − b|` over all pairs of vertical and horizontal neighbours, over the mean of all values.
    pub variation: f64,
    /// The same with each `|a − b|` over the distance of the two in pixels of the image.
    pub variation_per_pixel: f64,
}

/// Asks every model of a group. `data` has images of the network's size. `go_on` is asked now and then.
///
/// # Errors
/// [`crate::Error::Interrupted`] where `go_on` said no; [`crate::Error::Failure`] where the backend fails.
pub async fn ask(
    group: &mut TrainedGroup<'_>,
    data: &Dataset,
    questions: &Questions,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<Vec<Answers>> {
    let test = &data.test;
    let mut watch = |_| go_on();
    let training = group.evaluate(&data.train, &mut watch).await?;
    let answers = |training| Answers { training, shifts: Vec::new(), regions: Vec::new(), smoothness: Vec::new() };
    let mut all: Vec<Answers> = training.into_iter().map(answers).collect();
    let some = if questions.shifts.is_empty() { 0..0 } else { 0..questions.shift_images.min(test.count) };
    let first = test.range(some);
    for shift in &questions.shifts {
        let shifted = first.shifted(shift.dx, shift.dy);
        for (answers, evaluation) in all.iter_mut().zip(group.evaluate(&shifted, &mut watch).await?) {
            answers.shifts.push(right_by_class(&evaluation, &shifted).iter().sum());
        }
    }
    for region in &questions.regions {
        let blanked = test.blanked(&region.read);
        for (answers, evaluation) in all.iter_mut().zip(group.evaluate(&blanked, &mut watch).await?) {
            answers.regions.push(right_by_class(&evaluation, &blanked));
        }
    }
    let mut sums = vec![LAYERS.map(|layer| LayerSums::new(group.network(), layer)); all.len()];
    for image in 0..questions.map_images.min(test.count) {
        for (sums, features) in sums.iter_mut().zip(group.features(&LAYERS, test.image(image)).await?) {
            sums.iter_mut().zip(&features).for_each(|(sums, features)| sums.add(features));
        }
    }
    if questions.map_images > 0 {
        for (answers, sums) in all.iter_mut().zip(sums) {
            answers.smoothness = sums.iter().map(LayerSums::smoothness).collect();
        }
    }
    Ok(all)
}

/// Rightly classified images of each class, as many as the labels make.
fn right_by_class(evaluation: &Evaluation, split: &Split) -> Vec<u32> {
    let classes = split.labels.iter().max().map_or(0, |&most| usize::from(most) + 1);
    let mut right = vec![0; classes];
    for (class, &label) in evaluation.predicted.iter().zip(&split.labels) {
        right[usize::from(label)] += u32::from(*class == label);
    }
    right
}

/// LayerSums over the feature maps of one layer, in `f64`.
#[derive(Debug, Clone, Copy)]
struct LayerSums {
    layer: &'static str,
    /// Distance of vertical and of horizontal neighbours, in pixels of the image.
    spacing: [f64; 2],
    values: RunningMean,
    differences: RunningMean,
    differences_per_pixel: f64,
}

#[derive(Debug, Clone, Copy, Default)]
struct RunningMean {
    sum: f64,
    count: f64,
}

impl RunningMean {
    fn add(&mut self, value: f64) {
        self.sum += value;
        self.count += 1.0;
    }
}

impl LayerSums {
    /// Every stride up to a layer and its own moves its neighbours apart.
    fn new(network: &Network, layer: &'static str) -> LayerSums {
        let until = network.layers.iter().position(|l| l.name == layer).map_or(0, |at| at + 1);
        let strides = network.layers[..until].iter().filter_map(|layer| match layer.kind {
            LayerKind::Conv(shape) => Some(shape.stride),
            LayerKind::Pool(shape) => Some(shape.stride),
            _ => None,
        });
        let spacing = strides.fold([1.0, 1.0], |[v, h], [down, across]| [v * down as f64, h * across as f64]);
        let none = RunningMean::default();
        LayerSums { layer, spacing, values: none, differences: none, differences_per_pixel: 0.0 }
    }

    fn add(&mut self, features: &Features) {
        let [height, width, channels] = features.shape;
        let at = |y: usize, x: usize, c: usize| f64::from(features.data[(y * width + x) * channels + c]);
        for y in 0..height {
            for x in 0..width {
                for c in 0..channels {
                    let value = at(y, x, c);
                    self.values.add(value);
                    if y + 1 < height {
                        self.pair((at(y + 1, x, c) - value).abs(), self.spacing[0]);
                    }
                    if x + 1 < width {
                        self.pair((at(y, x + 1, c) - value).abs(), self.spacing[1]);
                    }
                }
            }
        }
    }

    fn pair(&mut self, difference: f64, spacing: f64) {
        self.differences.add(difference);
        self.differences_per_pixel += difference / spacing;
    }

    /// NaN where a map has no neighbours, or no value but 0.
    fn smoothness(&self) -> Smoothness {
        let mean = self.values.sum / self.values.count;
        let per_pair = |sum: f64| sum / self.differences.count / mean;
        Smoothness {
            layer: self.layer,
            variation: per_pair(self.differences.sum),
            variation_per_pixel: per_pair(self.differences_per_pixel),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_are_those_of_networks_that_differ_in_stride_and_padding() {
        let [same, _, valid, _] = Configuration::TUTORIAL;
        let cropped = Configuration { crop: 4, ..valid };
        let region = |read_by| Region { read_by, read: vec![true] };
        let all = Questions { regions: vec![region(valid), region(cropped)], map_images: 3, ..Questions::default() };
        assert_eq!(all.of(same), Questions { regions: vec![region(valid)], ..all.clone() });
        assert_eq!(all.of(Configuration { crop: 4, ..same }).regions, [region(cropped)]);
    }

    #[test]
    fn shifts_go_all_ways() {
        let grid = Shift::grid(1);
        assert_eq!(grid.len(), 9);
        assert_eq!((grid[0], grid[4]), (Shift { dx: -1, dy: -1 }, Shift { dx: 0, dy: 0 }));
    }

    #[test]
    fn variation_is_relative_and_counts_the_distance_of_neighbours() {
        let network = Network::new([28, 28], Configuration::TUTORIAL[1]).unwrap();
        let mut conv1 = LayerSums::new(&network, "conv1");
        let mut conv2 = LayerSums::new(&network, "conv2");
        // Columns 1 and 3, in two rows: two of four pairs are equal, mean 2.
        let features = Features { shape: [2, 2, 1], data: vec![1.0, 3.0, 1.0, 3.0] };
        conv1.add(&features);
        conv2.add(&features);
        let Smoothness { variation, variation_per_pixel, .. } = conv1.smoothness();
        assert_eq!((variation, variation_per_pixel), (0.5, 0.25));
        // conv1, pool1 and conv2 each halve the image.
        assert_eq!(conv2.smoothness().variation_per_pixel, 0.5 / 8.0);
        let none = LayerSums::new(&network, "conv1").smoothness();
        assert!(none.variation.is_nan());
    }
}
