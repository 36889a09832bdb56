//! The file of a [`FeatureRecord`].

use safetensors::tensor::SafeTensors;
use serde::{Deserialize, Serialize};

use super::feature::{FeatureRecord, FilterFeatures, LayerFeatures, ModelFeatures};
use super::format::FORMAT;
use crate::error::{Error, Result, one_line};
use crate::model::ModelId;
use crate::model::tensor::Tensor;
use crate::model::weights::to_bytes;

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
