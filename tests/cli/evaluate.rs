//! `stridelab evaluate`.

use std::fs;

use serde_json::Value;
use stridelab::record::{ClassAccuracyRow, ConfusionRow, EvaluationRow};
use stridelab::store::{read_models, rows_from_bytes};

use super::files::idx;
use super::tool::{Place, TEST, TINY, needs_adapter};

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// On the device and the images of the training every bit is the run's.
#[test]
fn the_runs_own_numbers_come_back() {
    let place = Place::new();
    for (backend, more) in [("cpu", ""), ("cpu", "--no-fuse"), ("gpu", "")] {
        let run = format!("run-{backend}{more}");
        let train = format!(
            "--backend {backend} {more} --data data --stride 1,2 --padding valid --epochs 1 --seeds 2 --out {run} --quiet"
        );
        let ran = place.run(&train);
        needs_adapter(&ran);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let models = read_models(&place.at(&run)).unwrap();
        let out = format!("out-{backend}{more}");
        let ran = place.fine(&format!("evaluate {run} --backend {backend} --out {out} --json --quiet"));
        let rows: Vec<EvaluationRow> =
            rows_from_bytes("e", place.read(&format!("{out}/evaluation.csv")).as_bytes()).unwrap();
        assert_eq!(rows.len(), 4);
        let lines = objects(&ran.out);
        for ((row, model), line) in rows.iter().zip(&models).zip(&lines) {
            assert_eq!((row.model, row.images), (model.model, TEST));
            assert_eq!(row.accuracy.to_bits(), model.final_val_accuracy.to_bits(), "{backend} {}", row.model);
            assert_eq!(row.loss.to_bits(), model.final_val_loss.to_bits(), "{backend} {}", row.model);
            assert_eq!(
                (&line["model"], line["accuracy"].as_f64()),
                (&row.model.to_string().into(), Some(row.accuracy))
            );
        }
        let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
        assert_eq!(events, ["model", "model", "model", "model", "configuration", "configuration", "done"]);
    }
}

#[test]
fn classes_and_confusions_add_up() {
    let place = Place::new();
    place.fine(&format!("{TINY} --seeds 2 --out run --quiet"));
    let ran = place.fine("evaluate run --backend cpu --out out");
    assert!(ran.err.starts_with("evaluating on the CPU") && ran.err.contains("40 test images"), "{}", ran.err);
    for words in ["accuracy, %", "loss", "accuracy by class", "stride 2, valid: label (row), predicted (column)", " ± "]
    {
        assert!(ran.out.contains(words), "{words} is missing in\n{}", ran.out);
    }
    assert!(ran.out.contains("evaluation.csv, class_accuracy.csv and confusion.csv are in out"), "{}", ran.out);
    let models: Vec<EvaluationRow> = rows_from_bytes("e", place.read("out/evaluation.csv").as_bytes()).unwrap();
    let classes: Vec<ClassAccuracyRow> = rows_from_bytes("c", place.read("out/class_accuracy.csv").as_bytes()).unwrap();
    let confusion: Vec<ConfusionRow> = rows_from_bytes("m", place.read("out/confusion.csv").as_bytes()).unwrap();
    for model in &models {
        let of = classes.iter().filter(|row| row.model == model.model);
        let (images, right) = of.fold((0, 0), |(images, right), row| (images + row.images, right + row.right));
        assert_eq!((images, f64::from(right) / f64::from(images)), (TEST, model.accuracy));
    }
    let right: u64 = confusion.iter().filter(|row| row.label == row.predicted).map(|row| row.count).sum();
    assert_eq!(confusion.iter().map(|row| row.count).sum::<u64>(), 2 * u64::from(TEST));
    let accuracies: f64 = models.iter().map(|row| row.accuracy).sum();
    assert!((right as f64 / f64::from(TEST) - accuracies).abs() < 1e-12);
    // A directory in use is refused, and replaced with --force.
    let ran = place.run("evaluate run --backend cpu --out out");
    assert!(ran.code == 2 && ran.err.contains("--force"), "{}", ran.err);
    place.fine("evaluate run --backend cpu --out out --force --seed 1 --quiet");
    assert_eq!(place.read("out/evaluation.csv").lines().count(), 2);
}

#[test]
fn other_data_is_evaluated_where_it_fits() {
    let place = Place::new();
    place.fine(&format!("{TINY} --out run --quiet"));
    // The same images, all of class 3.
    place.data("threes", |file, bytes| {
        Some(if file.contains("labels") { idx(&[bytes.len() as u32 - 8], &vec![3; bytes.len() - 8]) } else { bytes })
    });
    let lines = objects(&place.fine("evaluate run --data threes --backend cpu --json --quiet").out);
    assert_eq!((&lines[0]["classes"].as_array().unwrap().len(), &lines[2]["data"]), (&1, &"threes".into()));
    let own = objects(&place.fine("evaluate run --backend cpu --json --quiet").out);
    assert_ne!(own[0]["accuracy"], lines[0]["accuracy"]);

    place.data("small", |file, bytes| {
        let count = bytes.len() as u32;
        Some(if file.contains("labels") {
            bytes
        } else {
            let images = u32::from_be_bytes(bytes[4..8].try_into().unwrap());
            idx(&[images, 14, 14], &vec![count as u8; (images * 14 * 14) as usize])
        })
    });
    place.data("letters", |file, bytes| {
        Some(if file == "t10k-labels-idx1-ubyte" { [&bytes[..8], &vec![12; bytes.len() - 8]].concat() } else { bytes })
    });
    for (data, words) in
        [("small", &["14×14", "22×24"][..]), ("letters", &["label 12", "0 to 9"]), ("missing", &["missing"])]
    {
        place.refused(&format!("evaluate run --data {data} --backend cpu"), 4, words);
    }
    place.refused("evaluate data --backend cpu", 4, &["run.json"]);
    place.refused("evaluate run --backend cpu --seed 5", 2, &["--seed 5", "choose from 0"]);
    // The run's own data has changed since.
    fs::copy(place.at("threes/t10k-labels-idx1-ubyte"), place.at("data/t10k-labels-idx1-ubyte")).unwrap();
    let ran = place.fine("evaluate run --backend cpu --json --quiet");
    assert!(
        ran.err.starts_with("warning: the test images are not those") && ran.err.lines().count() == 1,
        "{}",
        ran.err
    );
}
