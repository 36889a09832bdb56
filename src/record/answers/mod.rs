//! Tables of answers: what [`crate::analysis`] makes of the records of a run, a file each.

mod blanked_accuracy;
mod class_accuracy;
mod confusion;
mod cost_summary;
mod coverage;
mod difference;
mod disputed;
mod gap;
mod shift_accuracy;
mod single_models;
mod variance_split;

pub use blanked_accuracy::BlankedAccuracyRow;
pub use class_accuracy::ClassAccuracyRow;
pub use confusion::ConfusionRow;
pub use cost_summary::CostSummaryRow;
pub use coverage::CoverageRow;
pub use difference::DifferenceRow;
pub use disputed::DisputedRow;
pub use gap::GapRow;
pub use shift_accuracy::ShiftAccuracyRow;
pub use single_models::SingleModelsRow;
pub use variance_split::VarianceSplitRow;

/// How often each pixel can reach the classifier: [`CoverageRow`].
pub const COVERAGE: &str = "coverage.csv";
/// Accuracy by class: [`ClassAccuracyRow`].
pub const CLASS_ACCURACY: &str = "class_accuracy.csv";
/// Confusion matrices: [`ConfusionRow`].
pub const CONFUSION: &str = "confusion.csv";
/// Accuracy on shifted images over seeds: [`ShiftAccuracyRow`].
pub const SHIFT_ACCURACY: &str = "shift_accuracy.csv";
/// Accuracy without some pixels against that with them: [`BlankedAccuracyRow`].
pub const BLANKED_ACCURACY: &str = "blanked_accuracy.csv";
/// Images on which the models disagree most: [`DisputedRow`].
pub const DISPUTED: &str = "disputed.csv";
/// Networks that differ in stride and padding alone, in pairs: [`DifferenceRow`].
pub const DIFFERENCES: &str = "differences.csv";
/// Training less validation accuracy: [`GapRow`].
pub const GAP: &str = "gap.csv";
/// What a network costs, and what it achieves: [`CostSummaryRow`].
pub const COST_SUMMARY: &str = "cost_summary.csv";

/// Where the variance between seeds comes from: [`VarianceSplitRow`].
pub const VARIANCE_SPLIT: &str = "variance_split.csv";
/// Single models on the same images: [`SingleModelsRow`].
pub const MCNEMAR: &str = "mcnemar.csv";

/// All of these files.
pub const FILES: [&str; 11] = [
    COVERAGE,
    CLASS_ACCURACY,
    CONFUSION,
    SHIFT_ACCURACY,
    BLANKED_ACCURACY,
    DISPUTED,
    DIFFERENCES,
    GAP,
    COST_SUMMARY,
    VARIANCE_SPLIT,
    MCNEMAR,
];

/// Figures of the answers, by the names of their files without what follows the dot.
pub const FIGURES: [&str; 14] = [
    "coverage",
    "ink_by_ring",
    "uncovered_ink",
    "class_accuracy",
    "confusion",
    "shift_accuracy",
    "blanked_accuracy",
    "disputed",
    "smoothness",
    "gradient_norms",
    "gap",
    "accuracy_cost",
    "final_accuracy",
    "differences",
];
