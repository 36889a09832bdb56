//! Accuracies of this program's models against Keras', from recorded numbers.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize;
use stridelab::analysis::statistics::{holm, two_sample};
use stridelab::model::Configuration;

/// Level of the tests, after Holm's correction over the four networks.
const LEVEL: f64 = 0.01;
/// Models of each network, on both sides.
const SEEDS: usize = 10;

/// Images that Keras' models classify rightly, by seed and epoch.
#[derive(Deserialize)]
struct KerasSeeds {
    images: u32,
    right: BTreeMap<String, BTreeMap<String, Vec<u32>>>,
}

/// The same of this program in the end.
#[derive(Deserialize)]
struct OwnSeeds {
    images: u32,
    right: BTreeMap<String, Vec<u32>>,
}

fn fixture<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn shares(right: impl Iterator<Item = u32>, images: u32) -> Vec<f64> {
    right.map(|right| f64::from(right) / f64::from(images)).collect()
}

/// p of every network, corrected, where `shift` is added to this program's accuracies.
fn compared(shift: f64) -> Vec<f64> {
    let (keras, own): (KerasSeeds, OwnSeeds) = (fixture("keras/seeds.json"), fixture("seeds.json"));
    let p = Configuration::TUTORIAL.map(|configuration| {
        let slug = configuration.slug();
        let theirs = shares(keras.right[&slug].values().map(|epochs| epochs[2]), keras.images);
        let ours = shares(own.right[&slug].iter().copied(), own.images);
        assert!(theirs.len() == SEEDS && ours.len() == SEEDS, "{slug}: {} and {}", theirs.len(), ours.len());
        two_sample(&ours.iter().map(|accuracy| accuracy + shift).collect::<Vec<_>>(), &theirs)
    });
    holm(&p)
}

#[test]
fn accuracies_of_ten_seeds_are_not_told_from_keras() {
    let p = compared(0.0);
    assert!(p.iter().all(|p| *p > LEVEL), "{p:?}");
    // With one point more every network would be found out.
    let p = compared(0.01);
    assert!(p.iter().all(|p| *p <= LEVEL), "{p:?}");
}
