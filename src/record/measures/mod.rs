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

/// Everything that was asked of one finished model.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Measures {
    /// Rows of `shifts.csv`.
    pub shifts: Vec<ShiftRow>,
    /// Rows of `blanked.csv`.
    pub blanked: Vec<BlankedRow>,
    /// Rows of `smoothness.csv`.
    pub smoothness: Vec<SmoothnessRow>,
}
