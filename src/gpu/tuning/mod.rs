//! Every choice that depends on the adapter.
//!
//! The choices are made when a device is opened, by what the adapter says of itself. They are printed by `stridelab
//! devices`, and for measurements each can be replaced by name with [`Tuning::set`]. A new choice is a field, its default
//! in [`Tuning::for_adapter`], and a line in `Tuning::choices`.
//!
//! Some choices set the order in which numbers are added, so another value gives another rounding: `lanes`, `tiles`,
//! `naive_conv2d`, `slices`, `slice_windows`, `split_k_workgroups`, `split_k_terms` and, past its value,
//! `loop_iterations`. What the adapter says of itself decides them, and never a clock. The others leave every bit of a
//! result as it is ([`Tuning::NEUTRAL`]). Those of [`Tuning::candidates`] are made again by measurement: `gpu::measure` times
//! them, `kept` keeps what was found. `support` says what an adapter can run.

mod choice;
#[cfg(feature = "files")]
mod kept;
mod support;

use std::fmt::{self, Display};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

use super::real::is_real;
use choice::Choice;
#[cfg(feature = "files")]
pub use kept::KeptTuning;
use support::{LANES, most_iterations, runs_tiles, shared_lanes};

/// How many tiles there are to choose from; `gpu::fused::tile` lists them.
pub(super) const TILE_CANDIDATES: usize = 6;

/// How kernels are chosen and run on one adapter. `Display` is one line, `name=value …`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tuning {
    /// Lanes of a subgroup that share the numbers they load: the fused kernels use subgroup operations. 0
    /// where the adapter cannot run them; then, without tiles, every operation runs as it is in the plan.
    pub(super) lanes: usize,
    /// Whether the fused kernels are those of matrix products by tiles of workgroup memory, which need no subgroups,
    /// instead of those that share numbers among lanes.
    pub(super) tiles: bool,
    /// Which of the candidates in `gpu::fused::tile` the tiles of a convolution are, forward.
    pub(super) forward_tile: usize,
    /// The same of its gradients.
    pub(super) backward_tile: usize,
    /// The same, forward, where there are at least `large_from` tiles.
    pub(super) large_forward_tile: usize,
    /// The same of the gradients.
    pub(super) large_backward_tile: usize,
    /// From so many tiles on, large ones fill the device as well.
    pub(super) large_from: usize,
    /// How factors lie in workgroup memory, `WHOLE_VECTORS` of `shaders/shared/product.wgsl`: 1, or 0 on Vulkan.
    pub(super) whole_vectors: usize,
    /// Whether fused kernels that do not depend on each other go into one dispatch. That saves a launch, 2 to 7 % of
    /// a step on an NVIDIA H100. A software adapter computes both sides of a branch, which costs it more than
    /// the launch.
    pub(super) merge: bool,
    /// Whether plain convolutions run the naive shader instead of the tiled one.
    pub(super) naive_conv2d: bool,
    /// The most slices into which a batch is cut for the gradients of a convolution's weights. Each slice
    /// has a partial sum of its own; the partial sums are added afterwards.
    pub(super) slices: usize,
    /// The fewest pool windows of such a slice.
    pub(super) slice_windows: usize,
    /// Split-K: a product with fewer tiles than this cuts its sums into slices, so that there are about so
    /// many workgroups.
    pub(super) split_k_workgroups: usize,
    /// Split-K: the fewest terms of a slice of a sum; by tiles there are at least 64.
    pub(super) split_k_terms: usize,
    /// Milliseconds that one submission should keep the device busy: short enough for watchdogs and for a
    /// prompt answer to Ctrl-C, long enough that the cost of a submission does not show.
    pub(super) submission_ms: usize,
    /// The most workgroups in a row of a dispatch, as far as 65,535 rows are enough.
    pub(super) row_workgroups: usize,
    /// The most iterations of the loops of one invocation, all together; a longer sum is cut into dispatches. Of
    /// Mesa's software driver, which ends loops at 65,535 in silence, less what loops of fixed length may take; of
    /// others about half a second if each iteration waits half a microsecond for memory, as drivers stop a device
    /// that seems to hang.
    pub(super) loop_iterations: usize,
    /// Where the choices come from, in words: `measured` and when, the name of a file, or `default`.
    #[serde(skip)]
    pub origin: String,
    /// The most iterations that this adapter allows.
    #[serde(skip)]
    most_iterations: usize,
    /// The most lanes that this adapter can share numbers among.
    #[serde(skip)]
    most_lanes: usize,
    /// Whether `whole_vectors` may be 0.
    #[serde(skip)]
    writes_components: bool,
}

