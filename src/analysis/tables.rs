//! All tables of answers at once, and what is missing for the rest.

use std::collections::BTreeSet;
use std::fmt::{self, Display};

use super::blanked::blanked_accuracy;
use super::by_configuration::{configurations, judged};
use super::classes::{class_accuracy, confusion};
use super::cost::cost_summary;
use super::coverage::{Coverage, coverage_rows};
use super::differences::differences;
use super::disputed::{DisputedImage, disputed, disputed_rows};
use super::gap::gap;
use super::ink;
use super::shifts::shift_accuracy;
use super::test_set::{single_models, variance_splits};
use crate::data::Dataset;
use crate::error::Result;
use crate::model::{Configuration, Network};
use crate::record::{
    BlankedAccuracyRow, ClassAccuracyRow, ConfusionRow, CostSummaryRow, CoverageRow, DifferenceRow, DisputedRow,
    GapRow, InkRow, Row, ShiftAccuracyRow, SingleModelsRow, Status, StudyRecords, UncoveredInkRow, VarianceSplitRow,
    answers,
};

/// Images that `disputed.csv` has.
const DISPUTED: usize = 100;

/// What the records of a study answer. A table whose records are missing has no rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StudyTables {
    /// `coverage.csv`.
    pub coverage: Vec<CoverageRow>,
    /// `ink.csv`, from the records or, where these have none, from the images.
    pub ink: Vec<InkRow>,
    /// `uncovered_ink.csv`, likewise.
    pub uncovered_ink: Vec<UncoveredInkRow>,
    /// `class_accuracy.csv`.
    pub class_accuracy: Vec<ClassAccuracyRow>,
    /// `confusion.csv`.
    pub confusion: Vec<ConfusionRow>,
    /// `shift_accuracy.csv`.
    pub shift_accuracy: Vec<ShiftAccuracyRow>,
    /// `blanked_accuracy.csv`.
    pub blanked_accuracy: Vec<BlankedAccuracyRow>,
    /// The images of `disputed.csv`.
    pub disputed: Vec<DisputedImage>,
    /// `differences.csv`.
    pub differences: Vec<DifferenceRow>,
    /// `gap.csv`.
    pub gap: Vec<GapRow>,
    /// `cost_summary.csv`.
    pub cost_summary: Vec<CostSummaryRow>,
    /// `variance_split.csv`, of configurations with several seeds.
    pub variance_split: Vec<VarianceSplitRow>,
    /// `mcnemar.csv`, of configurations with one.
    pub single_models: Vec<SingleModelsRow>,
    /// What the records do not hold, and so no table answers.
    pub missing: Vec<MissingAnswer>,
}

/// Takes tables, whatever they have rows of.
pub trait TableSink {
    /// Takes the table of that file name.
    ///
    /// # Errors
    /// Those of whoever takes it.
    fn table<R: Row>(&mut self, file: &'static str, rows: &[R]) -> Result<()>;
}

impl StudyTables {
    /// Hands on every table of [`answers::FILES`] that has rows. `ink.csv` and `uncovered_ink.csv` are records, and not
    /// among them.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn each(&self, sink: &mut impl TableSink) -> Result<()> {
        fn hand_on<R: Row>(sink: &mut impl TableSink, file: &'static str, rows: &[R]) -> Result<()> {
            if rows.is_empty() { Ok(()) } else { sink.table(file, rows) }
        }
        let disputed: Vec<DisputedRow> = disputed_rows(&self.disputed);
        hand_on(sink, answers::COVERAGE, &self.coverage)?;
        hand_on(sink, answers::CLASS_ACCURACY, &self.class_accuracy)?;
        hand_on(sink, answers::CONFUSION, &self.confusion)?;
        hand_on(sink, answers::SHIFT_ACCURACY, &self.shift_accuracy)?;
        hand_on(sink, answers::BLANKED_ACCURACY, &self.blanked_accuracy)?;
        hand_on(sink, answers::DISPUTED, &disputed)?;
        hand_on(sink, answers::DIFFERENCES, &self.differences)?;
        hand_on(sink, answers::GAP, &self.gap)?;
        hand_on(sink, answers::COST_SUMMARY, &self.cost_summary)?;
        hand_on(sink, answers::VARIANCE_SPLIT, &self.variance_split)?;
        hand_on(sink, answers::MCNEMAR, &self.single_models)
    }
}

/// Something that the records do not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MissingAnswer {
    /// No model was trained to the end.
    Models,
    /// The run says that models are finished, and none is there.
    LostModels,
    /// No predictions of the test images.
    Predictions,
    /// A single model, which cannot disagree.
    OtherModels,
    /// No `shapes.csv`.
    Shapes,
    /// No `shifts.csv`.
    Shifts,
    /// No `blanked.csv`.
    Blanked,
    /// No `smoothness.csv`.
    Smoothness,
    /// No `gradients.csv`.
    Gradients,
    /// No `inference.csv`.
    Inference,
    /// No images at hand.
    Images,
    /// The images at hand are not those of the run.
    OtherImages,
}

