//! What finished models were asked, a file each.

mod blanked;
mod gradient;
mod inference;
mod shift;
mod smoothness;

pub use blanked::BlankedRow;
pub use gradient::GradientRow;
pub use inference::InferenceRow;
pub use shift::ShiftRow;
pub use smoothness::SmoothnessRow;

/// Everything that was asked of one finished model, or of several.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measures {
    /// Rows of `shifts.csv`.
    pub shifts: Vec<ShiftRow>,
    /// Rows of `blanked.csv`.
    pub blanked: Vec<BlankedRow>,
    /// Rows of `smoothness.csv`.
    pub smoothness: Vec<SmoothnessRow>,
}

impl Measures {
    /// The rows of several models, one model after the other.
    pub fn all<'a>(of_models: impl Iterator<Item = &'a Measures>) -> Measures {
        of_models.fold(Measures::default(), |mut all, of_model| {
            all.shifts.extend_from_slice(&of_model.shifts);
            all.blanked.extend_from_slice(&of_model.blanked);
            all.smoothness.extend_from_slice(&of_model.smoothness);
            all
        })
    }
}
