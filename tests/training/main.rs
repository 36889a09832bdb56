//! From data to trained weights: reading data, planning, training, and the comparison with Keras.

#![cfg(feature = "embedded-data")]

#[path = "../common/mod.rs"]
mod common;

mod data;
mod divergence;
mod inspect;
mod keras;
mod mnist;
mod plan;
mod replicas;
mod training;
mod weights;
