//! Which windows have a gradient, by output channel and by window and winner.

use std::ops::Range;

use super::conv_pool::Gradients;
use super::entry::Entry;
use super::window::NONE;

/// Bits of a count of output channels: four counts share a word.
const BITS: u32 = 12;

/// Most output channels that [`Lists`] can hold.
pub const MOST_CHANNELS: usize = (1 << BITS) - 1;

/// The windows with a gradient of a block of images, or of a strip of one.
pub struct Lists<'a> {
    /// `[O][capacity]`: where in the block of images a window's winner reads.
    by_channel: &'a mut [Entry],
    /// `[capacity][4][O]`: the channels of each window that one of its four outputs won.
    by_winner: &'a mut [Entry],
    /// Entries of each list by channel.
    counts: Vec<u32>,
    /// Entries of each window's four lists, [`BITS`] each.
    places: Vec<u64>,
    capacity: usize,
}

impl<'a> Lists<'a> {
    /// Room for `capacity` windows of `outputs` channels: as many entries by channel, four times as many by
    /// winner.
    pub fn new(by_channel: &'a mut [Entry], by_winner: &'a mut [Entry], outputs: usize, capacity: usize) -> Self {
        let (counts, places) = (vec![0; outputs], vec![0; capacity]);
        Lists { by_channel, by_winner, counts, places, capacity }
    }

    /// Empties the lists by channel; those by winner are written anew.
    pub fn clear(&mut self) {
        self.counts.fill(0);
    }

    /// Adds a strip of windows of image `n` of a block, all strips of equal length.
    #[inline(always)]
    pub fn add(&mut self, task: &Gradients<'_>, n: usize, strip: Range<usize>, argmax: &[u32], dy: &[f32]) {
        let (padded, outputs) = (task.padded, task.conv.out_channels);
        let first = n * strip.len();
        for (i, window) in strip.enumerate() {
            let corner = n * padded.pixels() + padded.window(window, task.pool.output[1]);
            let [a, b, c, d] = padded.steps();
            let at = [(corner + a) as u32, (corner + b) as u32, (corner + c) as u32, (corner + d) as u32];
            let row = i * outputs..(i + 1) * outputs;
            let (argmax, dy) = (&argmax[row.clone()], &dy[row]);
            let lists = &mut self.by_winner[(first + i) * 4 * outputs..][..4 * outputs];
            // Without a branch: who is cut and who wins is as good as random. Whoever is cut is written
            // behind a list's end, where the next entry goes.
            let mut packed = 0u64;
            let entries = argmax.iter().zip(dy).zip(self.by_channel.chunks_exact_mut(self.capacity));
            for ((o, ((&p, &gradient), list)), count) in entries.enumerate().zip(&mut self.counts) {
                let (kept, p) = (u32::from(p < NONE), p & 3);
                let place = (packed >> (BITS * p)) as usize & MOST_CHANNELS;
                lists[p as usize * outputs + place] = Entry::new(o as u32, gradient);
                packed += u64::from(kept) << (BITS * p);
                list[*count as usize] = Entry::new(at[p as usize], gradient);
                *count += kept;
            }
            self.places[first + i] = packed;
        }
    }

    /// The windows of channel `o` and their gradients.
    #[inline(always)]
    pub fn by_channel(&self, o: usize) -> &[Entry] {
        &self.by_channel[o * self.capacity..][..self.counts[o] as usize]
    }

    /// The channels that output `p` of the window numbered `window` won, and their gradients.
    #[inline(always)]
    pub fn by_winner(&self, window: usize, p: usize) -> &[Entry] {
        let outputs = self.counts.len();
        let count = (self.places[window] >> (BITS * p as u32)) as usize & MOST_CHANNELS;
        &self.by_winner[(window * 4 + p) * outputs..][..count]
    }
}
