//! The nonzero gradients of a convolution's outputs, as sparse entries in two orders.
//!
//! At most one of a pool window's four outputs has a gradient in each channel, and none where ReLU cut the
//! maximum. Gradients of weights read the entries by output channel; gradients of the input read them by window
//! and by the output of the window that won.

use std::ops::Range;

use super::max_pool::NONE;
use super::task::BackwardTask;
use crate::cpu::fused::matmul::sparse_entry::SparseEntry;

/// Bits of a count of output channels. The counts of a window's four lists share a 64-bit word.
const BITS: u32 = 12;

/// Most output channels that the lists can hold.
pub(crate) const MOST_CHANNELS: usize = (1 << BITS) - 1;

/// The nonzero gradients of a block of images, or of a strip of windows of one image.
pub(super) struct GradientLists<'a> {
    /// `[O][capacity]`: for each channel, the first pixel of the patch that a winner reads, and its gradient.
    by_channel: &'a mut [SparseEntry],
    /// `[capacity][4][O]`: for each output of a window, the channels that it won, and their gradients.
    by_winner: &'a mut [SparseEntry],
    /// Entries of each channel's list.
    channel_counts: Vec<u32>,
    /// Entries of each window's four lists, [`BITS`] bits each.
    winner_counts: Vec<u64>,
    /// Most windows.
    capacity: usize,
}

impl<'a> GradientLists<'a> {
    /// Lists for up to `capacity` windows of `outputs` channels. `by_channel` has room for `capacity · outputs`
    /// entries, `by_winner` for four times as many.
    pub(super) fn new(
        by_channel: &'a mut [SparseEntry],
        by_winner: &'a mut [SparseEntry],
        outputs: usize,
        capacity: usize,
    ) -> Self {
        let channel_counts = vec![0; outputs];
        let winner_counts = vec![0; capacity];
        GradientLists { by_channel, by_winner, channel_counts, winner_counts, capacity }
    }

    /// Empties the lists by channel. [`GradientLists::add`] overwrites those by winner.
    pub(super) fn clear(&mut self) {
        self.channel_counts.fill(0);
    }

    /// Adds a strip of windows of the block's image number `n`. All strips between two [`GradientLists::clear`]
    /// have the same length. `argmax` and `dy` are those of the strip.
    #[inline(always)]
    pub(super) fn add(&mut self, task: &BackwardTask<'_>, n: usize, strip: Range<usize>, argmax: &[u32], dy: &[f32]) {
        let padded = task.padded;
        let outputs = task.conv.out_channels;
        let first = n * strip.len();
        for (i, window) in strip.enumerate() {
            let corner = n * padded.pixels() + padded.window(window, task.pool.output[1]);
            let [a, b, c, d] = padded.output_offsets();
            let patches = [(corner + a) as u32, (corner + b) as u32, (corner + c) as u32, (corner + d) as u32];
            let row = i * outputs..(i + 1) * outputs;
            let argmax = &argmax[row.clone()];
            let dy = &dy[row];
            let by_winner = &mut self.by_winner[(first + i) * 4 * outputs..][..4 * outputs];
            // Without a branch, as winners and cut windows come at random: each entry is written behind its
            // list's end, which moves past it only if the window has a winner.
            let mut counts = 0u64;
            let entries = argmax.iter().zip(dy).zip(self.by_channel.chunks_exact_mut(self.capacity));
            for ((o, ((&p, &gradient), list)), count) in entries.enumerate().zip(&mut self.channel_counts) {
                let kept = u32::from(p < NONE);
                let p = p & 3;
                let place = (counts >> (BITS * p)) as usize & MOST_CHANNELS;
                by_winner[p as usize * outputs + place] = SparseEntry::new(o as u32, gradient);
                counts += u64::from(kept) << (BITS * p);
                list[*count as usize] = SparseEntry::new(patches[p as usize], gradient);
                *count += kept;
            }
            self.winner_counts[first + i] = counts;
        }
    }

    /// The entries of output channel `o`: patches and gradients.
    #[inline(always)]
    pub(super) fn by_channel(&self, o: usize) -> &[SparseEntry] {
        &self.by_channel[o * self.capacity..][..self.channel_counts[o] as usize]
    }

    /// The entries of output `p` of a window: channels and gradients. Windows are counted over the strips.
    #[inline(always)]
    pub(super) fn by_winner(&self, window: usize, p: usize) -> &[SparseEntry] {
        let outputs = self.channel_counts.len();
        let count = (self.winner_counts[window] >> (BITS * p as u32)) as usize & MOST_CHANNELS;
        &self.by_winner[(window * 4 + p) * outputs..][..count]
    }
}
