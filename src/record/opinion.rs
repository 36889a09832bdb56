//! What one model makes of one image.

use crate::model::ModelId;

/// The probability that a model gives to each class.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelOpinion {
    /// The model.
    pub model: ModelId,
    /// By class, 0 to 1.
    pub probabilities: Vec<f64>,
}