/// What a candidate takes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The choice's name.
    pub choice: String,
    /// Its value.
    pub value: usize,
    /// Seconds of the kernels of a training step that depend on the choice.
    pub seconds: f64,
}

/// A choice that is made by measurement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidates {
    pub choice: &'static str,
    pub values: Range<usize>,
    /// Models side by side in the training step that is timed: so many that the choice has an effect.
    pub replicas: usize,
}

/// By how much of its time a candidate must be faster to replace the default: less may be chance.
const GAIN: f64 = 0.03;

impl Tuning {
    /// Choices that change no bit of any result.
    pub const NEUTRAL: [&'static str; 9] = [
        "forward_tile",
        "backward_tile",
        "large_forward_tile",
        "large_backward_tile",
        "large_from",
        "whole_vectors",
        "merge",
        "submission_ms",
        "row_workgroups",
    ];

    /// Choices that are made by measurement, where the kernels have them.
    pub const BY_MEASUREMENT: [&'static str; 6] =
        ["whole_vectors", "forward_tile", "backward_tile", "merge", "large_forward_tile", "large_backward_tile"];

    /// The choices for an adapter with these limits, of whose features the device has these.
    pub fn for_adapter(info: &wgpu::AdapterInfo, features: wgpu::Features, limits: &wgpu::Limits) -> Self {
        let most_lanes = shared_lanes(info, features, limits);
        let most_iterations = most_iterations(info);
        // Vulkan's memory model lets neighbours write components of one vector. WGSL's does not promise it.
        let writes_components = info.backend == wgpu::Backend::Vulkan;
        Tuning {
            lanes: most_lanes,
            tiles: runs_tiles(info, limits),
            forward_tile: 0,
            backward_tile: 0,
            large_forward_tile: 0,
            large_backward_tile: 0,
            large_from: 1000,
            whole_vectors: usize::from(!writes_components),
            merge: is_real(info),
            naive_conv2d: false,
            slices: if is_real(info) { 64 } else { 32 },
            slice_windows: 16,
            split_k_workgroups: if is_real(info) { 132 } else { 64 },
            split_k_terms: 128,
            submission_ms: if is_real(info) { 5 } else { 200 },
            row_workgroups: MAX_ROW_WORKGROUPS,
            loop_iterations: most_iterations,
            origin: "default".into(),
            most_iterations,
            most_lanes,
            writes_components,
        }
    }

    /// Replaces the choice of that name.
    ///
    /// # Errors
    /// [`Error::Usage`] for a name or value that there is not, saying which there are.
    pub fn set(&mut self, name: &str, value: &str) -> Result<()> {
        let mut choices = self.choices();
        match choices.iter_mut().find(|(other, _)| *other == name) {
            Some((name, choice)) => choice.set(name, value),
            None => {
                let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
                let what = format!("there is no tuning {name:?}");
                Err(Error::usage(what).advice(format!("choose one of {}", names.join(", "))))
            }
        }
    }

    /// The kernels that there are, in a word: by `tiles`, sharing among `lanes`, or `plain`.
    pub fn kernels(&self) -> &'static str {
        match self {
            Tuning { tiles: true, .. } => "tiles",
            Tuning { lanes: 1.., .. } => "lanes",
            _ => "plain",
        }
    }

    /// The choices that a clock can make for these kernels. None changes a bit.
    pub(super) fn candidates(&self) -> Vec<Candidates> {
        let of = |choice, values, replicas| Candidates { choice, values, replicas };
        let merge = of("merge", 0..2, 1);
        let layouts = if self.writes_components { 0..2 } else { 1..2 };
        let mut all = match self.kernels() {
            "tiles" => vec![
                of("whole_vectors", layouts, 1),
                of("forward_tile", 0..TILE_CANDIDATES, 1),
                of("backward_tile", 0..TILE_CANDIDATES, 1),
                merge,
                of("large_forward_tile", 0..TILE_CANDIDATES, LARGE_REPLICAS),
                of("large_backward_tile", 0..TILE_CANDIDATES, LARGE_REPLICAS),
            ],
            "lanes" => vec![merge],
            _ => Vec::new(),
        };
        all.retain(|candidates| candidates.values.len() > 1);
        all
    }

