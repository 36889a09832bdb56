//! The files that a run writes.

use std::fs;
use std::path::Path;

use super::rows::{epoch, model, network};
use stridelab::Error;
use stridelab::model::geometry::{Padding, Pads};
use stridelab::model::{Configuration, ModelId};
use stridelab::record::{EpochRow, RunRecord, ShapeRow, Status, StepRow};
use stridelab::store::{ModelEpoch, RunWriter, feature_maps_name};

fn explicit(stride: usize) -> Configuration {
    Configuration::new(stride, Padding::Explicit(Pads { top: 1, left: 0, bottom: 1, right: 0 }))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

#[test]
fn rows_are_on_disk_as_soon_as_they_are_appended() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("a/b");
    let mut writer = RunWriter::create(&out, false).unwrap();
    let header =
        "stride,padding,kernel,pool,head,crop,seed,epoch,train_loss,train_accuracy,val_loss,val_accuracy,seconds\n";
    assert_eq!(read(&out.join("metrics.csv")), header);
    assert_eq!(read(&out.join("steps.csv")), "stride,padding,kernel,pool,head,crop,seed,step,loss\n");

    let mut row = epoch(Configuration::TUTORIAL[3], 1, 0.1 + 0.2, 7.504);
    (row.train_loss, row.val_loss) = (f64::NAN, 1e-7);
    let configuration = explicit(1);
    let step = |step| StepRow { model: ModelId { configuration, seed: u64::MAX }, step, loss: 2.5 };
    let steps = vec![step(1), step(2)];
    writer.epoch([ModelEpoch { row: row.clone(), steps, gradients: Vec::new() }]).unwrap();
    let written = read(&out.join("metrics.csv"));
    assert_eq!(
        written,
        format!("{header}2,valid,3,2,dense,0,0,1,NaN,0.30100000000000005,1e-7,0.30000000000000004,7.504\n")
    );
    let mut reader = csv::Reader::from_reader(written.as_bytes());
    let back: EpochRow = reader.deserialize().next().unwrap().unwrap();
    assert_eq!(back.val_accuracy.to_bits(), row.val_accuracy.to_bits());

    let rows = "1,t1l0b1r0,3,2,dense,0,18446744073709551615,1,2.5\n1,t1l0b1r0,3,2,dense,0,18446744073709551615,2,2.5\n";
    assert_eq!(read(&out.join("steps.csv")), format!("stride,padding,kernel,pool,head,crop,seed,step,loss\n{rows}"));
}

#[test]
fn every_header_names_the_fields_in_order() {
    // The header is written separately, so that a file without rows has one. It must name the fields as serde does.
    fn check<R: serde::Serialize + Clone>(row: R, header: &str) {
        let mut csv = csv::Writer::from_writer(Vec::new());
        csv.serialize(row).unwrap();
        let text = String::from_utf8(csv.into_inner().unwrap()).unwrap();
        assert_eq!(text.lines().next(), header.lines().next());
    }
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RunWriter::create(dir.path(), false).unwrap();
    let c = Configuration::TUTORIAL[1];
    let shapes = ShapeRow::of(c, &network(c));
    writer.shapes(&shapes).unwrap();
    let of = |name: &str| read(&dir.path().join(name));
    check(epoch(c, 1, 0.9, 1.0), &of("metrics.csv"));
    check(StepRow { model: model(c), step: 1, loss: 0.0 }, &of("steps.csv"));
    check(shapes[0].clone(), &of("shapes.csv"));
    let lines: Vec<_> = of("shapes.csv").lines().map(str::to_owned).collect();
    assert_eq!(lines[1], "2,same,3,2,dense,0,conv1,14,14,32,0,0,1,1,320,56448");
    assert_eq!(lines[6], "2,same,3,2,dense,0,dense2,1,1,10,0,0,0,0,1290,1280");
}

#[test]
fn run_json_is_replaced_whole_and_knows_its_end() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RunWriter::create(dir.path(), false).unwrap();
    let mut info =
        RunRecord { version: "0.1.0".into(), start: "2026-11-26T12:00:00+01:00".into(), ..RunRecord::default() };
    writer.run(&info).unwrap();
    (info.end, info.status) = (Some("2026-11-26T12:00:00+01:00".into()), Status::Interrupted);
    writer.run(&info).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read(&dir.path().join("run.json"))).unwrap();
    assert_eq!((json["status"].as_str(), json["version"].as_str()), (Some("interrupted"), Some("0.1.0")));
    let start = json["start"].as_str().unwrap();
    assert!(start.parse::<jiff::Timestamp>().is_ok(), "{start}");
    assert!(fs::read_dir(dir.path()).unwrap().all(|e| !e.unwrap().file_name().to_string_lossy().ends_with(".tmp")));
}

#[test]
fn a_used_directory_is_refused_untouched() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("thesis.tex"), "years").unwrap();
    let error = RunWriter::create(dir.path(), false).unwrap_err();
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    let text = error.to_string();
    assert!(text.to_string().contains(&dir.path().display().to_string()) && text.contains("replaced"), "{text}");
    assert!(!text.to_string().contains('\n'));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn force_removes_what_is_ours_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    RunWriter::create(dir.path(), false).unwrap().run(&RunRecord::default()).unwrap();
    let configuration = explicit(3);
    let maps = format!("figures/{}.svg", feature_maps_name(configuration));
    let ours = [
        "weights/stride1-same-seed0.safetensors",
        "features.safetensors",
        "figures/loss.png",
        "figures/features.svg",
        "run.json",
        "figures/.stridelab-7-0.tmp",
        &maps,
    ];
    let theirs = [
        "notes.txt",
        "weights/best.safetensors",
        "weights/stride1-same-seedling.safetensors",
        "figures/fig1.png",
        "figures/loss.pdf",
        "figures/cost.svg",
    ];
    ours.iter().chain(&theirs).for_each(|name| fs::write(at(name), "old").unwrap());
    fs::write(at("metrics.csv"), "old").unwrap();
    let mut writer = RunWriter::create(dir.path(), true).unwrap();
    ours.iter().for_each(|name| assert!(!at(name).exists(), "{name} stayed"));
    theirs.iter().for_each(|name| assert_eq!(read(&at(name)), "old", "{name}"));
    assert!(read(&at("metrics.csv")).starts_with("stride,"));
    writer.weights(ModelId { configuration, seed: 7 }, &[], &[]).unwrap();
    assert!(at("weights/stride3-t1l0b1r0-seed7.safetensors").exists());
}

#[test]
fn two_writers_do_not_share_a_directory() {
    let dir = tempfile::tempdir().unwrap();
    let first = RunWriter::create(dir.path(), false).unwrap();
    let error = RunWriter::create(dir.path(), true).unwrap_err();
    assert!(matches!(error, Error::Usage(_)), "{error:?}");
    let holder = format!("process {}", std::process::id());
    assert!(!cfg!(target_os = "linux") || error.to_string().contains(&holder), "{error}");
    drop(first);
    RunWriter::create(dir.path(), true).unwrap();
}

#[test]
fn an_unwritable_directory_is_one_line() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("file"), "").unwrap();
    let error = RunWriter::create(&dir.path().join("file/out"), false).unwrap_err();
    assert!(
        matches!(&error, Error::Failure(text) if text.to_string().contains("file/out") && !text.to_string().contains('\n')),
        "{error:?}"
    );
}
