//! The files of a run's directory, and their names.

use crate::model::{Configuration, ModelId};

/// A row an epoch of every model: [`crate::record::EpochRow`].
pub const METRICS: &str = "metrics.csv";
/// A row a training step of every model: [`crate::record::StepRow`].
pub const STEPS: &str = "steps.csv";
/// A row a layer of every network: [`crate::record::ShapeRow`].
pub const SHAPES: &str = "shapes.csv";
/// What was run, on what, and how it ended: [`crate::record::RunRecord`].
pub const RUN: &str = "run.json";
/// Folder of the trained weights.
pub const WEIGHTS: &str = "weights";
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

/// `feature_maps_stride1_same`, without the ending.
pub fn feature_maps_name(configuration: Configuration) -> String {
    format!("feature_maps_{}", configuration.slug().replace('-', "_"))
}

/// Whether a run writes a file of this name into its directory.
pub(super) fn is_run_file(name: &str) -> bool {
    [METRICS, STEPS, SHAPES, RUN, FEATURES].contains(&name)
}

/// Whether a run writes a file of this name into [`WEIGHTS`].
pub(super) fn is_weights(name: &str) -> bool {
    let model = name.strip_suffix(".safetensors").and_then(|slug| slug.parse::<ModelId>().ok());
    model.is_some_and(|model| weights_name(model) == name)
}

/// Whether a run writes a file of this name into [`FIGURES`].
pub(super) fn is_figure(name: &str) -> bool {
    let Some(stem) = figure_stem(name) else { return false };
    let slug = stem.strip_prefix("feature_maps_").map(|slug| slug.replace('_', "-"));
    let configuration = slug.and_then(|slug| slug.parse::<Configuration>().ok());
    RUN_FIGURES.contains(&stem) || configuration.is_some_and(|c| feature_maps_name(c) == stem)
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
