//! What a trained model makes of the image that is drawn.

use stridelab::data::{Dataset, Split};
use stridelab::error::one_line;
use stridelab::model::{ModelId, Pooling};
use stridelab::record::{FeatureRecord, LayerFeatures, ModelFeatures};
use stridelab::report::text::counted;
use stridelab::train::TrainedModel;
use stridelab::{Error, Result};

use crate::args::FigureArgs;

/// The image that is asked for, and no features yet.
///
/// # Errors
/// [`Error::Usage`] where the test set has no such image.
pub(super) fn record(args: &FigureArgs, data: &Dataset) -> Result<FeatureRecord> {
    let Split { count, height, width, .. } = data.test;
    if args.image >= count {
        let what = format!("--image {}: {} has {}", args.image, one_line(&data.name), counted(count, "test image"));
        return Err(Error::usage(what).advice(format!("choose from 0 to {}", count - 1)));
    }
    Ok(FeatureRecord {
        image: args.image,
        label: data.test.labels[args.image],
        size: [height, width],
        pixels: data.test.image(args.image).to_vec(),
        models: Vec::new(),
    })
}

/// The features of a model after so many epochs. Layers that its network does not have are left out.
///
/// # Errors
/// [`Error::Failure`] where the backend fails.
pub(super) async fn of_model(
    args: &FigureArgs,
    data: &Dataset,
    id: ModelId,
    epoch: u32,
    model: &mut TrainedModel<'_>,
) -> Result<ModelFeatures> {
    let image = data.test.image(args.image);
    let predicted = model.evaluate(&data.test.range(args.image..args.image + 1)).await?.predicted[0];
    let weights = model.weights().await?;
    let mut layers: Vec<LayerFeatures> = Vec::new();
    for layer in &args.layer {
        let has_it = id.configuration.pool != Pooling::None || !layer.is_pool();
        let known = layers.iter().any(|known| known.layer == layer.name());
        let weight = weights.iter().find(|tensor| tensor.name == layer.weight());
        if let Some(weight) = weight.filter(|_| has_it && !known) {
            let maps = model.features(layer.name(), image).await?;
            layers.push(LayerFeatures::of(layer.name(), maps.shape, &maps.data, weight, &args.filters.0));
        }
    }
    Ok(ModelFeatures { model: id, epoch, predicted, layers })
}
