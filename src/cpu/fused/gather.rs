//! Conversion of a batch of samples to floats, with vector instructions and in parallel. The result is that
//! of the plain twin, bit for bit.

use std::ops::Range;

use crate::cpu::gather;
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::threads::for_each_chunk_pair;
use crate::plan::StepRecord;

/// Samples that one task converts.
const SAMPLES: usize = 8;

/// The data set that a batch is gathered from.
#[derive(Clone, Copy)]
pub(super) struct GatherInputs<'a> {
    /// `[count, pixels]`
    pub images: &'a [u8],
    /// `[count]`
    pub labels: &'a [u32],
    /// `[count]`: which sample comes at which place of the epoch.
    pub order: &'a [u32],
}

/// `x[i, p] = images[order[start + i], p] / 255`, `label[i] = labels[order[start + i]]`, both 0 for `i ≥ n`;
/// `x` is `[capacity, pixels]`, `label` is `[capacity]`.
pub(super) fn forward(
    isa: InstructionSet,
    record: &StepRecord,
    inputs: GatherInputs<'_>,
    x: &mut [f32],
    label: &mut [u32],
) {
    let GatherInputs { images, labels, order } = inputs;
    let pixels = x.len() / label.len();
    for_each_chunk_pair(x, pixels * SAMPLES, label, SAMPLES, |task, x, label| {
        let first = (task * SAMPLES) as u32;
        let active = first as usize..record.n.min(first + SAMPLES as u32) as usize;
        load_into_cache(images, pixels, &order[record.start as usize..], active);
        let record = StepRecord { start: record.start + first, n: record.n.saturating_sub(first), ..*record };
        isa.dispatch(
            #[inline(always)]
            || gather::forward(&record, images, labels, order, x, label),
        );
    });
}

/// Reads one byte of nearly every cache line of the samples `order[samples]`.
///
/// The samples of a batch lie at random places of the data set, which is larger than the cache. These reads do
/// not depend on each other, so that their cache misses overlap; the conversion alone would wait for one
/// sample after the other.
fn load_into_cache(images: &[u8], pixels: usize, order: &[u32], samples: Range<usize>) {
    let mut sum = 0u8;
    for i in samples {
        let image = &images[order[i] as usize * pixels..][..pixels];
        sum = image.iter().step_by(64).fold(sum, |sum, &byte| sum ^ byte);
    }
    std::hint::black_box(sum);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::fused::test_support::instruction_sets;

    /// The bits are those of the plain twin, also where the last rows are inactive.
    #[test]
    fn samples_are_converted_as_by_the_plain_twin() {
        let pixels = 33;
        let capacity = 21;
        let images: Vec<u8> = (0..pixels * 40).map(|i| (i * 7 % 256) as u8).collect();
        let labels: Vec<u32> = (0..40).map(|i| i % 10).collect();
        let order: Vec<u32> = (0..40).map(|i| i * 11 % 40).collect();
        let inputs = GatherInputs { images: &images, labels: &labels, order: &order };
        for n in [0, 3, 8, 21] {
            // The last batch of an epoch: no sample comes after it, and it has the data set's last.
            let record = StepRecord { start: 40 - n, n, alpha: 0.0, out: 0 };
            let mut want = vec![f32::NAN; pixels * capacity];
            let mut want_label = vec![77; capacity];
            gather::forward(&record, &images, &labels, &order, &mut want, &mut want_label);
            assert!(want_label[n as usize..].iter().all(|&class| class == 0), "{n} samples: inactive labels");
            for isa in instruction_sets() {
                let mut x = vec![f32::NAN; pixels * capacity];
                let mut label = vec![77; capacity];
                forward(isa, &record, inputs, &mut x, &mut label);
                assert!(x == want && label == want_label, "{isa:?}, {n} samples");
            }
        }
    }
}
