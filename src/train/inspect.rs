//! What a model makes of images: of any set of them, or of one, layer by layer.

use std::ops::Range;

use super::results::Results;
use super::{ModelState, Trainer};
use crate::data::{Split, crop};
use crate::error::{Error, Result};
use crate::model::Network;
use crate::model::network::Layer;
use crate::model::tensor::Tensor;
use crate::plan::{StepRecord, View, upload};

/// Feature maps of one layer on one image, `[H, W, C]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Height, width, channels.
    pub shape: [usize; 3],
    /// Values after ReLU, row-major.
    pub data: Vec<f32>,
}

/// What a model came to on a set of samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluation {
    /// Mean cross-entropy.
    pub loss: f64,
    /// Share of samples whose predicted class is their label, 0 to 1.
    pub accuracy: f64,
    /// Predicted class of each sample, in the order of the set.
    pub predicted: Vec<u8>,
    /// Cross-entropy of each sample: `−ln p` of its label.
    pub losses: Vec<f32>,
}

impl Evaluation {
    pub(super) fn new(losses: Vec<f32>, predicted: Vec<u8>, labels: &[u8]) -> Self {
        let sum: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();
        let correct = predicted.iter().zip(labels).filter(|(class, label)| class == label).count();
        let samples = labels.len() as f64;
        Evaluation { loss: sum / samples, accuracy: correct as f64 / samples, predicted, losses }
    }
}

/// One model of a trainer, to be asked about: what [`crate::study::Journal::trained`] receives.
pub struct TrainedModel<'a> {
    trainer: &'a mut Trainer,
    replica: usize,
    /// What has been read back already.
    weights: Option<Vec<Tensor>>,
}

impl TrainedModel<'_> {
    /// The trained tensors.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails, as for all that follow.
    pub async fn weights(&self) -> Result<Vec<Tensor>> {
        match &self.weights {
            Some(weights) => Ok(weights.clone()),
            None => self.trainer.weights(self.replica).await,
        }
    }

    /// Everything that further training would start from.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub async fn state(&self) -> Result<ModelState> {
        self.trainer.state(self.replica).await
    }

    /// The output of `layer` on one image; see [`Trainer::features`].
    ///
    /// # Errors
    /// As there.
    pub async fn features(&mut self, layer: &str, image: &[u8]) -> Result<Features> {
        self.trainer.features(layer, image, self.replica).await
    }

    /// Loss, accuracy and predictions on a set of images; see [`Trainer::evaluate`].
    ///
    /// # Errors
    /// As there.
    pub async fn evaluate(&mut self, split: &Split) -> Result<Evaluation> {
        self.trainer.evaluate(split, self.replica).await
    }
}

/// All models of a trainer, to be asked about together: a backend computes every replica in the same steps.
pub struct TrainedGroup<'a> {
    trainer: &'a mut Trainer,
}

impl TrainedGroup<'_> {
    /// The network.
    pub fn network(&self) -> &Network {
        self.trainer.network()
    }

    /// What each model comes to on a set of images of the network's size. `go_on(samples done)` is asked now and then.
    ///
    /// # Errors
    /// As [`Trainer::evaluate`]; [`Error::Interrupted`] where `go_on` said no.
    pub async fn evaluate(&mut self, split: &Split, go_on: &mut dyn FnMut(usize) -> bool) -> Result<Vec<Evaluation>> {
        let replicas = 0..self.trainer.options.seeds.len();
        self.trainer.evaluate_replicas(split, replicas, go_on).await
    }

    /// The outputs of `layers` on one image, by model and layer; see [`Trainer::features`].
    ///
    /// # Errors
    /// As there.
    pub async fn features(&mut self, layers: &[&str], image: &[u8]) -> Result<Vec<Vec<Features>>> {
        self.trainer.run_features(image).await?;
        let mut all = Vec::new();
        for replica in 0..self.trainer.options.seeds.len() {
            let mut of_model = Vec::new();
            for layer in layers {
                of_model.push(self.trainer.read_features(layer, replica).await?);
            }
            all.push(of_model);
        }
        Ok(all)
    }
}

