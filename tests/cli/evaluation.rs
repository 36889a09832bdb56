//! `--epochs 0` and `--learning-rate 0`: what weights come to, without training.

use std::fs;

use super::tool::{Place, TINY, rows};

type Row = serde_json::Map<String, serde_json::Value>;

fn number(row: &Row, name: &str) -> f64 {
    row[name].as_f64().unwrap_or_else(|| panic!("{name}: {row:?}"))
}

/// What follows the header of a weights file; the header says after which epoch it was written.
fn elements(place: &Place, name: &str) -> Vec<u8> {
    let bytes = fs::read(place.at(name)).unwrap();
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    assert!(bytes.len() > 8 + header);
    bytes[8 + header..].to_vec()
}

#[test]
fn no_epochs_evaluate_the_initial_weights() {
    let place = Place::new();
    let none = TINY.replace("--epochs 1", "--epochs 0");
    place.fine(&format!("{TINY} --out trained --quiet"));
    let trained = rows(&place.read("trained/metrics.csv")).remove(0);
    let weights = "trained/weights/stride2-valid-seed0.safetensors";
    let ran = place.fine(&format!("{none} --init {weights} --out run"));
    assert!(ran.err.contains("1 network of the initial weights"), "{}", ran.err);
    assert!(ran.err.contains("stride 2, valid, initial weights: loss "), "{}", ran.err);
    assert!(ran.out.contains("set-up took ") && !ran.out.contains("took -"), "{}", ran.out);
    assert!(
        ran.out.contains("epoch 0") && !ran.out.contains("NaN") && !ran.out.contains("accuracy.png"),
        "{}",
        ran.out
    );
    let metrics = rows(&place.read("run/metrics.csv"));
    let [row] = &metrics[..] else { panic!("{metrics:?}") };
    assert_eq!((&row["epoch"], &row["seconds"]), (&0.into(), &0.0.into()));
    for name in ["val_loss", "val_accuracy"] {
        assert_eq!(number(row, name), number(&trained, name), "{name}");
    }
    assert!(number(row, "train_loss") < number(&trained, "train_loss"));
    assert_eq!(rows(&place.read("run/steps.csv")).len(), 0);
    let run = place.json("run/run.json");
    assert_eq!(
        (&run["status"], &run["totals"]["epochs"], &run["totals"]["steps"]),
        (&"finished".into(), &0.into(), &0.into())
    );
    assert!(elements(&place, weights) == elements(&place, "run/weights/stride2-valid-seed0.safetensors"));
    assert!(place.at("run/figures/feature_maps_stride2_valid.png").exists());
    assert!(!place.at("run/figures/accuracy.png").exists(), "a curve of nothing");

    let ran = place.fine(&format!("{none} --seeds 7,3 --out two --json --quiet"));
    let events: Vec<Row> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        events.iter().map(|row| row["event"].as_str().unwrap()).collect::<Vec<_>>(),
        ["epoch", "epoch", "configuration", "done"]
    );
    let seeds: Vec<u64> =
        rows(&place.read("two/metrics.csv")).iter().map(|row| row["seed"].as_u64().unwrap()).collect();
    assert_eq!(seeds, [7, 3]);
    assert_eq!(place.json("two/run.json")["options"]["seeds"], serde_json::json!([7, 3]));
}

#[test]
fn a_learning_rate_of_0_changes_nothing() {
    let place = Place::new();
    place.fine(&format!("{TINY} --epochs 0 --out none --quiet"));
    place.fine(&format!("{TINY} --epochs 2 --lr 0 --out run --quiet"));
    let weights = |run: &str| elements(&place, &format!("{run}/weights/stride2-valid-seed0.safetensors"));
    assert!(weights("none") == weights("run"), "the weights changed");
    let losses: Vec<f64> = rows(&place.read("run/metrics.csv")).iter().map(|row| number(row, "val_loss")).collect();
    assert_eq!(losses, [number(&rows(&place.read("none/metrics.csv"))[0], "val_loss"); 2]);
}

/// Where the initial weights are at fault, no smaller learning rate is advised, and the file is named.
#[test]
fn bad_initial_weights_are_blamed_for_what_they_do() {
    let place = Place::new();
    place.fine(&format!("{TINY} --out run --quiet"));
    let good = fs::read(place.at("run/weights/stride2-valid-seed0.safetensors")).unwrap();
    let start = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
    let huge: Vec<u8> =
        good[start..].as_chunks().0.iter().flat_map(|v| (f32::from_le_bytes(*v) * 1e30).to_le_bytes()).collect();
    fs::write(place.at("huge"), [&good[..start], &huge].concat()).unwrap();
    for epochs in [0, 1] {
        let ran = place.run(&format!("{TINY} --epochs {epochs} --init huge --out out{epochs} --quiet"));
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.starts_with("error: stride 2, valid, seed 0: training diverged: "), "{}", ran.err);
        assert!(ran.err.ends_with("; give other weights than huge to --init\n"), "{}", ran.err);
        assert!(!ran.err.contains("--learning-rate"), "{}", ran.err);
        assert_eq!(
            place.json(&format!("out{epochs}/run.json"))["diverged"],
            serde_json::json!(["stride 2, valid, seed 0"])
        );
    }
}
