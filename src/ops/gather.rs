//! A batch of the dataset: `x[i, p] = image[order[start + i], p] / 255`, `label[i]` likewise.
//!
//! `start` and the active count `n` come from the step record; rows `i ≥ n` are filled with zeros,
//! so that a short batch runs through the same plan.

use super::{Grid, Kernel, View, constants, operand};

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
    pub(super) fn kernel(&self) -> Kernel {
        Kernel {
            shader: "gather",
            entry: "forward",
            constants: constants([("CAPACITY", self.capacity), ("PIXELS", self.pixels)]),
            operands: vec![
                operand("images", self.images),
                operand("labels", self.labels),
                operand("order", self.order),
                operand("x", self.x),
                operand("label", self.label),
            ],
            grid: Grid::elements(self.capacity * self.pixels),
        }
    }
}
