//! Runs that are killed at any moment and gone on with: the end is, byte for byte, that of a run that was not.
//!
//! `benches/kills.sh` runs the test on the CPU with 200 kills.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use super::tool::{Place, Ran, ended, is_temporary, needs_adapter};

/// Two groups of two seeds on the small set, nine steps an epoch, of which two or three are measured.
const RUN: &str = "--data data --stride 2 --epochs 4 --batch-size 16 --seeds 2 --log-gradients 4 --quiet";

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
                "metrics.csv" | "models.csv" => without(&bytes, &["seconds"]),
                "inference.csv" => without(&bytes, &["images_per_second"]),
                "cost_summary.csv" => without(&bytes, &["seconds_per_step", "images_per_second"]),
                "claims.csv" => without_measured_times(&bytes),
                // The same sentences, and a point for each measured time.
                "report.html"
                | "claims.json"
                | "claims.md"
                | "figures/accuracy_cost.svg"
                | "figures/accuracy_cost.png" => Vec::new(),
                _ => bytes,
            };
            files.push((name, bytes));
        }
    }
    files.sort();
    files
}

/// A table without these columns, which are of measured times.
fn without(bytes: &[u8], columns: &[&str]) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let names: Vec<&str> = text.lines().next().unwrap().split(',').collect();
    assert!(columns.iter().all(|column| names.contains(column)), "{text}");
    let kept = |line: &str| {
        let cells = line.split(',').zip(&names).filter(|(_, name)| !columns.contains(name));
        cells.map(|(cell, _)| format!("{cell},")).collect::<String>() + "\n"
    };
    text.lines().map(kept).collect::<String>().into_bytes()
}

