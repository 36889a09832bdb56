//! Figures of a study, one file each: what [`crate::analysis`] answers from the records of many models.
//!
//! [`figures`] draws all that the records allow. A configuration looks the same in all of them, and each says at its
//! foot what was run.

mod accuracy_cost;
mod blanked_accuracy;
mod class_accuracy;
mod confusion;
mod coverage;
mod differences;
mod disputed;
mod final_accuracy;
mod frame;
mod gap;
mod gradient_norms;
mod ink;
mod shift_accuracy;
mod smoothness;

use crate::analysis::{StudyTables, is_of};
use crate::data::Dataset;
use crate::record::StudyRecords;
use crate::record::answers::FIGURES;
use frame::StudyView;

/// A figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyFigure {
    /// The name of its file, one of [`FIGURES`], without what follows the dot.
    pub name: &'static str,
    /// The drawing.
    pub svg: String,
}

/// What was run, and how it ended, in a line below a figure.
pub fn caption(records: &StudyRecords) -> String {
    frame::caption_of(records)
}

/// Every figure that the records and their tables allow. `data` is as for [`tables`](crate::analysis::tables()).
pub fn figures(records: &StudyRecords, tables: &StudyTables, data: Option<&Dataset>) -> Vec<StudyFigure> {
    let data = data.filter(|data| is_of(records, data));
    let study = StudyView::new(records, tables, data.map(|data| &data.test));
    let drawn = [
        coverage::coverage(&study),
        ink::by_ring(&study),
        ink::uncovered(&study),
        class_accuracy::class_accuracy(&study),
        confusion::confusion(&study),
        shift_accuracy::shift_accuracy(&study),
        blanked_accuracy::blanked_accuracy(&study),
        disputed::disputed(&study),
        smoothness::smoothness(&study),
        gradient_norms::gradient_norms(&study),
        gap::gap(&study),
        accuracy_cost::accuracy_cost(&study),
        final_accuracy::final_accuracy(&study),
        differences::differences(&study),
    ];
    FIGURES.into_iter().zip(drawn).filter_map(|(name, svg)| Some(StudyFigure { name, svg: svg? })).collect()
}
