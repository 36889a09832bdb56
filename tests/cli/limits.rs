//! Limits on this process' files.

use super::faults::run_after;
use super::tool::{Place, TINY};

/// What could not be written is not said to be kept.
#[test]
fn no_weights_are_said_to_be_kept_that_are_not() {
    let place = Place::new();
    let ran = run_after(&place, "ulimit -f 120", &format!("{TINY} --batch-size 8 --out run"));
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("could not be saved either") && !ran.err.contains("are kept"), "{}", ran.err);
    assert!(!place.files().iter().any(|file| file.starts_with("run/weights/")), "{:?}", place.files());
}
