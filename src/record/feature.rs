//! `features.safetensors`: what a few filters make of one test image, in every configuration.

use std::collections::BTreeMap;

use crate::model::ModelId;
use crate::model::tensor::Tensor;

/// One test image, and features of it in one model of each configuration.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FeatureRecord {
    /// Position of the image in the test set.
    pub image: usize,
    /// Its class.
    pub label: u8,
    /// Its rows and columns.
    pub size: [usize; 2],
    /// Its pixels, row-major, 0 to 255.
    pub pixels: Vec<u8>,
    /// The models.
    pub models: Vec<ModelFeatures>,
}

/// What one model makes of the image.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelFeatures {
    /// The model.
    pub model: ModelId,
    /// Epochs that it was trained for.
    pub epoch: u32,
    /// The class that it predicts.
    pub predicted: u8,
    /// The layers.
    pub layers: Vec<LayerFeatures>,
}

/// Maps of one layer, and the kernels that made them.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerFeatures {
    /// The layer: `conv1`, `pool1`, `conv2` or `pool2`.
    pub layer: String,
    /// Rows and columns of a map.
    pub map: [usize; 2],
    /// Rows and columns of a kernel.
    pub kernel: [usize; 2],
    /// Input channels of the convolution.
    pub channels: usize,
    /// The filters.
    pub filters: Vec<FilterFeatures>,
}

/// One filter.
#[derive(Debug, Clone, PartialEq)]
pub struct FilterFeatures {
    /// Its position among the layer's filters, from 0.
    pub filter: usize,
    /// The input channel that `kernel` is of: the one whose slice has the greatest Euclidean norm.
    pub channel: usize,
    /// That slice `[kh, kw]`, row-major.
    pub kernel: Vec<f32>,
    /// Its map after ReLU `[h, w]`, row-major.
    pub map: Vec<f32>,
}

impl LayerFeatures {
    /// Of the output `[h, w, O]` of a layer and the weight `[kh, kw, C, O]` of the convolution that made it, those of
    /// `filters`. Filters that the layer does not have are left out.
    ///
    /// # Panics
    /// Where the two do not belong together.
    pub fn of(layer: &str, shape: [usize; 3], values: &[f32], weight: &Tensor, filters: &[usize]) -> LayerFeatures {
        let [height, width, outputs] = shape;
        let &[kernel_height, kernel_width, channels, of_weight] = &weight.shape[..] else {
            panic!("{} is no kernel: {:?}", weight.name, weight.shape)
        };
        assert_eq!((of_weight, values.len()), (outputs, height * width * outputs), "{layer} of {}", weight.name);
        let filter = |&filter: &usize| {
            let slice = |channel: usize| -> Vec<f32> {
                let positions = 0..kernel_height * kernel_width;
                positions.map(|at| weight.data[(at * channels + channel) * outputs + filter]).collect()
            };
            let norm = |channel: &usize| slice(*channel).iter().map(|w| f64::from(*w).powi(2)).sum::<f64>();
            let channel = (0..channels).rev().max_by(|a, b| norm(a).total_cmp(&norm(b))).unwrap_or_default();
            let map = values.chunks_exact(outputs).map(|position| position[filter]).collect();
            FilterFeatures { filter, channel, kernel: slice(channel), map }
        };
        LayerFeatures {
            layer: layer.into(),
            map: [height, width],
            kernel: [kernel_height, kernel_width],
            channels,
            filters: filters.iter().filter(|&&filter| filter < outputs).map(filter).collect(),
        }
    }
}

impl FeatureRecord {
    /// The greatest finite value of every filter of a layer over all models: what one scale for all of them spans.
    pub fn greatest(&self, layer: &str) -> BTreeMap<usize, f32> {
        let mut greatest = BTreeMap::new();
        let layers = self.models.iter().flat_map(|model| &model.layers).filter(|found| found.layer == layer);
        for filter in layers.flat_map(|layer| &layer.filters) {
            let highest = filter.map.iter().copied().filter(|value| value.is_finite()).fold(0.0, f32::max);
            let known = greatest.entry(filter.filter).or_insert(0.0f32);
            *known = known.max(highest);
        }
        greatest
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::model::Configuration;

    fn record() -> FeatureRecord {
        // Two input channels, three filters, of which the second is the first channel times −2 in its second channel.
        let weight: Vec<f32> = (0..2 * 2 * 2 * 3).map(|i| i as f32 * if i / 3 % 2 == 1 { -2.0 } else { 1.0 }).collect();
        let weight = Tensor { name: "conv2.weight".into(), shape: vec![2, 2, 2, 3], data: weight };
        let values: Vec<f32> = (0..2 * 3 * 3).map(|i| i as f32 / 7.0).collect();
        let layer = LayerFeatures::of("conv2", [2, 3, 3], &values, &weight, &[2, 0, 99]);
        let model = ModelId { configuration: Configuration::TUTORIAL[3], seed: 5 };
        FeatureRecord {
            image: 17,
            label: 7,
            size: [2, 3],
            pixels: vec![0, 1, 2, 3, 254, 255],
            models: vec![ModelFeatures { model, epoch: 3, predicted: 2, layers: vec![layer] }],
        }
    }

    #[test]
    fn filters_have_their_map_and_their_strongest_slice() {
        let record = record();
        let [first, second] = &record.models[0].layers[0].filters[..] else { panic!("{record:?}") };
        assert_eq!((first.filter, first.channel, second.filter), (2, 1, 0));
        assert_eq!(first.kernel, [-10.0, -22.0, -34.0, -46.0]);
        assert_eq!(second.map, [0.0, 3.0, 6.0, 9.0, 12.0, 15.0].map(|v| v / 7.0));
        assert_eq!(record.greatest("conv2"), BTreeMap::from([(0, 15.0 / 7.0), (2, 17.0 / 7.0)]));
        assert!(record.greatest("conv1").is_empty());
    }

    #[test]
    fn a_file_is_read_as_it_was_written() {
        let record = record();
        let bytes = record.to_bytes();
        assert_eq!(FeatureRecord::from_bytes("file", &bytes), Ok(record.clone()));
        assert_eq!(bytes, record.to_bytes());
        let empty = FeatureRecord::default();
        assert_eq!(FeatureRecord::from_bytes("file", &empty.to_bytes()), Ok(empty));
    }

    #[test]
    fn a_damaged_file_is_one_line() {
        let bytes = record().to_bytes();
        for end in (0..bytes.len()).step_by(7) {
            let error = FeatureRecord::from_bytes("f", &bytes[..end]).unwrap_err();
            assert!(matches!(error, Error::Data(_)) && error.to_string().starts_with("f: "), "{error}");
            assert!(!error.to_string().contains('\n'));
        }
        let replaced = |from: &str, to: &str| {
            let at = bytes.windows(from.len()).position(|window| window == from.as_bytes()).unwrap();
            let mut changed = bytes.clone();
            changed[at..at + from.len()].copy_from_slice(to.as_bytes());
            FeatureRecord::from_bytes("f", &changed).unwrap_err().to_string()
        };
        assert!(replaced("\\\"format\\\":1", "\\\"format\\\":7").contains("format 7"));
        assert!(replaced("stride2-valid-seed5\\\"", "stride2-valid-sead5\\\"").contains("sead5"));
        assert!(replaced("\\\"filters\\\":[2,0]", "\\\"filters\\\":[2  ]").contains("1 filters"));
    }
}
