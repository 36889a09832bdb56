//! Statistics over seeds: what a handful of trained models says, and what it does not.
//!
//! Samples are one number a seed, in any unit. Every function is pure: where chance is used (resampling, random
//! sign flips), it comes from a named [`Stream`](crate::random::Stream) of a fixed seed, so that equal samples give
//! equal answers. The values agree with scipy's (`tests/fixtures/statistics.py`).
//!
//! - [`summary`](mean): mean, standard deviation, interquartile mean.
//! - [`bca`], [`bca_of_means`]: bootstrap intervals.
//! - [`sign_flip`], [`two_sample`]: permutation tests.
//! - [`holm`]: several tests at once.
//! - [`equivalence`], [`seeds_to_decide`]: is the difference small, and how many seeds would tell.
//! - [`superiority`], [`kendall_tau`]: orders instead of sizes.
//! - [`mcnemar`], [`VarianceSplit`]: single models on the same test images, and what chance a finite test set adds.

mod bootstrap;
mod equivalence;
mod multiple;
mod orders;
mod permutation;
mod summary;
mod test_set;

pub use bootstrap::{Interval, RESAMPLES, bca, bca_of_means};
pub use equivalence::{equivalence, seeds_to_decide};
pub use multiple::holm;
pub use orders::{kendall_tau, superiority};
pub use permutation::{EXACT_FLIPS, sign_flip, two_sample};
pub use summary::{interquartile_mean, mean, standard_deviation};
pub use test_set::{VarianceSplit, mcnemar};
