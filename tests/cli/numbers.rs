//! Numbers and words in what a run prints.

use super::tool::{Place, TINY};

#[test]
fn set_up_is_told_apart_from_training() {
    let place = Place::new();
    let ran = place.fine(&format!("{TINY} --out run"));
    let told = ran.out.lines().find_map(|line| {
        line.strip_prefix("set-up took ")?.strip_suffix(" s, which no time above contains")?.parse::<f64>().ok()
    });
    assert!(told.is_some_and(|seconds| seconds > 0.0), "{}", ran.out);
    let run = place.json("run/run.json");
    let setup = run["setup_seconds"]["stride 2, valid"].as_f64().unwrap();
    let all = run["totals"]["seconds"].as_f64().unwrap();
    assert!(setup > 0.0 && setup + run["totals"]["train_seconds"].as_f64().unwrap() <= all, "{setup} of {all}");
    let json = place.fine(&format!("{TINY} --out json --json -q"));
    let done: serde_json::Value = serde_json::from_str(json.out.lines().last().unwrap()).unwrap();
    assert!(done["setup_seconds"].as_f64() > Some(0.0), "{done}");
}

#[test]
fn one_image_is_one_image() {
    let place = Place::new();
    let one = place.fine(&format!("{TINY} --limit 1 --out one"));
    assert!(
        one.err.contains(": 1 training image and 40 validation images of 22×24\n1 network of 1 epoch"),
        "{}",
        one.err
    );
    let two = place.fine(&format!("{TINY} --limit 2 --out two"));
    assert!(two.err.contains(": 2 training images and 40"), "{}", two.err);
}
