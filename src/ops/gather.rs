//! A batch of the dataset: `x[i, p] = image[order[start + i], p] / 255`, `label[i]` likewise.
//!
//! `start` and the active count `n` come from the step record; rows `i ≥ n` are filled with zeros,
//! so that a short batch runs through the same plan.

use super::{Operand, View};

/// Copies `n` samples, in the order of a permutation, into a batch of `capacity` rows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gather {
    /// Rows of the batch.
    pub capacity: usize,
    /// Pixels of an image, `H·W·C`.
    pub pixels: usize,
    /// All images as bytes, `[samples, pixels]`; shared by replicas.
    pub images: View,
    /// All labels, `[samples]`; shared by replicas.
    pub labels: View,
    /// Sample indices in the order of use.
    pub order: View,
    /// Out: `[capacity, pixels]`, in `[0, 1]`.
    pub x: View,
    /// Out: `[capacity]`, the class of each row.
    pub label: View,
}

impl Gather {
    /// Of the dataset and its order, one run touches one batch.
    pub(crate) fn operands(&self) -> Vec<Operand> {
        vec![
            Operand::read("images", self.images).touching(self.capacity.saturating_mul(self.pixels)),
            Operand::read("labels", self.labels).touching(self.capacity),
            Operand::read("order", self.order).touching(self.capacity),
            Operand::write("x", self.x),
            Operand::write("label", self.label),
        ]
    }
}
