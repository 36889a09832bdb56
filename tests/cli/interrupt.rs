//! How the command ends after Ctrl-C.

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::tool::{Place, TINY, ended, interrupt, is_temporary, rows, shell, wait_for};

#[test]
fn the_first_stops_at_a_step_and_keeps_every_row() {
    for (backend, json) in [("cpu", ""), ("cpu", "--json"), ("gpu", "")] {
        let place = Place::new();
        let tiny = TINY.replace("--backend cpu", &format!("--backend {backend}"));
        let arguments = format!("{tiny} --epochs 10000 --out run {json}");
        let mut command = place.command(&arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = |name: &str| std::fs::read_to_string(place.at(name)).map_or(0, |text| text.lines().count());
        // Whole rows appear while the command trains.
        wait_for("rows", || lines("run/metrics.csv") > 2);
        assert_eq!(place.json("run/run.json")["status"], "running");
        interrupt(&child);
        let ran = ended(child.wait_with_output().unwrap());
        assert_eq!(ran.code, 130, "{}", ran.err);
        assert_eq!(ran.err.matches("stopping at the next step").count(), 1, "{}", ran.err);
        assert!(ran.err.ends_with("error: interrupted: every finished epoch is on disk\n"), "{}", ran.err);

        let metrics = rows(&place.read("run/metrics.csv"));
        let run = place.json("run/run.json");
        assert_eq!((&run["status"], &run["totals"]["epochs"]), (&"interrupted".into(), &metrics.len().into()));
        assert!(run["end"].is_string());
        assert_eq!(rows(&place.read("run/steps.csv")).len(), 3 * metrics.len());
        assert!(!place.files().iter().any(|file| is_temporary(file)), "{:?}", place.files());
        for figure in ["accuracy", "loss", "sample", "feature_maps_stride2_valid"] {
            assert!(place.at(&format!("run/figures/{figure}.png")).exists(), "{figure}");
        }
        // The weights are those of the last whole epoch, bit for bit.
        place.fine(&format!("{tiny} --epochs {} --out whole --quiet", metrics.len()));
        let files = ["weights/stride2-valid-seed0.safetensors", "figures/feature_maps_stride2_valid.png"];
        for file in files {
            let [stopped, whole] = ["run", "whole"].map(|run| std::fs::read(place.at(run).join(file)).unwrap());
            assert!(stopped == whole, "{file} after {} epochs", metrics.len());
        }
        match json {
            "" => assert!(ran.out.contains("stride 2, valid") && ran.out.contains("results in run"), "{}", ran.out),
            _ => assert!(ran.out.lines().last().unwrap().contains("\"event\":\"interrupted\""), "{}", ran.out),
        }
    }
}

#[test]
fn the_second_kills() {
    let place = Place::empty();
    // One step of 1000 images at stride 1 takes long enough to be killed before it ends.
    let arguments = "--backend cpu --stride 1 --padding same --limit 1000 --batch-size 1000 --epochs 100 --out run";
    let mut child = place.command(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.contains("results go to run")));
    wait_for("files", || ["run/run.json", "run/metrics.csv"].iter().all(|name| place.at(name).exists()));
    interrupt(&child);
    assert!(lines.any(|line| line.contains("stopping at the next step; Ctrl-C again to stop at once")));
    std::thread::sleep(Duration::from_millis(1100));
    interrupt(&child);
    let start = Instant::now();
    let status = child.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(3), "it took {:?}", start.elapsed());
    // The files that were written before are whole. On a fast machine the step may have ended first.
    let status = &place.json("run/run.json")["status"];
    assert!(status == "running" || status == "interrupted", "{status}");
    assert_eq!(place.read("run/metrics.csv").lines().count(), 1);
}

/// `timeout` sends its signal to the process and to its group, and both reach the process at once.
#[test]
fn repeats_within_a_second_are_one_request() {
    let place = Place::new();
    let mut command = place.command(&format!("{TINY} --epochs 10000 --out run"));
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("rows", || {
        std::fs::read_to_string(place.at("run/metrics.csv")).is_ok_and(|text| text.lines().count() > 2)
    });
    let p = child.id();
    shell(&format!("kill -TERM {p}; kill -TERM {p}; kill -INT {p}; kill -TERM {p}"));
    let ran = ended(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{}", ran.err);
    assert_eq!(ran.err.matches("stopping at the next step").count(), 1, "{}", ran.err);
    assert!(ran.err.ends_with("error: interrupted: every finished epoch is on disk\n"), "{}", ran.err);
    assert_eq!(place.json("run/run.json")["status"], "interrupted");
}

#[test]
fn every_other_command_ends_at_the_first_and_says_what_is_there() {
    let place = Place::empty();
    place.fine("--backend cpu --stride 2 --padding valid --limit 64 --epochs 1 --no-report --quiet --out run");
    let incomplete = "not all files of this command are in page; give it again with --force";
    for (arguments, signal, sign, left) in [
        ("bench --backend cpu --out new/below", "TERM", "new/below", "nothing was written"),
        ("evaluate run --backend cpu --out new", "INT", "new", "nothing was written"),
        ("report run --out page", "INT", "page/figures", incomplete),
        ("parity", "TERM", "printed", "the command was not done; give it again"),
    ] {
        let printed = std::fs::File::create(place.at("printed")).unwrap();
        let child = place.command(arguments).stdout(printed).stderr(Stdio::piped()).spawn().unwrap();
        // What a command prints is not there before its first line.
        let has_begun = || std::fs::metadata(place.at(sign)).is_ok_and(|found| found.is_dir() || found.len() > 0);
        wait_for(arguments, has_begun);
        shell(&format!("kill -{signal} {}", child.id()));
        let ran = ended(child.wait_with_output().unwrap());
        assert_eq!(ran.code, 130, "{arguments}: {}", ran.err);
        assert_eq!(ran.err.lines().last(), Some(&*format!("error: interrupted: {left}")), "{arguments}");
        assert_eq!(ran.err.matches("error: ").count(), 1, "{arguments}: {}", ran.err);
        assert!(!place.at("new").exists(), "{arguments} left its folder behind");
        assert!(!place.files().iter().any(|file| is_temporary(file)), "{arguments}: {:?}", place.files());
    }
    place.fine("report run --out page --force");
    assert!(place.at("page/report.html").exists());
}

/// `nohup` lets a run go on when its terminal is closed.
#[test]
fn a_hangup_that_is_ignored_stays_ignored() {
    let place = Place::new();
    let program = env!("CARGO_BIN_EXE_stridelab");
    let train = format!("{TINY}0000 --out run --quiet");
    let bench = "bench --backend cpu --out bench --stride 2 --padding valid --batch-size 2";
    for (arguments, out) in [(&*train, "run"), (bench, "bench")] {
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("trap '' HUP; exec {program} {arguments}")]);
        let mut child = command.current_dir(place.at("")).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        // By then the command watches for signals.
        wait_for(arguments, || place.at(out).exists());
        for _ in 0..5 {
            shell(&format!("kill -HUP {}", child.id()));
            std::thread::sleep(Duration::from_millis(100));
        }
        assert!(child.try_wait().unwrap().is_none(), "{arguments} has ended");
        shell(&format!("kill -TERM {}", child.id()));
        let ran = ended(child.wait_with_output().unwrap());
        assert_eq!(ran.code, 130, "{arguments}: {}", ran.err);
    }
}
