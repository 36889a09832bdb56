//! `--resume`: what is gone on with, what is refused, and what is said of it.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::tool::{Place, Ran, SIDES, TINY, ended, idx, interrupt, one_line, wait_for};

/// Twelve epochs of two models, three steps each.
const RUN: &str = "--backend cpu --data data --stride 2 --padding valid --epochs 12 --seeds 2 --quiet";

/// The checkpoints in `run`, the latest first.
fn checkpoints(place: &Place) -> Vec<String> {
    let mut names: Vec<(u32, String)> = fs::read_dir(place.at("run/checkpoints"))
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>())
        .unwrap_or_default()
        .into_iter()
        .filter_map(|name| {
            let step = name.strip_prefix("stride2-valid-seed0-step")?.strip_suffix(".safetensors")?;
            Some((step.parse().ok()?, name))
        })
        .collect();
    names.sort();
    names.into_iter().rev().map(|(_, name)| format!("run/checkpoints/{name}")).collect()
}

/// A run in `run` that was killed once it had two checkpoints, and an uninterrupted one in `whole`.
fn killed(options: &str) -> Place {
    let place = Place::new();
    place.fine(&format!("{RUN} {options} --out whole"));
    // On a busy machine the run may be over before it is killed.
    for _ in 0..20 {
        let mut child = place.command(&format!("{RUN} {options} --out run --force")).spawn().unwrap();
        let start = Instant::now();
        while checkpoints(&place).len() < 2 && child.try_wait().unwrap().is_none() {
            assert!(start.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = child.kill();
        child.wait().unwrap();
        if checkpoints(&place).len() == 2 {
            return place;
        }
    }
    panic!("every run was over before it was killed");
}

/// What both runs have to be equal in.
#[track_caller]
fn same(place: &Place) {
    let files = ["steps.csv", "weights/stride2-valid-seed0.safetensors", "weights/stride2-valid-seed1.safetensors"];
    for file in files {
        let [run, whole] = ["run", "whole"].map(|run| fs::read(place.at(run).join(file)).unwrap());
        assert!(run == whole, "{file} differs");
    }
    assert!(!place.at("run/checkpoints").exists());
    assert_eq!(place.json("run/run.json")["status"], "finished");
}

fn damage(place: &Place, file: &str) {
    let mut bytes = fs::read(place.at(file)).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(place.at(file), bytes).unwrap();
}

fn edit(place: &Place, change: impl FnOnce(&mut serde_json::Value)) {
    let mut run = place.json("run/run.json");
    change(&mut run);
    fs::write(place.at("run/run.json"), run.to_string()).unwrap();
}

#[test]
fn what_differs_is_refused_by_name() {
    let place = killed("");
    for (options, words) in [
        ("--epochs 5", ["--epochs is 5", "the run in run is 12"]),
        ("--seeds 3", ["--seeds is 0,1,2", "is 0,1;"]),
        ("--seed 1", ["--seed is 1", "is not given"]),
        ("--learning-rate 0.01", ["--learning-rate is 0.01", "is 0.001"]),
        ("--padding same", ["--padding is same", "is valid"]),
        ("--no-shuffle", ["--no-shuffle is given", "is not given"]),
        ("--out elsewhere", ["--out is elsewhere", "go to run"]),
        ("--backend gpu --adapter none-such", ["none-such", "adapter"]),
    ] {
        let code = if options.contains("none-such") { 3 } else { 2 };
        place.refused(&format!("--resume run {options}"), code, &words);
    }
    // Other images of the same shape.
    let [height, width] = SIDES;
    place.data("other", |file, bytes| {
        Some(if file.starts_with("t10k-images") { idx(&[40, height, width], &vec![7; 40 * 22 * 24]) } else { bytes })
    });
    place.refused("--resume run --data other", 4, &["t10k-images-idx3-ubyte", "SHA-256", "run in run", "--data"]);
    edit(&place, |run| run["version"] = "0.0.7".into());
    place.refused("--resume run", 4, &["stridelab 0.0.7", env!("CARGO_PKG_VERSION")]);
    edit(&place, |run| run["version"] = env!("CARGO_PKG_VERSION").into());
    edit(&place, |run| run["adapter"] = "another processor".into());
    place.refused("--resume run", 2, &["another processor", "--any-device"]);
    // Nothing was changed by any of this, and the same data may lie elsewhere.
    fs::rename(place.at("data"), place.at("moved")).unwrap();
    place.fine("--resume run --data moved --any-device --epochs 12 --quiet --force --out run");
    same(&place);
    let run = place.json("run/run.json");
    assert_eq!((&run["bits_may_differ"], &run["options"]["data"]), (&true.into(), &"data".into()));
    assert!(run["resumed"][0]["machine"]["backend"] == "cpu", "{run}");
}

#[test]
fn where_there_is_no_run_is_told() {
    let place = Place::new();
    place.refused("--resume none", 4, &["none is no directory"]);
    fs::create_dir(place.at("empty")).unwrap();
    place.refused("--resume empty", 4, &["empty/run.json", "--out empty --force"]);
    place.refused("--any-device", 2, &["--resume"]);
    place.refused(&format!("{TINY} --checkpoint-seconds 0 --out x"), 2, &["--checkpoint-seconds", "positive"]);
    assert!(!place.at("x").exists());
}

#[test]
fn a_finished_run_is_left_as_it_is() {
    let place = Place::new();
    place.fine(&format!("{TINY} --out run --quiet"));
    let before = fs::read(place.at("run/run.json")).unwrap();
    let ran = place.fine("--resume run");
    assert_eq!(
        (ran.out.as_str(), ran.err.as_str()),
        ("nothing is left to do: 1 model in run, every one finished\n", "")
    );
    let ran = place.fine("--resume run --json");
    let line: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&line["event"], &line["networks"]), (&"done".into(), &1.into()));
    assert_eq!(fs::read(place.at("run/run.json")).unwrap(), before);
}

