//! From data to trained weights: what is read, planned and trained, and that it keeps in step with Keras.

#![cfg(feature = "embedded-data")]

#[path = "../common/mod.rs"]
mod common;

mod data;
mod keras;
mod mnist;
mod plan;
mod training;
mod weights;
