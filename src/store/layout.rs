//! The files of a run's directory, and their names.

use crate::model::{Configuration, ModelId};
use crate::record::answers;

/// A row an epoch of every model: [`crate::record::EpochRow`].
pub const METRICS: &str = "metrics.csv";
/// A row a training step of every model: [`crate::record::StepRow`].
pub const STEPS: &str = "steps.csv";
/// A row a layer of every network: [`crate::record::ShapeRow`].
pub const SHAPES: &str = "shapes.csv";
/// What was run, on what, and how it ended: [`crate::record::RunRecord`].
pub const RUN: &str = "run.json";
/// A row a finished model: [`crate::record::ModelRow`].
pub const MODELS: &str = "models.csv";
/// Accuracy on shifted images: [`crate::record::ShiftRow`].
pub const SHIFTS: &str = "shifts.csv";
/// Accuracy without the pixels that another network cannot read: [`crate::record::BlankedRow`].
pub const BLANKED: &str = "blanked.csv";
/// Variation of feature maps: [`crate::record::SmoothnessRow`].
pub const SMOOTHNESS: &str = "smoothness.csv";
/// Norms of gradients during training: [`crate::record::GradientRow`].
pub const GRADIENTS: &str = "gradients.csv";
/// What classifying images costs: [`crate::record::InferenceRow`].
pub const INFERENCE: &str = "inference.csv";
/// Ink by ring and class: [`crate::record::InkRow`].
pub const INK: &str = "ink.csv";
/// Ink that a network cannot read: [`crate::record::UncoveredInkRow`].
pub const UNCOVERED_INK: &str = "uncovered_ink.csv";
/// The verdicts on the tutorial's claims: [`crate::record::ClaimRow`].
pub const CLAIMS_CSV: &str = "claims.csv";
/// The same with all that they rest on.
pub const CLAIMS_JSON: &str = "claims.json";
/// The same as a table to read.
pub const CLAIMS_MD: &str = "claims.md";
/// The page that shows all of it.
pub const REPORT: &str = "report.html";
/// What trained models come to on a set of images: [`crate::record::EvaluationRow`].
pub const EVALUATION: &str = "evaluation.csv";
/// Folder of what each model says of the test images.
pub const PREDICTIONS: &str = "predictions";
/// The labels of the test images, in [`PREDICTIONS`].
pub const LABELS: &str = "labels.safetensors";
/// Folder of the trained weights.
pub const WEIGHTS: &str = "weights";
/// Folder of the checkpoints of models that are not finished; a finished run has none.
pub const CHECKPOINTS: &str = "checkpoints";
/// Folder of the figures.
pub const FIGURES: &str = "figures";
/// A row a pass of every layer: what a benchmark measured.
pub const COST: &str = "cost.csv";
/// All of a benchmark: [`crate::record::BenchRecord`].
pub const BENCH: &str = "bench.json";
/// What a few filters make of one test image: [`crate::record::FeatureRecord`].
pub const FEATURES: &str = "features.safetensors";
/// A benchmark's figure, without the ending.
pub const COST_FIGURE: &str = "cost";

/// Figures of a run, without the ending.
const RUN_FIGURES: [&str; 4] = ["accuracy", "loss", "sample", "features"];
/// Endings of a figure's files: pixels, and a drawing that is sharp at any size.
pub const FIGURE_ENDINGS: [&str; 2] = ["png", "svg"];

/// `stride1-same-seed0.safetensors`.
pub fn weights_name(model: ModelId) -> String {
    format!("{}.safetensors", model.slug())
}

/// `stride1-same-seed0.safetensors`, in [`PREDICTIONS`].
pub fn predictions_name(model: ModelId) -> String {
    weights_name(model)
}

/// `stride1-same-seed0-step1876.safetensors`: of a group of models by its first one, after so many steps.
pub fn checkpoint_name(first: ModelId, step: u32) -> String {
    format!("{}-step{step}.safetensors", first.slug())
}

/// The first model of a checkpoint's group and the step, by its file's name.
pub(super) fn checkpoint_group(name: &str) -> Option<(ModelId, u32)> {
    let (model, step) = name.strip_suffix(".safetensors")?.rsplit_once("-step")?;
    let (model, step) = (model.parse().ok()?, step.parse().ok()?);
    (checkpoint_name(model, step) == name).then_some((model, step))
}

/// Whether a run writes a file of this name into [`CHECKPOINTS`].
pub(super) fn is_checkpoint(name: &str) -> bool {
    checkpoint_group(name).is_some()
}

/// `feature_maps_stride1_same`, without the ending.
pub fn feature_maps_name(configuration: Configuration) -> String {
    format!("feature_maps_{}", configuration.slug().replace('-', "_"))
}

/// Whether a run writes a file of this name into its directory.
pub(super) fn is_run_file(name: &str) -> bool {
    let tables =
        [METRICS, STEPS, SHAPES, MODELS, SHIFTS, BLANKED, SMOOTHNESS, GRADIENTS, INFERENCE, INK, UNCOVERED_INK];
    let others = [RUN, FEATURES, CLAIMS_CSV, CLAIMS_JSON, CLAIMS_MD, REPORT, EVALUATION];
    others.contains(&name) || tables.contains(&name) || answers::FILES.contains(&name)
}

/// Whether a run writes a file of this name into [`WEIGHTS`].
pub(super) fn is_weights(name: &str) -> bool {
    let model = name.strip_suffix(".safetensors").and_then(|slug| slug.parse::<ModelId>().ok());
    model.is_some_and(|model| weights_name(model) == name)
}

/// Whether a run writes a file of this name into [`PREDICTIONS`].
pub(super) fn is_predictions(name: &str) -> bool {
    name == LABELS || is_weights(name)
}

/// Whether a run writes a file of this name into [`FIGURES`].
pub(super) fn is_figure(name: &str) -> bool {
    let Some(stem) = figure_stem(name) else { return false };
    let slug = stem.strip_prefix("feature_maps_").map(|slug| slug.replace('_', "-"));
    let configuration = slug.and_then(|slug| slug.parse::<Configuration>().ok());
    RUN_FIGURES.contains(&stem)
        || answers::FIGURES.contains(&stem)
        || configuration.is_some_and(|c| feature_maps_name(c) == stem)
}

/// Whether a benchmark writes a file of this name into [`FIGURES`].
pub(super) fn is_cost_figure(name: &str) -> bool {
    figure_stem(name) == Some(COST_FIGURE)
}

/// The name of a figure's file without its ending.
fn figure_stem(name: &str) -> Option<&str> {
    let (stem, ending) = name.rsplit_once('.')?;
    FIGURE_ENDINGS.contains(&ending).then_some(stem)
}
