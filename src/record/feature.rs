//! `features.safetensors`: what a few filters make of one test image, in every configuration.

use std::collections::BTreeMap;

use safetensors::tensor::SafeTensors;
use serde::{Deserialize, Serialize};

use super::format::FORMAT;
use crate::error::{Error, Result, one_line};
use crate::model::ModelId;
use crate::model::tensor::Tensor;
use crate::model::weights::to_bytes;

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

/// What stands in the file's metadata: all that is no tensor.
#[derive(Serialize, Deserialize)]
struct FeatureContents {
    format: u32,
    image: usize,
    label: u8,
    models: Vec<ModelContents>,
}

#[derive(Serialize, Deserialize)]
struct ModelContents {
    model: String,
    epoch: u32,
    predicted: u8,
    layers: Vec<LayerContents>,
}

#[derive(Serialize, Deserialize)]
struct LayerContents {
    layer: String,
    input_channels: usize,
    filters: Vec<usize>,
    /// Of each filter, the input channel that its kernel is of.
    channels: Vec<usize>,
}

/// The metadata's key.
const CONTENTS: &str = "features";
/// The tensor of the image.
const IMAGE: &str = "image";

fn tensor_name(model: &str, layer: &str, what: &str) -> String {
    format!("{model}/{layer}/{what}")
}

impl FeatureRecord {
    /// The bytes of a safetensors file: `image` `[h, w]`, and of every model and layer `…/maps` `[F, h, w]` and
    /// `…/kernels` `[F, kh, kw]`. Equal records give equal bytes.
    ///
    /// # Panics
    /// Where a map or a kernel has not as many values as its layer says.
    pub fn to_bytes(&self) -> Vec<u8> {
        let pixels = self.pixels.iter().map(|&pixel| f32::from(pixel)).collect();
        let mut tensors = vec![Tensor { name: IMAGE.into(), shape: self.size.to_vec(), data: pixels }];
        for ModelFeatures { model, layers, .. } in &self.models {
            for layer in layers {
                let tensor = |what: &str, [height, width]: [usize; 2], of: fn(&FilterFeatures) -> &Vec<f32>| Tensor {
                    name: tensor_name(&model.slug(), &layer.layer, what),
                    shape: vec![layer.filters.len(), height, width],
                    data: layer.filters.iter().flat_map(of).copied().collect(),
                };
                tensors.push(tensor("maps", layer.map, |filter| &filter.map));
                tensors.push(tensor("kernels", layer.kernel, |filter| &filter.kernel));
            }
        }
        let layer = |layer: &LayerFeatures| LayerContents {
            layer: layer.layer.clone(),
            input_channels: layer.channels,
            filters: layer.filters.iter().map(|filter| filter.filter).collect(),
            channels: layer.filters.iter().map(|filter| filter.channel).collect(),
        };
        let models = self.models.iter().map(|model| ModelContents {
            model: model.model.slug(),
            epoch: model.epoch,
            predicted: model.predicted,
            layers: model.layers.iter().map(layer).collect(),
        });
        let contents =
            FeatureContents { format: FORMAT, image: self.image, label: self.label, models: models.collect() };
        let contents = serde_json::to_string(&contents).unwrap_or_default();
        to_bytes(&tensors, &[(CONTENTS.to_string(), contents)])
    }

    /// Reads a record from the bytes of a file, which messages call `name`.
    ///
    /// # Errors
    /// [`Error::Data`] where they are no such file, or something in it does not fit the rest.
    pub fn from_bytes(name: &str, bytes: &[u8]) -> Result<FeatureRecord> {
        let bad = |what: String| {
            let error = Error::data(format!("{name}: {what}"));
            error.advice("give a features.safetensors that stridelab wrote")
        };
        let broken = |e: safetensors::SafeTensorError| bad(format!("is no sound safetensors file ({})", one_line(e)));
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let text = header.metadata().as_ref().and_then(|metadata| metadata.get(CONTENTS));
        let text = text.ok_or_else(|| bad("it holds no features".into()))?;
        let contents: FeatureContents = serde_json::from_str(text).map_err(|e| bad(one_line(e)))?;
        if contents.format != FORMAT {
            return Err(bad(format!("it has format {}, this version reads format {FORMAT}", contents.format)));
        }
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let tensor = |wanted: &str| -> Result<TensorValues> {
            let view = file.tensor(wanted).map_err(broken)?;
            if view.dtype() != safetensors::Dtype::F32 {
                return Err(bad(format!("{wanted} is not of 32-bit floats")));
            }
            let data = view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            Ok(TensorValues { shape: view.shape().to_vec(), data })
        };
        let image = tensor(IMAGE)?;
        let &[height, width] = &image.shape[..] else { return Err(bad("its image has no two sides".into())) };
        let layer = |model: &str, contents: &LayerContents| -> Result<LayerFeatures> {
            let [maps, kernels] = ["maps", "kernels"].map(|what| tensor(&tensor_name(model, &contents.layer, what)));
            let (maps, kernels) = (maps?, kernels?);
            let count = contents.filters.len();
            let fit = |values: &TensorValues| values.shape.len() == 3 && values.shape[0] == count;
            if !fit(&maps) || !fit(&kernels) || contents.channels.len() != count {
                return Err(bad(format!("{} of {model} has not the {count} filters that it names", contents.layer)));
            }
            let filters = contents.filters.iter().zip(&contents.channels).enumerate();
            let filter = |(i, (&filter, &channel)): (usize, (&usize, &usize))| FilterFeatures {
                filter,
                channel,
                kernel: kernels.of(i),
                map: maps.of(i),
            };
            Ok(LayerFeatures {
                layer: contents.layer.clone(),
                map: [maps.shape[1], maps.shape[2]],
                kernel: [kernels.shape[1], kernels.shape[2]],
                channels: contents.input_channels,
                filters: filters.map(filter).collect(),
            })
        };
        let mut models = Vec::new();
        for entry in &contents.models {
            let model: ModelId = entry.model.parse().map_err(|error: Error| bad(one_line(error)))?;
            let layers = entry.layers.iter().map(|contents| layer(&entry.model, contents));
            let layers = layers.collect::<Result<Vec<_>>>()?;
            models.push(ModelFeatures { model, epoch: entry.epoch, predicted: entry.predicted, layers });
        }
        Ok(FeatureRecord {
            image: contents.image,
            label: contents.label,
            size: [height, width],
            pixels: image.data.iter().map(|&pixel| pixel as u8).collect(),
            models,
        })
    }

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

/// A tensor of the file.
struct TensorValues {
    shape: Vec<usize>,
    data: Vec<f32>,
}

impl TensorValues {
    /// What stands at position `i` of the first of three axes.
    fn of(&self, i: usize) -> Vec<f32> {
        let each = self.shape[1] * self.shape[2];
        self.data[i * each..(i + 1) * each].to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