    /// Whether every choice that a clock can make was timed.
    pub fn is_complete(&self, measured: &[Measured]) -> bool {
        let timed = |choice: &str| measured.iter().any(|row| row.choice == choice);
        self.candidates().iter().all(|candidates| timed(candidates.choice))
    }

    /// Makes every choice that was measured: the fastest value, if it is clearly faster than the one there is.
    pub fn choose_fastest(&mut self, measured: &[Measured]) {
        for Candidates { choice, values, .. } in self.candidates() {
            let seconds = |value: usize| {
                let found = measured.iter().find(|row| row.choice == choice && row.value == value);
                found.map_or(f64::INFINITY, |row| row.seconds)
            };
            let now = self.choice(choice).map_or(f64::INFINITY, seconds);
            let fastest = values.min_by(|&a, &b| seconds(a).total_cmp(&seconds(b)));
            let clearly = |value: &usize| now.is_finite() && seconds(*value) < now * (1.0 - GAIN);
            if let Some(fastest) = fastest.filter(clearly) {
                // The values are those that the choice can have.
                let _ = self.set(choice, &fastest.to_string());
            }
        }
    }

    /// The value of the choice of that name, a switch as 0 or 1; `None` where there is no such choice.
    pub fn choice(&self, name: &str) -> Option<usize> {
        let mut copy = self.clone();
        let choices = copy.choices();
        choices.iter().find(|(other, _)| *other == name).map(|(_, choice)| choice.value())
    }

    fn choices(&mut self) -> [(&'static str, Choice<'_>); 17] {
        let lanes = [0].into_iter().chain(LANES.into_iter().filter(|&lanes| lanes <= self.most_lanes)).collect();
        let layouts = if self.writes_components { vec![0, 1] } else { vec![1] };
        let tile = |choice| Choice::OneOf(choice, (0..TILE_CANDIDATES).collect());
        [
            ("lanes", Choice::OneOf(&mut self.lanes, lanes)),
            ("tiles", Choice::Switch(&mut self.tiles)),
            ("forward_tile", tile(&mut self.forward_tile)),
            ("backward_tile", tile(&mut self.backward_tile)),
            ("large_forward_tile", tile(&mut self.large_forward_tile)),
            ("large_backward_tile", tile(&mut self.large_backward_tile)),
            ("large_from", Choice::Count(&mut self.large_from)),
            ("whole_vectors", Choice::OneOf(&mut self.whole_vectors, layouts)),
            ("merge", Choice::Switch(&mut self.merge)),
            ("naive_conv2d", Choice::Switch(&mut self.naive_conv2d)),
            ("slices", Choice::Count(&mut self.slices)),
            ("slice_windows", Choice::Count(&mut self.slice_windows)),
            ("split_k_workgroups", Choice::Count(&mut self.split_k_workgroups)),
            ("split_k_terms", Choice::Count(&mut self.split_k_terms)),
            ("submission_ms", Choice::Count(&mut self.submission_ms)),
            ("row_workgroups", Choice::Within(&mut self.row_workgroups, 1..=MAX_ROW_WORKGROUPS)),
            ("loop_iterations", Choice::Within(&mut self.loop_iterations, FEWEST_ITERATIONS..=self.most_iterations)),
        ]
    }
}

impl Display for Tuning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut copy = self.clone();
        let settings: Vec<_> = copy.choices().iter().map(|(name, choice)| format!("{name}={choice}")).collect();
        f.write_str(&settings.join(" "))
    }
}

/// Models side by side whose convolutions have more than `large_from` tiles.
const LARGE_REPLICAS: usize = 4;

/// WebGPU's default limit, which every adapter grants.
const MAX_ROW_WORKGROUPS: usize = 65_535;

/// The fewest iterations that loops can be cut to, which every kernel can do with: those of a tap, a row and a channel,
/// one each, are 6.
const FEWEST_ITERATIONS: usize = 16;

#[cfg(test)]
mod tests;
