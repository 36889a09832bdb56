//! Samples.

use super::*;
use crate::cpu::fused::gather::forward;

/// The same bits, also where the last samples are missing.
#[test]
fn samples_are_converted_as_the_plain_ones() {
    let (pixels, capacity) = (33, 21);
    let images: Vec<u8> = (0..pixels * 40).map(|i| (i * 7 % 256) as u8).collect();
    let (labels, order): (Vec<u32>, Vec<u32>) = (0..40).map(|i| (i % 10, i * 11 % 40)).unzip();
    for n in [0, 3, 8, 21] {
        let record = StepRecord { start: 5, n, alpha: 0.0, out: 0 };
        let (mut want, mut want_label) = (vec![f32::NAN; pixels * capacity], vec![77; capacity]);
        crate::cpu::gather::forward(&record, &images, &labels, &order, &mut want, &mut want_label);
        for machine in machines() {
            let (mut x, mut label) = (vec![f32::NAN; pixels * capacity], vec![77; capacity]);
            forward(machine, &record, &images, (&labels, &order), &mut x, &mut label);
            assert!(x == want && label == want_label, "{machine:?}, {n} samples");
        }
    }
}