/// A study that was stopped between the end of its training and its answers gets these.
#[test]
fn a_finished_study_without_answers_gets_them() {
    let place = Place::new();
    place.fine(&format!("study {TINY} --seeds 2 --out run --quiet"));
    let files = ["claims.json", "gap.csv", "figures/gap.svg"].map(|file| format!("run/{file}"));
    let before = files.each_ref().map(|file| place.read(file));
    let ran = place.fine("--resume run --quiet");
    assert!(!ran.out.contains("24 claims"), "{}", ran.out);
    files.iter().for_each(|file| fs::remove_file(place.at(file)).unwrap());
    let ran = place.fine("--resume run --quiet");
    assert!(ran.out.starts_with("nothing is left to do: 2 models") && ran.out.contains("24 claims"), "{}", ran.out);
    assert_eq!(files.each_ref().map(|file| place.read(file)), before);
    // Answers that are older than the end of training are those of an earlier sitting.
    fs::remove_file(place.at("run/gap.csv")).unwrap();
    let record = fs::read(place.at("run/run.json")).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    fs::write(place.at("run/run.json"), record).unwrap();
    place.fine("--resume run --quiet");
    assert_eq!(place.read("run/gap.csv"), before[1]);
}

/// The older checkpoint is used where the latest is damaged; without any the models start anew. One line tells of it.
/// A run is finished before its figures are drawn, and may be killed while they are.
#[test]
fn what_a_killed_process_was_writing_goes_from_a_finished_run() {
    let place = Place::new();
    place.fine(&format!("{TINY} --out run"));
    let rests = ["run/.stridelab-7-0.tmp", "run/figures/.stridelab-7-1.tmp", "run/weights/.stridelab-7-2.tmp"];
    for rest in rests {
        fs::write(place.at(rest), "half").unwrap();
    }
    place.fine("--resume run");
    assert!(place.files().iter().all(|file| !file.ends_with(".tmp")), "{:?}", place.files());
}

#[test]
fn damaged_checkpoints_are_passed_over() {
    let place = killed("");
    let [latest, older] = &checkpoints(&place)[..] else { panic!("two checkpoints") };
    damage(&place, latest);
    let ran = place.fine("--resume run --quiet");
    assert!(ran.err.starts_with(&format!("warning: {latest} is damaged: ")), "{}", ran.err);
    assert!(ran.err.contains("the checkpoint before it, of epoch ") && ran.err.lines().count() == 1, "{}", ran.err);
    same(&place);

    let place = killed("--checkpoint-seconds 0.001");
    let [latest, older_one] = &checkpoints(&place)[..] else { panic!("two checkpoints") };
    damage(&place, latest);
    fs::write(place.at(older_one), "").unwrap();
    let ran = place.fine("--resume run --quiet");
    assert!(ran.err.contains(latest) && ran.err.contains(older_one.as_str()), "{}", ran.err);
    assert!(ran.err.contains("start anew") && ran.err.lines().count() == 1, "{}", ran.err);
    same(&place);
    assert_ne!(latest, older);
}

