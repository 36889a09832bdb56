//! Runs that are killed at any moment and gone on with: the end is, byte for byte, that of a run that was not.
//!
//! `benches/kills.sh` runs the first of these tests with 200 kills.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::tool::{Place, Ran, ended, is_temporary, needs_adapter};

/// Two groups of two seeds on the small set, a few steps an epoch.
const RUN: &str = "--data data --stride 2 --epochs 2 --batch-size 16 --seeds 2 --quiet";

/// The files of a run, each with what an uninterrupted run determines of it.
fn determined(run: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let mut open = vec![run.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
                continue;
            }
            let name = entry.path().strip_prefix(run).unwrap().display().to_string();
            let bytes = fs::read(entry.path()).unwrap();
            let bytes = match name.as_str() {
                "run.json" => what_is_determined_of_run_json(&bytes),
                "metrics.csv" | "models.csv" => without_last_column(&bytes),
                _ => bytes,
            };
            files.push((name, bytes));
        }
    }
    files.sort();
    files
}

/// The last column has the seconds.
fn without_last_column(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.lines().next().is_some_and(|names| names.ends_with(",seconds")), "{text}");
    let rows = text.lines().map(|line| line.rsplit_once(',').map_or(line, |(rest, _)| rest));
    rows.map(|row| format!("{row}\n")).collect::<String>().into_bytes()
}

fn what_is_determined_of_run_json(bytes: &[u8]) -> Vec<u8> {
    let mut run: serde_json::Value = serde_json::from_slice(bytes).unwrap();
    let object = run.as_object_mut().unwrap();
    for name in ["start", "end", "setup_seconds", "resumed"] {
        object.remove(name);
    }
    for name in ["out", "force", "checkpoint-seconds"] {
        object["options"].as_object_mut().unwrap().remove(name);
    }
    object["totals"].as_object_mut().unwrap().retain(|name, _| !name.ends_with("seconds"));
    run.to_string().into_bytes()
}

/// Fails where two runs differ, naming the file.
#[track_caller]
fn same(what: &str, run: &Path, whole: &[(String, Vec<u8>)]) {
    let found = determined(run);
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|file| file.0.clone()).collect::<Vec<_>>();
    assert_eq!(names(&found), names(whole), "{what}");
    for ((name, bytes), (_, expected)) in found.iter().zip(whole) {
        if bytes != expected {
            let [found, expected] = [bytes, expected].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
            panic!("{what}: {name} differs\n{found}\n{expected}");
        }
    }
}

/// Runs a command, and kills it after so long. Whether it was killed.
fn killed(place: &Place, arguments: &str, after: Duration) -> Option<Ran> {
    let mut child = place.command(arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
    let running = child.try_wait().unwrap().is_none();
    if running {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    (!running).then(|| ended(output))
}

/// What becomes of a number of runs that are killed.
#[derive(Debug, Default)]
struct Kills {
    /// Runs of which the directory was there to go on with.
    resumed: usize,
    /// Runs that went on from a checkpoint.
    from_checkpoint: usize,
    /// Resumed runs that were killed again.
    twice: usize,
}

/// Kills a run at `moments` moments spread over its time, and goes on with each; every third is killed again.
fn kills(backend: &str, moments: usize, more: &[&str]) -> Kills {
    let place = Place::new();
    // A software adapter compiles its kernels in every process anew: one network of the two.
    let networks = if backend == "gpu" { "--padding valid" } else { "" };
    let options = format!("--backend {backend} {RUN} {networks}");
    let mut counts = Kills::default();
    let start = Instant::now();
    needs_adapter(&place.run(&format!("{options} --out whole")));
    let whole_time = start.elapsed();
    let whole = determined(&place.at("whole"));
    for moment in 0..moments {
        let more = more[moment % more.len()];
        // The golden ratio spreads any number of moments evenly, none of them at a step's pace.
        let share = (0.5 + 0.618_033_988_749_895 * moment as f64).fract();
        let out = format!("run{moment}");
        let what = format!("{backend} {more} killed at {share:.3} of {whole_time:?}");
        let run = format!("{options} {more} --out {out}");
        if killed(&place, &run, whole_time.mul_f64(share)).is_none() && !place.at(&out).join("run.json").exists() {
            // It had not begun: there is nothing to go on with, which is told.
            place.refused(&format!("--resume {out}"), 4, &[out.as_str()]);
            place.fine(&format!("{run} --force"));
        } else {
            counts.resumed += 1;
            counts.from_checkpoint += usize::from(place.at(&out).join("checkpoints").exists());
            let resume = format!("--resume {out} --quiet");
            if moment % 3 == 0 && killed(&place, &resume, whole_time.mul_f64(share / 2.0)).is_none() {
                counts.twice += 1;
            }
            place.fine(&resume);
        }
        same(&what, &place.at(&out), &whole);
        assert!(!place.files().iter().any(|file| is_temporary(file)), "{what}: {:?}", place.files());
        fs::remove_dir_all(place.at(&out)).unwrap();
    }
    println!("{backend}, {moments} kills: {counts:?} in {:.1?}", start.elapsed());
    counts
}

#[test]
fn a_run_that_was_killed_at_any_moment_ends_as_one_that_was_not() {
    let moments = std::env::var("STRIDELAB_KILLS").map_or(50, |text| text.parse().unwrap());
    let counts = kills("cpu", moments, &["", "--checkpoint-seconds 0.001", "--checkpoint-seconds 0.02"]);
    assert!(counts.resumed > moments / 4, "{counts:?}: most runs were over before they were killed, or had not begun");
}

#[test]
fn so_it_is_on_the_gpu() {
    kills("gpu", 2, &["--checkpoint-seconds 0.01"]);
}
