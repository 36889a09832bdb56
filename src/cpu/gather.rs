//! The plain twin of the shader `gather`. The equations stand in [`crate::ops::gather`].

use crate::plan::StepRecord;

/// `x[i, p] = images[order[start + i], p] / 255`, `label[i] = labels[order[start + i]]`, both 0 for `i ≥ n`.
#[inline(always)] // compiled into the fused kernel with its vector instructions
pub fn forward(record: &StepRecord, images: &[u8], labels: &[u32], order: &[u32], x: &mut [f32], label: &mut [u32]) {
    let pixels = x.len() / label.len();
    for (i, (row, class)) in x.chunks_exact_mut(pixels).zip(label).enumerate() {
        if i < record.n as usize {
            let sample = order[record.start as usize + i] as usize;
            let image = &images[sample * pixels..][..pixels];
            row.iter_mut().zip(image).for_each(|(x, &byte)| *x = f32::from(byte) / 255.0);
            *class = labels[sample];
        } else {
            row.fill(0.0);
            *class = 0;
        }
    }
}