/// What is missing, what that leaves out, and which command would give it, in one line.
impl Display for MissingAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            MissingAnswer::Models => {
                "no finished model: accuracy is not known; `--resume` with the run's directory trains on"
            }
            MissingAnswer::LostModels => {
                "no finished model in a finished run: accuracy is not known; put its models.csv back, or train it anew"
            }
            MissingAnswer::Predictions => {
                "no predictions: accuracy by class, confusions and disputed digits are not known; training stores them"
            }
            MissingAnswer::OtherModels => {
                "one model alone disagrees with nobody: disputed digits need `--seeds 2` or another configuration"
            }
            MissingAnswer::Shapes => "no shapes.csv: parameters and multiply-accumulates are not known",
            MissingAnswer::Shifts => "no shifts.csv: `stridelab study` measures accuracy on shifted images",
            MissingAnswer::Blanked => "no blanked.csv: `stridelab study` measures accuracy without uncovered pixels",
            MissingAnswer::Smoothness => "no smoothness.csv: `stridelab study` measures the smoothness of feature maps",
            MissingAnswer::Gradients => "no gradients.csv: training with `--log-gradients 50` measures norms of gradients",
            MissingAnswer::Inference => "no inference.csv: `stridelab study` measures speed and memory of classification",
            MissingAnswer::Images => "no images at hand: ink, coverage and disputed digits need `--data` with those of the run",
            MissingAnswer::OtherImages => {
                "the images at hand are not those of the run: ink, coverage and disputed digits need `--data` with its own"
            }
        })
    }
}

/// Every answer that the records give. `data` is the whole data set that the models were trained on; where it is
/// another one, its images are not used.
pub fn tables(records: &StudyRecords, data: Option<&Dataset>) -> StudyTables {
    let mut missing = BTreeSet::new();
    let mut lack = |is_missing: bool, what: MissingAnswer| is_missing && missing.insert(what);
    // Nothing is left to train on of a run that has finished.
    let is_finished = records.run.status == Status::Finished;
    lack(records.models.is_empty() && !is_finished, MissingAnswer::Models);
    lack(records.models.is_empty() && is_finished, MissingAnswer::LostModels);
    let judged = judged(records).count();
    lack(judged == 0, MissingAnswer::Predictions);
    lack(judged == 1, MissingAnswer::OtherModels);
    lack(records.shapes.is_empty(), MissingAnswer::Shapes);
    lack(records.shifts.is_empty(), MissingAnswer::Shifts);
    lack(records.blanked.is_empty(), MissingAnswer::Blanked);
    lack(records.smoothness.is_empty(), MissingAnswer::Smoothness);
    lack(records.gradients.is_empty(), MissingAnswer::Gradients);
    lack(records.inference.is_empty(), MissingAnswer::Inference);
    lack(data.is_none(), MissingAnswer::Images);
    let own = data.filter(|data| is_of(records, data));
    lack(data.is_some() && own.is_none(), MissingAnswer::OtherImages);

    let configurations = configurations(records);
    let networks = own.map_or(vec![], |data| networks(data, &configurations));
    StudyTables {
        coverage: networks.iter().flat_map(|(c, network)| coverage_rows(*c, &Coverage::of(network))).collect(),
        ink: if records.ink.is_empty() {
            own.map_or(vec![], |d| rings(d, &configurations))
        } else {
            records.ink.clone()
        },
        uncovered_ink: match own {
            Some(data) if records.uncovered_ink.is_empty() => {
                let rows = networks.iter().filter_map(|(c, network)| ink::uncovered(&data.test, network, *c).ok());
                rows.flatten().collect()
            }
            _ => records.uncovered_ink.clone(),
        },
        class_accuracy: class_accuracy(records),
        confusion: confusion(records),
        shift_accuracy: shift_accuracy(records),
        blanked_accuracy: blanked_accuracy(records),
        disputed: disputed(records, DISPUTED),
        differences: differences(records),
        gap: gap(records),
        cost_summary: cost_summary(records),
        variance_split: variance_splits(records),
        single_models: single_models(records),
        missing: missing.into_iter().collect(),
    }
}

/// Whether a data set is that of the run, by the hashes of its files as far as both name them, and by its test labels.
pub fn is_of(records: &StudyRecords, data: &Dataset) -> bool {
    let hashes = || data.sha256.iter().filter_map(|(file, hash)| Some((records.run.data.sha256.get(file)?, hash)));
    hashes().all(|(run, hash)| run == hash) && (records.labels.is_empty() || records.labels == data.test.labels)
}

/// The networks of the configurations on images of that size; configurations that make none are left out.
fn networks(data: &Dataset, configurations: &[Configuration]) -> Vec<(Configuration, Network)> {
    let image = [data.test.height, data.test.width];
    configurations.iter().filter_map(|&c| Some((c, Network::new(image, c).ok()?))).collect()
}

/// Ink by ring of the whole images and of those that a configuration crops.
fn rings(data: &Dataset, configurations: &[Configuration]) -> Vec<InkRow> {
    let crops: BTreeSet<usize> = configurations.iter().map(|c| c.crop).chain([0]).collect();
    crops.into_iter().filter_map(|crop| ink::by_ring(&data.test, crop).ok()).flatten().collect()
}
