//! `stridelab predict`: what the networks of a run make of a user's images.

mod images;
mod show;

use stridelab::cpu;
use stridelab::model::tensor::Tensor;
use stridelab::record::{LayerFeatures, ModelFeatures, ModelOpinion};
use stridelab::report::text::counted;
use stridelab::train::Trainer;
use stridelab::{Result, data::Split};

use super::one_device;
use super::trained::{self, ModelGroup, StoredModel, TrainedRun};
use crate::args::{LayerChoice, PredictArgs, TuningChoice};
use crate::device;
use crate::terminal::print;
use images::SeenImage;

/// The layers that are shown unless others are asked for.
const LAYERS: [LayerChoice; 2] = [LayerChoice::Conv1, LayerChoice::Conv2];
/// Filters that are shown unless others are asked for.
const FILTERS: usize = 6;

/// What all models make of one image.
#[derive(Default)]
struct Opinions {
    models: Vec<ModelOpinion>,
    /// Epochs of the training of each model, where its file says it.
    epochs: Vec<Option<u32>>,
    /// Maps of the first model of each configuration.
    features: Vec<ModelFeatures>,
}

/// Reads, prepares, asks, shows. Every image gets its prediction or one line of error.
pub(crate) fn run(args: &PredictArgs) -> Result<()> {
    one_device(args.backend, args.adapter.as_deref(), &TuningChoice::Kept)?;
    let run = trained::open(&args.run, args.seed)?;
    let (images, failed) = images::read(args, &run)?;
    if images.is_empty() {
        return failed.map_or(Ok(()), Err);
    }
    cpu::start_threads()?;
    let (backend, why) = device::open(args.backend, args.adapter.as_deref(), &TuningChoice::Kept, "predicting")?;
    log::debug!("{why}, {}", counted(images.len(), "image"));
    let probe =
        Split { images: images[0].pixels.clone(), labels: vec![0], count: 1, height: run.size[0], width: run.size[1] };
    let mut all: Vec<Opinions> = images.iter().map(|_| Opinions::default()).collect();
    let shows_maps = if args.json { !args.layer.is_empty() || args.filters.is_some() } else { show::takes_maps() };
    for group in &run.groups {
        let mut trainer = pollster::block_on(Trainer::to_ask(&backend, &group.network, &probe, run.fuse))?;
        let mut first = shows_maps;
        run.each(group, |StoredModel { id, weights }| {
            trainer.set_weights(0, &weights.tensors)?;
            for (image, opinions) in images.iter().zip(&mut all) {
                let probabilities = pollster::block_on(trainer.probabilities(&image.pixels, 0))?;
                if first {
                    let layers = layers(args, group, &mut trainer, image, &weights.tensors)?;
                    let epoch = weights.epoch.unwrap_or_default();
                    opinions.features.push(ModelFeatures { model: id, epoch, predicted: 0, layers });
                }
                opinions.models.push(ModelOpinion { model: id, probabilities });
                opinions.epochs.push(weights.epoch);
            }
            first = false;
            Ok(())
        })?;
    }
    device::keep_compiled(&backend);
    if all[0].models.is_empty() {
        return Err(run.nothing());
    }
    for (i, (image, opinions)) in images.iter().zip(&all).enumerate() {
        let text = if args.json { show::json(image, opinions) } else { show::text(args, image, opinions) };
        let separator = if i > 0 && !args.json { "\n" } else { "" };
        print(&format!("{separator}{text}"))?;
    }
    failed.map_or(Ok(()), Err)
}

/// The maps of the layers and filters that are asked for.
fn layers(
    args: &PredictArgs,
    group: &ModelGroup,
    trainer: &mut Trainer,
    image: &SeenImage,
    weights: &[Tensor],
) -> Result<Vec<LayerFeatures>> {
    let filters = args.filters.as_ref().map_or_else(|| (0..FILTERS).collect(), |filters| filters.0.clone());
    let asked = if args.layer.is_empty() { &LAYERS[..] } else { &args.layer[..] };
    let mut layers: Vec<LayerFeatures> = Vec::new();
    for layer in asked {
        let known = layers.iter().any(|known| known.layer == layer.name());
        // A network without pooling lacks those layers.
        let has_it = group.network.layer(layer.name()).is_some();
        let weight = weights.iter().find(|tensor| tensor.name == layer.weight());
        if let Some(weight) = weight.filter(|_| has_it && !known) {
            let maps = pollster::block_on(trainer.features(layer.name(), &image.pixels, 0))?;
            layers.push(LayerFeatures::of(layer.name(), maps.shape, &maps.data, weight, &filters));
        }
    }
    Ok(layers)
}