impl Trainer {
    /// A handle for all models.
    pub fn group(&mut self) -> TrainedGroup<'_> {
        TrainedGroup { trainer: self }
    }

    /// A handle for the model of one replica.
    ///
    /// # Panics
    /// Where there are not so many replicas.
    pub fn model(&mut self, replica: usize) -> TrainedModel<'_> {
        assert!(replica < self.options.seeds.len(), "no replica {replica}");
        TrainedModel { trainer: self, replica, weights: None }
    }

    /// [`Trainer::model`] of a model whose weights, these, have been read back.
    ///
    /// # Panics
    /// As there.
    pub(crate) fn model_with(&mut self, replica: usize, weights: Vec<Tensor>) -> TrainedModel<'_> {
        TrainedModel { weights: Some(weights), ..self.model(replica) }
    }

    /// The output of `layer` after ReLU on one image of the data's size, pixels 0 to 255, as `[H, W, C]`. The image is
    /// cropped as those were that the model was trained on.
    ///
    /// # Errors
    /// [`Error::Usage`] for an unknown layer, or an image of another size; [`Error::Failure`] where the backend
    /// fails.
    pub async fn features(&mut self, layer: &str, image: &[u8], replica: usize) -> Result<Features> {
        self.activation(layer)?;
        self.run_features(image).await?;
        self.read_features(layer, replica).await
    }

    /// Where the output of a layer lies, and its shape.
    fn activation(&self, layer: &str) -> Result<Activation> {
        let activations = &self.training.plan.programs[self.training.features.0].activations;
        let view = activations.iter().find(|(name, _)| name == layer).map(|&(_, view)| view);
        let shape = self.network.layer(layer).map(Layer::output);
        let (Some(view), Some(shape)) = (view, shape) else {
            let names: Vec<_> = activations.iter().map(|(name, _)| name.as_str()).collect();
            return Err(Error::usage(format!("the network has no layer {layer:?}, only {}", names.join(", "))));
        };
        Ok(Activation { view, shape })
    }

    /// Runs one image through every replica, its activations readable.
    async fn run_features(&mut self, image: &[u8]) -> Result<()> {
        let program = self.training.features;
        let size = self.network.image();
        let pixels = size[0] * size[1];
        if image.len() != pixels {
            let what = format!("the image has {} pixels, the network takes {pixels}", image.len());
            return Err(Error::usage(what));
        }
        let image = crop(image, size, self.network.crop)?;
        let whole = self.training.plan.whole(self.training.probe.images);
        self.executor.write(View { len: image.len(), ..whole }, 0, &image[..])?;
        self.executor.set_records(program, &[StepRecord { n: 1, ..StepRecord::default() }])?;
        self.executor.run(program, 0..1, &mut |_| true).await
    }

    async fn read_features(&self, layer: &str, replica: usize) -> Result<Features> {
        let Activation { view, shape } = self.activation(layer)?;
        Ok(Features { shape, data: self.executor.read(view, replica).await? })
    }

    /// Runs any set of images of the data's size through the model of one replica, cropped as those were that it was
    /// trained on; nothing is trained.
    ///
    /// # Errors
    /// [`Error::Data`] for images of another size or a label that is no class; [`Error::Failure`] where the
    /// backend fails.
    pub async fn evaluate(&mut self, split: &Split, replica: usize) -> Result<Evaluation> {
        let mut all = self.evaluate_replicas(split, replica..replica + 1, &mut |_| true).await?;
        Ok(all.swap_remove(0))
    }

    /// The same of several replicas, which all take the same steps. `go_on(samples done)` is asked before each.
    pub(super) async fn evaluate_replicas(
        &mut self,
        split: &Split,
        replicas: Range<usize>,
        go_on: &mut dyn FnMut(usize) -> bool,
    ) -> Result<Vec<Evaluation>> {
        split.check(self.network.image(), self.network.classes)?;
        if split.count == 0 {
            return Err(Error::data("a set without images cannot be evaluated"));
        }
        let program = self.training.probe_evaluate;
        let probe = self.training.probe;
        let empty = || Results { losses: Vec::with_capacity(split.count), predicted: Vec::with_capacity(split.count) };
        let mut all: Vec<Results> = replicas.clone().map(|_| empty()).collect();
        for start in (0..split.count).step_by(probe.count) {
            if !go_on(start) {
                return Err(Error::Interrupted);
            }
            let part = split.range(start..(start + probe.count).min(split.count));
            let part = part.crop(self.network.crop)?;
            let executor = &mut self.executor;
            upload::samples(&self.training.plan, probe, &part, |view, bytes| executor.write(view, 0, bytes))?;
            self.executor.set_records(program, &[StepRecord { n: part.count as u32, ..StepRecord::default() }])?;
            self.executor.run(program, 0..1, &mut |_| true).await?;
            for (of_part, results) in self.results(probe, replicas.clone()).await?.into_iter().zip(&mut all) {
                results.losses.extend(&of_part.losses[..part.count]);
                results.predicted.extend(&of_part.predicted[..part.count]);
            }
        }
        let evaluation = |results: Results| Evaluation::new(results.losses, results.predicted, &split.labels);
        Ok(all.into_iter().map(evaluation).collect())
    }
}

/// The output of a layer in the program whose activations are readable.
struct Activation {
    view: View,
    shape: [usize; 3],
}