/// The verdicts without those of claims 9, 10 and 22, in whose sentences there are times.
fn without_measured_times(bytes: &[u8]) -> Vec<u8> {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let is_measured = |line: &&str| ["9,", "10,", "22,"].iter().any(|number| line.starts_with(number));
    assert_eq!(text.lines().filter(is_measured).count(), 3, "{text}");
    text.lines().filter(|line| !is_measured(line)).map(|line| format!("{line}\n")).collect::<String>().into_bytes()
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

/// Runs a command, waits for a file of it, and kills it so long after. `None` if it was killed, else how it had ended.
///
/// Times alone are no measure: a run may take three times as long while the machine has other work.
fn killed(place: &Place, arguments: &str, file: Option<&str>, after: Duration) -> Option<Ran> {
    let mut child = place.command(arguments).stdout(std::process::Stdio::null()).spawn().unwrap();
    let is_running = |child: &mut std::process::Child| child.try_wait().unwrap().is_none();
    while file.is_some_and(|file| !place.at(file).exists()) && is_running(&mut child) {
        std::thread::sleep(Duration::from_millis(1));
    }
    std::thread::sleep(after);
    let running = is_running(&mut child);
    if running {
        child.kill().unwrap();
    }
    let output = child.wait_with_output().unwrap();
    (!running).then(|| ended(output))
}

/// What became of a number of kills.
#[derive(Debug, Default)]
struct Kills {
    runs: usize,
    /// Kills of a run or of one that was gone on with.
    kills: usize,
    /// Of these, kills before there was anything to go on with.
    before_it_began: usize,
    /// Of these, kills that left a checkpoint.
    with_checkpoint: usize,
    /// Kills that waited for no file, and of these those that came before the run had ended.
    timed: usize,
    in_time: usize,
    seconds: f64,
}

/// How often a run is killed before it is left to end.
const KILLS_OF_A_RUN: usize = 5;

/// Kills runs, `moments` times in all, and goes on with each: at moments spread over the time of a run, and every
/// other run soon after its first checkpoint.
fn kills(moments: usize, more: &[&str]) -> Kills {
    let place = Place::new();
    let options = format!("--backend cpu {RUN}");
    let mut counts = Kills::default();
    let start = Instant::now();
    place.fine(&format!("{options} --out whole"));
    let whole_time = start.elapsed();
    let whole = determined(&place.at("whole"));
    let has_begun = |out: &str| place.at(out).join("run.json").exists();
    while counts.kills < moments {
        let more = more[counts.runs % more.len()];
        let out = format!("run{}", counts.runs);
        let next = || match has_begun(&out) {
            true => format!("--resume {out} --quiet"),
            false => format!("{options} {more} --out {out} --force"),
        };
        counts.runs += 1;
        let mut what = format!("{more}, in {whole_time:?}, killed at");
        for _ in 0..KILLS_OF_A_RUN.min(moments - counts.kills) {
            // The golden ratio spreads any number of moments evenly, none of them at a step's pace.
            let share = (0.5 + 0.618_033_988_749_895 * counts.kills as f64).fract();
            counts.kills += 1;
            let checkpoints = format!("{out}/checkpoints");
            let waits = counts.runs.is_multiple_of(2) && !place.at(&checkpoints).exists();
            // What is left of a run that has begun takes less time.
            let moment = share
                * if waits {
                    0.02
                } else if has_begun(&out) {
                    0.5
                } else {
                    0.9
                };
            let file = waits.then_some(checkpoints.as_str());
            counts.timed += usize::from(!waits);
            if killed(&place, &next(), file, whole_time.mul_f64(moment)).is_some() {
                break;
            }
            counts.in_time += usize::from(!waits);
            what += &format!(" {moment:.3}{}", if waits { " after a checkpoint" } else { "" });
            counts.before_it_began += usize::from(!has_begun(&out));
            counts.with_checkpoint += usize::from(place.at(&checkpoints).exists());
        }
        if !has_begun(&out) {
            place.refused(&format!("--resume {out}"), 4, &[out.as_str()]);
        }
        place.fine(&next());
        same(&what, &place.at(&out), &whole);
        assert!(!place.files().iter().any(|file| is_temporary(file)), "{what}: {:?}", place.files());
        fs::remove_dir_all(place.at(&out)).unwrap();
    }
    counts.seconds = start.elapsed().as_secs_f64();
    counts
}

#[test]
fn a_run_that_was_killed_at_any_moment_ends_as_one_that_was_not() {
    let moments = std::env::var("STRIDELAB_KILLS").map_or(50, |text| text.parse().unwrap());
    let counts = kills(moments, &["", "--checkpoint-seconds 0.001", "--checkpoint-seconds 0.02"]);
    println!("{counts:?}");
    assert!(
        counts.with_checkpoint > moments / 10,
        "{counts:?}: runs were over before they were killed, or had not begun"
    );
    assert!(4 * counts.in_time > counts.timed, "{counts:?}: runs were over before they were killed");
}

/// What a study adds to a run: questions that every model is asked, tables, figures, verdicts. It is killed while it
/// measures, trains, asks and judges.
#[test]
fn a_study_that_was_killed_ends_as_one_that_was_not() {
    let place = Place::new();
    let options = format!("study --backend cpu {RUN} --checkpoint-seconds 0.005");
    let start = Instant::now();
    place.fine(&format!("{options} --out whole"));
    let whole_time = start.elapsed();
    let whole = determined(&place.at("whole"));
    assert!(whole.iter().any(|(name, _)| name == "shift_accuracy.csv"), "no study");
    let (mut at_files, mut timed) = (0, 0);
    let files = ["checkpoints", "weights/stride2-same-seed1.safetensors", "figures/loss.png", "figures/coverage.png"];
    let moments = [[0.5, 0.4], [0.6, 0.3], [0.2, 0.8], [0.9, 0.9]];
    for (i, (file, [then, last])) in files.into_iter().zip(moments).enumerate() {
        let out = format!("run{i}");
        let next = || match place.at(&out).join("run.json").exists() {
            true => format!("--resume {out} --quiet"),
            false => format!("{options} --out {out} --force"),
        };
        let first = format!("{out}/{file}");
        at_files += usize::from(killed(&place, &next(), Some(&first), Duration::ZERO).is_none());
        for moment in [then, last] {
            timed += usize::from(killed(&place, &next(), None, whole_time.mul_f64(moment)).is_none());
        }
        place.fine(&next());
        same(&format!("killed at {file}, then {then} and {last} of {whole_time:?}"), &place.at(&out), &whole);
    }
    assert_eq!(at_files, files.len(), "the studies were over before they were killed");
    assert!(timed > 0, "the studies that were gone on with were over before they were killed");
}

/// Killed once it has a checkpoint: most of its time a software adapter compiles.
#[test]
fn so_it_is_on_the_gpu() {
    let place = Place::new();
    let options = format!("--backend gpu {RUN} --padding valid --checkpoint-seconds 0.001");
    needs_adapter(&place.run(&format!("{options} --out whole")));
    let whole = determined(&place.at("whole"));
    let folder = place.at("run/checkpoints");
    for attempt in 0.. {
        assert!(attempt < 20, "every run was over before it was killed");
        let mut child = place.command(&format!("{options} --out run --force")).spawn().unwrap();
        let is_running = |child: &mut std::process::Child| child.try_wait().unwrap().is_none();
        while is_running(&mut child) && fs::read_dir(&folder).map_or(0, Iterator::count) < 2 {
            std::thread::sleep(Duration::from_millis(2));
        }
        let _ = child.kill();
        child.wait().unwrap();
        if folder.exists() {
            break;
        }
    }
    place.fine("--resume run --quiet");
    same("gpu", &place.at("run"), &whole);
}
