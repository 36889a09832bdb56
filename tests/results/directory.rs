//! An output directory among other people's files: what is not ours stays, what was written is missed when it goes.

use std::fs;
use std::path::Path;

use super::rows::{epoch, model};
use stridelab::Error;
use stridelab::model::Configuration;
use stridelab::model::ModelId;
use stridelab::record::{EpochRow, Measures, ModelRow, Predictions, RunRecord, SmoothnessRow, Status, StepRow};
use stridelab::store::{
    BenchWriter, FigureFiles, FinishedModel, ModelEpoch, RunWriter, read_epochs, read_run, read_steps, weights_name,
};

const C: Configuration = Configuration::TUTORIAL[3];

fn row(number: u32) -> EpochRow {
    epoch(C, number, 0.5, 1.0)
}

/// The three steps of an epoch.
fn steps(epoch: u32) -> Vec<StepRow> {
    (3 * epoch - 2..=3 * epoch).map(|step| StepRow { model: model(C), step, loss: f64::from(step) }).collect()
}

fn record() -> RunRecord {
    RunRecord { steps_per_epoch: 3, ..RunRecord::default() }
}

/// A writer that has begun, with one epoch.
fn begun(dir: &Path) -> RunWriter {
    let mut writer = RunWriter::create(dir, false).unwrap();
    writer.shapes(&[]).unwrap();
    writer.run(&record()).unwrap();
    writer.epoch([of_epoch(1)]).unwrap();
    writer
}

fn of_epoch(number: u32) -> ModelEpoch {
    ModelEpoch { row: row(number), steps: steps(number), gradients: Vec::new() }
}

/// Finished models are there together, with all that is written of them, or no table has any of them.
#[test]
fn finished_models_are_written_together_or_not_at_all() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    let mut writer = begun(&out);
    let finished = |seed: u64| {
        let model = ModelId { configuration: C, seed };
        let row = ModelRow {
            model,
            epochs: 1,
            final_train_loss: 0.5,
            final_train_accuracy: 0.75,
            final_val_loss: 0.25,
            final_val_accuracy: 0.5,
            seconds: 1.0,
        };
        let smoothness =
            SmoothnessRow { model, layer: "conv1".into(), images: 1, variation: 0.5, variation_per_pixel: 1.0 };
        let measures = Measures { smoothness: vec![smoothness], ..Measures::default() };
        FinishedModel {
            row,
            measures,
            predictions: Predictions::new(&[1, 2], &[0.5, 0.25]),
            weights: vec![seed as u8; 9],
        }
    };
    let models = [5, 3, 4].map(finished);
    let names = models.each_ref().map(|model| weights_name(model.row.model));
    let in_the_way = out.join("weights").join(&names[1]);
    fs::create_dir(&in_the_way).unwrap();
    let header = fs::read_to_string(out.join("models.csv")).unwrap();
    let error = writer.finished(&models).unwrap_err().to_string();
    assert!(error.contains(&format!("{}: cannot be written", in_the_way.display())), "{error}");
    assert_eq!(fs::read_to_string(out.join("models.csv")).unwrap(), header);
    assert!(!out.join("smoothness.csv").exists());
    assert!([0, 2].iter().all(|&i| !out.join("weights").join(&names[i]).exists()), "they take room");

    fs::remove_dir(&in_the_way).unwrap();
    writer.finished(&models[..2]).unwrap();
    writer.finished(&models[2..]).unwrap();
    writer.check().unwrap();
    for (table, rows) in [("models.csv", 3), ("smoothness.csv", 3)] {
        let mut reader = csv::Reader::from_path(out.join(table)).unwrap();
        let seed = reader.headers().unwrap().iter().position(|name| name == "seed").unwrap();
        let seeds: Vec<_> = reader.records().map(|row| row.unwrap()[seed].to_string()).collect();
        assert_eq!(seeds, ["5", "3", "4"], "{table}");
        assert_eq!(seeds.len(), rows);
    }
    for (model, name) in models.iter().zip(&names) {
        assert_eq!(fs::read(out.join("weights").join(name)).unwrap(), model.weights);
        assert!(out.join("predictions").join(name).exists());
    }
}

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_writer_that_says_nothing_leaves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("new/below");
    drop(RunWriter::create(&out, false).unwrap());
    drop(BenchWriter::create(&out, false).unwrap());
    assert_eq!(names(dir.path()), [""; 0]);
    // What was there before stays.
    fs::create_dir_all(&out).unwrap();
    drop(RunWriter::create(&out, false).unwrap());
    assert_eq!(names(&out), [""; 0]);
    fs::write(out.join("mine"), "years").unwrap();
    RunWriter::create(&out, false).unwrap_err();
    drop(BenchWriter::create(&out, true).unwrap());
    assert_eq!(names(&out), ["mine"]);
}

#[test]
fn a_run_leaves_no_lock_and_touches_nobodys() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    drop(begun(&out));
    let files =
        ["figures", "metrics.csv", "models.csv", "predictions", "run.json", "shapes.csv", "steps.csv", "weights"];
    assert_eq!(names(&out), files);
    fs::write(out.join(".lock"), "mine").unwrap();
    fs::write(out.join(".stridelab-lock"), "mine").unwrap();
    drop(RunWriter::create(&out, true).unwrap());
    for name in [".lock", ".stridelab-lock"] {
        assert_eq!(fs::read_to_string(out.join(name)).unwrap(), "mine");
    }
}

