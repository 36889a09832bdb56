//! Samples to floats in vectors, on all cores; the same bits as the plain one.

use super::machine::Machine;
use crate::cpu::{for_each_two, gather};
use crate::plan::StepRecord;

/// Samples of one task.
const SAMPLES: usize = 8;

/// `x[i, p] = images[order[start + i], p] / 255`, `label[i]` likewise; zeros for `i ≥ n`. `images` are
/// `[count, pixels]`, `x` `[capacity, pixels]`.
pub fn forward(
    machine: Machine,
    record: &StepRecord,
    images: &[u8],
    (labels, order): (&[u32], &[u32]),
    x: &mut [f32],
    label: &mut [u32],
) {
    let pixels = x.len() / label.len();
    for_each_two(x, pixels * SAMPLES, label, SAMPLES, |task, x, label| {
        let first = (task * SAMPLES) as u32;
        touch(
            images,
            pixels,
            &order[record.start as usize..],
            first as usize..record.n.min(first + SAMPLES as u32) as usize,
        );
        let record = StepRecord { start: record.start + first, n: record.n.saturating_sub(first), ..*record };
        machine.dispatch(
            #[inline(always)]
            || gather::forward(&record, images, labels, order, x, label),
        );
    });
}

/// Reads a byte of nearly every cache line of some samples, which lie anywhere: so all of them are on their way
/// from memory together, where their conversion would wait for one after the other.
fn touch(images: &[u8], pixels: usize, order: &[u32], samples: std::ops::Range<usize>) {
    let mut sum = 0u8;
    for i in samples {
        let image = &images[order[i] as usize * pixels..][..pixels];
        sum = image.iter().step_by(64).fold(sum, |sum, &byte| sum ^ byte);
    }
    std::hint::black_box(sum);
}
