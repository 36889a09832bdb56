//! From data to trained weights: reading data, planning, training, and the comparison with Keras.

#![cfg(feature = "embedded-data")]

#[path = "../common/mod.rs"]
mod common;

mod classes;
mod data;
mod directory;
mod divergence;
mod evaluation;
mod formats;
mod gradients;
mod inspect;
mod keras;
mod mnist;
mod plan;
mod replicas;
mod resume;
mod setup;
mod training;
mod tuning;
mod weights;