/// Where a file of ours belongs stands a link, or the way to it is one: nothing is written or removed.
#[cfg(unix)]
#[test]
fn no_link_is_followed() {
    for (ours, is_folder) in [
        ("weights", true),
        ("figures", true),
        ("metrics.csv", false),
        ("steps.csv", false),
        ("run.json", false),
        ("shapes.csv", false),
        ("figures/loss.png", false),
        ("weights/stride2-valid-seed0.safetensors", false),
    ] {
        let dir = tempfile::tempdir().unwrap();
        let (out, elsewhere) = (dir.path().join("out"), dir.path().join("elsewhere"));
        drop(begun(&out));
        let link = out.join(ours);
        let target = if is_folder {
            fs::remove_dir(&link).unwrap();
            fs::create_dir(&elsewhere).unwrap();
            elsewhere.join(if ours == "weights" { "stride1-same-seed0.safetensors" } else { "loss.png" })
        } else {
            let _ = fs::remove_file(&link);
            elsewhere.clone()
        };
        fs::write(&target, "mine").unwrap();
        std::os::unix::fs::symlink(&elsewhere, &link).unwrap();
        let before = names(&out);
        let error = RunWriter::create(&out, true).unwrap_err();
        assert!(matches!(&error, Error::Failure(p) if p.what.contains(ours) && p.what.contains("a link")), "{error}");
        assert_eq!(fs::read_to_string(&target).unwrap(), "mine", "{ours}");
        assert_eq!(names(&out), before, "{ours}");
        assert!(link.is_symlink());
    }
    for ours in ["figures", "bench.json", "cost.csv"] {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        fs::create_dir(&out).unwrap();
        std::os::unix::fs::symlink(dir.path(), out.join(ours)).unwrap();
        let error = BenchWriter::create(&out, true).unwrap_err();
        assert!(error.to_string().contains("a link"), "{error}");
    }
    // The directory itself may be reached through a link, but not through one to nothing.
    let dir = tempfile::tempdir().unwrap();
    let [link, dangling] = ["link", "dangling"].map(|name| dir.path().join(name));
    fs::create_dir(dir.path().join("real")).unwrap();
    std::os::unix::fs::symlink("real", &link).unwrap();
    std::os::unix::fs::symlink("nothing", &dangling).unwrap();
    drop(begun(&link));
    assert!(dir.path().join("real/run.json").exists());
    let error = RunWriter::create(&dangling, true).unwrap_err();
    assert!(error.to_string().contains("a link to nothing"), "{error}");
}

/// Windows moves and removes nothing that is open.
#[cfg(unix)]
#[test]
fn what_goes_during_a_run_is_missed() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 6] = [
        ("metrics.csv", |out| fs::remove_file(out.join("metrics.csv")).unwrap()),
        ("steps.csv", |out| fs::remove_file(out.join("steps.csv")).unwrap()),
        ("metrics.csv", |out| {
            fs::remove_file(out.join("metrics.csv")).unwrap();
            fs::write(out.join("metrics.csv"), "other").unwrap();
        }),
        ("steps.csv", |out| fs::write(out.join("steps.csv"), "").unwrap()),
        ("out", |out| fs::remove_dir_all(out).unwrap()),
        ("out", |out| {
            fs::rename(out, out.with_extension("moved")).unwrap();
            fs::create_dir(out).unwrap();
        }),
    ];
    for (i, (name, change)) in changes.into_iter().enumerate() {
        let dir = tempfile::tempdir().unwrap();
        let out = dir.path().join("out");
        let mut writer = begun(&out);
        writer.check().unwrap();
        change(&out);
        for error in [writer.check().unwrap_err(), writer.epoch([of_epoch(2)]).unwrap_err()] {
            assert!(matches!(&error, Error::Failure(p) if p.what.contains(name)), "case {i}: {error}");
        }
        writer.rescue(&[row(1), row(2)]);
        match i {
            0 => assert_eq!(read_epochs(&out).unwrap().len(), 2),
            2 => assert_eq!(fs::read_to_string(out.join("metrics.csv")).unwrap(), "other"),
            4 => assert!(!out.exists()),
            5 => assert_eq!(names(&out), [""; 0]),
            _ => {}
        }
    }
    for name in ["shapes.csv", "weights/stride2-valid-seed0.safetensors", "figures/loss.png", "figures/loss.svg"] {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = begun(dir.path());
        writer.weights(model(C), &[], &[]).unwrap();
        writer.figure("loss", &FigureFiles { png: Vec::new(), svg: String::new() }).unwrap();
        writer.check().unwrap();
        fs::remove_file(dir.path().join(name)).unwrap();
        let error = writer.check().unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    let dir = tempfile::tempdir().unwrap();
    let mut writer = begun(dir.path());
    fs::remove_dir(dir.path().join("weights")).unwrap();
    let error = writer.weights(model(C), &[], &[]).unwrap_err();
    assert!(error.to_string().contains("weights was removed"), "{error}");
}

/// A killed process leaves steps of an epoch without its row, or half a row.
#[test]
fn what_is_not_whole_is_not_read() {
    let dir = tempfile::tempdir().unwrap();
    drop(begun(dir.path()));
    let path = dir.path().join("steps.csv");
    let (whole, run) = (fs::read_to_string(&path).unwrap(), read_run(dir.path()).unwrap());
    assert_eq!((run.status, run.steps_per_epoch), (Status::Running, 3));
    let line = |end: &str| format!("2,valid,3,2,dense,0,0,{end}");
    let three = [line("4,4.0\n"), line("5,5.0\n"), line("6,6.0\n")].concat();
    for more in ["", &line("4,4.0\n"), &three, &line("4,1.2"), "2,"] {
        fs::write(&path, format!("{whole}{more}")).unwrap();
        assert_eq!(read_steps(dir.path()).unwrap(), steps(1), "{more:?}");
    }
    let path = dir.path().join("metrics.csv");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}2,valid,0,2,0.1")).unwrap();
    assert_eq!(read_epochs(dir.path()).unwrap(), [row(1)]);
}