/// A row that the checkpoint needs is missing: somebody has changed the file.
#[test]
fn rows_that_are_missing_are_told() {
    for file in ["steps.csv", "metrics.csv"] {
        let place = killed("");
        let text = place.read(&format!("run/{file}"));
        let first = text.lines().nth(1).unwrap();
        fs::write(place.at("run").join(file), text.replacen(&format!("{first}\n"), "", 1)).unwrap();
        place.refused("--resume run", 4, &[file, "rows of stride 2, valid, seed 0"]);
    }
}

#[test]
fn a_run_without_checkpoints_starts_its_models_anew() {
    let place = Place::new();
    place.fine(&format!("{RUN} --out whole"));
    let mut child = place.command(&format!("{RUN} --no-checkpoints --out run")).spawn().unwrap();
    wait_for("an epoch", || fs::read_to_string(place.at("run/metrics.csv")).is_ok_and(|text| text.lines().count() > 1));
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!place.at("run/checkpoints").exists());
    place.fine("--resume run --quiet");
    same(&place);
}

#[test]
fn a_run_that_is_written_is_not_resumed() {
    let place = Place::new();
    let command = format!("{RUN} --out run").replace("--epochs 12", "--epochs 10000");
    let mut child = place.command(&command).stdout(Stdio::null()).spawn().unwrap();
    wait_for("run.json", || place.at("run/run.json").exists());
    let ran = place.run("--resume run --quiet");
    child.kill().unwrap();
    child.wait().unwrap();
    one_line("a running run", &ran, 2, &["run is being written by", "wait for it"]);
}

/// Ctrl-C, and on; what is printed at the end is of the whole run.
#[cfg(unix)]
#[test]
fn an_interrupted_run_goes_on() {
    let place = Place::new();
    let run = RUN.replace("--epochs 12", "--epochs 40");
    place.fine(&format!("{run} --out whole"));
    let mut command = place.command(&format!("{run} --out run"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("an epoch", || checkpoints(&place).len() > 1);
    interrupt(&child);
    let Ran { code, err, .. } = ended(child.wait_with_output().unwrap());
    assert_eq!(code, 130, "{err}");
    assert!(place.at("run/figures/loss.png").exists() && place.at("run/checkpoints").exists());
    let ran = place.fine("--resume run");
    assert!(
        ran.err.contains("going on: 0 of 2 models finished") && ran.err.contains("going on after epoch"),
        "{}",
        ran.err
    );
    assert!(ran.out.contains("stride 2, valid") && ran.out.contains("results in run"), "{}", ran.out);
    same(&place);
    let totals = |run: &str| place.json(&format!("{run}/run.json"))["totals"].clone();
    assert_eq!((&totals("run")["epochs"], &totals("run")["networks"]), (&80.into(), &2.into()));
    assert_eq!(totals("run")["steps"], totals("whole")["steps"]);
    assert_eq!(place.json("run/run.json")["resumed"].as_array().unwrap().len(), 1);
}

/// A model that has diverged is settled: going on tells the same as the run itself did.
#[test]
fn a_run_that_diverged_tells_so_again() {
    let place = Place::new();
    let run = format!("{RUN} --learning-rate 1e30 --out run");
    let first = place.run(&run);
    assert!(first.code == 1 && first.err.contains("training diverged"), "{}", first.err);
    let before = ["metrics.csv", "steps.csv"].map(|file| place.read(&format!("run/{file}")));
    let again = place.run("--resume run --quiet");
    assert_eq!((again.code, &again.err), (1, &first.err));
    assert_eq!(["metrics.csv", "steps.csv"].map(|file| place.read(&format!("run/{file}"))), before);
    assert_eq!(place.json("run/run.json")["diverged"].as_array().unwrap().len(), 2);
}
