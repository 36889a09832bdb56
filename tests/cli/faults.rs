//! What happens where the system refuses, or somebody meddles: one line, the right exit code, nothing lost. The limits
//! and the pipes are those of Linux.

use std::fs;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use stridelab::record::{RunRecord, Status};
use stridelab::store::{RunWriter, read_epochs, read_run, read_steps};

use super::tool::{Place, Ran, TINY, ended, is_temporary, last_of_each, one_line, rows};

/// Runs the command below a shell that has done `first`, such as `ulimit -v 100000`. Fails after a minute.
pub(super) fn run_after(place: &Place, first: &str, arguments: &str) -> Ran {
    let program = env!("CARGO_BIN_EXE_stridelab");
    let arguments = last_of_each(arguments).join(" ");
    let mut command = Command::new("timeout");
    command.args(["-k", "1", "60", "sh", "-c", &format!("{first}; exec {program} {arguments}")]);
    ended(command.current_dir(place.at("")).stdin(Stdio::null()).output().unwrap())
}

/// The rows of both files belong together, and `run.json` says how it ended.
fn check_whole(place: &Place, status: &str) -> usize {
    let metrics = rows(&place.read("run/metrics.csv"));
    let steps = place.read("run/steps.csv");
    assert!(steps.ends_with('\n'));
    assert_eq!(rows(&steps).len(), 3 * metrics.len());
    assert_eq!(place.json("run/run.json")["status"], status);
    assert!(!place.files().iter().any(|file| is_temporary(file)), "{:?}", place.files());
    metrics.len()
}

/// No file may grow past 8 or 12 KiB, as on a disk that fills up: an epoch is there whole or not at all.
#[test]
fn a_full_disk_leaves_whole_epochs_and_the_last_word() {
    for kib in [8, 9, 12] {
        let place = Place::new();
        let limit = format!("ulimit -f {}", 2 * kib);
        let ran = run_after(&place, &limit, &format!("{TINY} --epochs 10000 --no-checkpoints --out run --quiet"));
        one_line("a full disk", &ran, 1, &["steps.csv", "too large", "ulimit -f"]);
        let epochs = check_whole(&place, "failed");
        assert!(epochs > 10 && place.read("run/steps.csv").len() as u64 > kib * 1024 - 300, "{epochs} epochs");
        assert_eq!(place.json("run/run.json")["totals"]["epochs"], epochs);
    }
}

/// A checkpoint for which there is no room ends the run in one line; the epochs and the checkpoint before it stay, and
/// the run goes on from there where there is room again.
#[test]
fn a_disk_too_small_for_a_checkpoint_keeps_what_is_whole() {
    let place = Place::new();
    let whole = format!("{TINY} --batch-size 8 --seeds 2 --quiet");
    place.fine(&format!("{whole} --out whole"));
    // The weights of both models fit, both with their moments do not.
    let limit = format!("ulimit -f {}", 2 * 300);
    let ran = run_after(&place, &limit, &format!("{whole} --out run"));
    one_line(
        "no room for a checkpoint",
        &ran,
        1,
        &["run/checkpoints/stride2-valid-seed0-step17.safetensors", "too large"],
    );
    assert_eq!(place.json("run/run.json")["status"], "failed");
    assert_eq!(rows(&place.read("run/metrics.csv")).len(), 2);
    assert!(!place.files().iter().any(|file| is_temporary(file)), "{:?}", place.files());
    place.fine("--resume run --quiet");
    let steps = ["run", "whole"].map(|run| place.read(&format!("{run}/steps.csv")));
    assert_eq!(steps[0], steps[1]);
}

/// Even where no other file can be made, `run.json` says how the run ended. Needs a disk of its own, so root.
#[test]
fn a_disk_without_any_room_takes_the_last_word() {
    let place = Place::new();
    fs::create_dir(place.at("disk")).unwrap();
    let mount = |arguments: &[&str]| Command::new(arguments[0]).args(&arguments[1..]).arg(place.at("disk")).output();
    let mounted = mount(&["mount", "-t", "tmpfs", "-o", "size=36k", "tmpfs"]);
    if !mounted.is_ok_and(|output| output.status.success()) {
        println!("no small disk can be mounted here: only the limit on a file's size was tried");
        return;
    }
    let last_word = std::panic::catch_unwind(|| {
        let directory = place.at("disk/direct");
        let mut writer = RunWriter::create(&directory, false).unwrap();
        writer.shapes(&[]).unwrap();
        let mut record = RunRecord { steps_per_epoch: 3, ..RunRecord::default() };
        writer.run(&record).unwrap();
        let mut filler = fs::File::create(place.at("disk/filler")).unwrap();
        while filler.write_all(&[0; 512]).is_ok() {}
        assert!(fs::write(place.at("disk/another"), [0; 512]).is_err(), "the disk is full");
        record.status = Status::Failed;
        writer.run(&record).unwrap();
        assert_eq!(read_run(&directory).unwrap(), record);
        drop(writer);
        ["direct", "filler", "another"].map(|name| {
            fs::remove_dir_all(place.at("disk").join(name)).or_else(|_| fs::remove_file(place.at("disk").join(name)))
        })
    });
    std::os::unix::fs::symlink("disk/run", place.at("run")).unwrap();
    let ran = run_after(&place, ":", &format!("{TINY} --epochs 10000 --no-checkpoints --out disk/run --quiet"));
    let whole = std::panic::catch_unwind(|| {
        one_line("a full disk", &ran, 1, &["No space left", "make room", "--out"]);
        assert!(check_whole(&place, "failed") > 10);
    });
    assert!(mount(&["umount"]).unwrap().status.success());
    last_word.unwrap().into_iter().for_each(Result::unwrap);
    whole.unwrap();
}

/// Of models that train side by side, those for which there is room are whole, and the others are trained where there
/// is more. Needs a disk of its own, so root.
#[test]
fn a_disk_with_room_for_some_models_keeps_those() {
    let place = Place::new();
    fs::create_dir(place.at("disk")).unwrap();
    let mount = |arguments: &[&str]| {
        let output = Command::new(arguments[0]).args(&arguments[1..]).arg(place.at("disk")).output();
        output.is_ok_and(|output| output.status.success())
    };
    if !mount(&["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs"]) {
        println!("no small disk can be mounted here");
        return;
    }
    let options = format!("{TINY} --seeds 8 --no-report --quiet");
    place.fine(&format!("{options} --out whole"));
    let ran = place.run(&format!("{options} --no-checkpoints --out disk/run"));
    let checked = std::panic::catch_unwind(|| {
        one_line("a full disk", &ran, 1, &["disk/run/", "No space left"]);
        let models = rows(&place.read("disk/run/models.csv"));
        assert!((1..8).contains(&models.len()), "{}", models.len());
        assert_eq!(place.json("disk/run/run.json")["totals"]["networks"], models.len());
        for folder in ["weights", "predictions"] {
            let files = fs::read_dir(place.at("disk/run").join(folder)).unwrap().map(|file| file.unwrap().file_name());
            let files = files.filter(|name| name.to_string_lossy().contains("seed"));
            assert_eq!(files.count(), models.len(), "{folder}");
        }
        assert!(mount(&["mount", "-o", "remount,size=20m"]));
        place.fine("--resume disk/run --quiet --no-report");
        for seed in 0..8 {
            let weights = ["disk/run", "whole"]
                .map(|run| fs::read(place.at(&format!("{run}/weights/stride2-valid-seed{seed}.safetensors"))).unwrap());
            assert!(weights[0] == weights[1], "seed {seed}");
        }
    });
    assert!(mount(&["umount"]));
    checked.unwrap();
}

#[test]
fn a_file_removed_during_a_run_is_missed_and_written_again() {
    let place = Place::new();
    let mut command = place.command(&format!("{TINY} --epochs 10000 --out run --quiet"));
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while fs::read_to_string(place.at("run/metrics.csv")).map_or(0, |text| text.lines().count()) < 3 {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    fs::remove_file(place.at("run/metrics.csv")).unwrap();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let ran = ended(child.wait_with_output().unwrap());
    one_line("metrics.csv removed", &ran, 1, &["run/metrics.csv was removed"]);
    let metrics = rows(&place.read("run/metrics.csv"));
    let epochs: Vec<_> = metrics.iter().map(|row| row["epoch"].as_u64().unwrap()).collect();
    assert!(epochs.len() > 2 && epochs.iter().copied().eq(1..=epochs.len() as u64), "{epochs:?}");
    assert_eq!(place.json("run/run.json")["status"], "failed");
    assert!(place.at("run/weights/stride2-valid-seed0.safetensors").exists(), "the weights in hand");
    assert!(place.at("run/figures/loss.png").exists());
}

/// Ten kills at ten moments: the reader's rules hold for what is left.
#[test]
fn a_kill_at_any_moment_leaves_what_can_be_read() {
    let place = Place::new();
    for moment in 0..10 {
        let out = format!("run{moment}");
        let mut child = place.command(&format!("{TINY} --epochs 10000 --out {out} --quiet")).spawn().unwrap();
        let start = Instant::now();
        while !place.at(&format!("{out}/run.json")).exists() {
            assert!(start.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(5));
        }
        std::thread::sleep(Duration::from_millis(100 + 37 * moment));
        child.kill().unwrap();
        child.wait().unwrap();
        let directory = place.at(&out);
        assert_eq!(read_run(&directory).unwrap().status, Status::Running);
        let epochs = read_epochs(&directory).unwrap();
        let steps = read_steps(&directory).unwrap();
        assert_eq!(steps.len(), 3 * epochs.len());
        // Nothing is in the way of the next run.
        place.fine(&format!("{TINY} --out {out} --force --quiet"));
    }
}

#[test]
fn short_memory_is_one_line() {
    let place = Place::new();
    // From too little to begin with, up to plenty.
    for kb in [40_000, 50_000, 60_000, 70_000, 85_000, 100_000, 120_000, 150_000, 400_000] {
        for backend in ["cpu", "gpu"] {
            let arguments = format!("{} --out out-{backend}-{kb} --quiet", TINY.replace("cpu", backend));
            let ran = run_after(&place, &format!("ulimit -v {kb}"), &arguments);
            match ran.code {
                0 => assert_eq!((backend, &*ran.err), ("cpu", "")),
                // The loader itself found no room for the program.
                127 => {}
                _ => one_line(&format!("{backend}, {kb} KB"), &ran, 1, &[]),
            }
        }
    }
    // The data alone are too much: neither batch nor limit would help.
    let ran = run_after(&place, "ulimit -v 140000", "--backend cpu --out never --stride 2 --padding same --quiet");
    one_line("MNIST in 140 MB", &ran, 1, &["emory"]);
    // A smaller batch would.
    let arguments = "--backend cpu --out never --batch-size 60000 --stride 1 --padding same --quiet";
    let ran = run_after(&place, "ulimit -v 4000000", arguments);
    one_line("a batch of 60000", &ran, 1, &["ulimit -v leaves", "use a smaller --batch-size"]);
    assert!(!place.at("never").exists());
}

/// The models of many seeds that do not fit into memory together are no reason to refuse them.
#[test]
fn seeds_that_do_not_fit_together_train_one_after_the_other() {
    let place = Place::new();
    let train = |first: &str, out: &str| {
        let ran = run_after(&place, first, &format!("{TINY} --limit 64 --seeds 60 --out {out} --quiet"));
        assert_eq!(ran.code, 0, "{}", ran.err);
        [0, 59].map(|seed| fs::read(place.at(&format!("{out}/weights/stride2-valid-seed{seed}.safetensors"))).unwrap())
    };
    assert!(train(":", "together") == train("export RAYON_NUM_THREADS=2; ulimit -v 150000", "apart"));
}

/// Memory that is refused in the middle of a run, where nobody has asked for it by name.
#[test]
fn memory_refused_later_is_one_line_and_the_last_word() {
    let place = Place::new();
    let program = env!("CARGO_BIN_EXE_stridelab");
    let arguments = format!("{TINY} --epochs 10000 --out run --quiet");
    let arguments = last_of_each(&arguments).join(" ");
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -v 4000000; exec {program} {arguments}")]);
    let command = command.current_dir(place.at("")).stdin(Stdio::null());
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while fs::read_to_string(place.at("run/metrics.csv")).map_or(0, |text| text.lines().count()) < 3 {
        assert!(start.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    let pid = child.id().to_string();
    // Whatever is allocated from now on and is not at hand is refused: the figures, at the latest.
    let limited = Command::new("prlimit").args(["--pid", &pid, "--as=1000000"]).status();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    if !limited.is_ok_and(|status| status.success()) {
        println!("there is no prlimit here: only limits from the beginning were tried");
        return;
    }
    one_line("short later", &Ran { out: String::new(), ..ended(output) }, 1, &["out of memory"]);
    check_whole(&place, "failed");
    assert!(place.json("run/run.json")["end"].is_string());
}

/// What is no file of a bounded size is refused at once, wherever a user's file is read.
#[test]
fn pipes_and_devices_are_not_read() {
    let place = Place::new();
    assert!(Command::new("mkfifo").arg(place.at("pipe")).status().unwrap().success());
    fs::create_dir(place.at("piped")).unwrap();
    let image = "piped/train-images-idx3-ubyte";
    assert!(Command::new("mkfifo").arg(place.at(image)).status().unwrap().success());
    std::os::unix::fs::symlink("/dev/zero", place.at("zeros")).unwrap();
    let huge = fs::File::create(place.at("huge")).unwrap();
    huge.set_len(1 << 40).unwrap();
    for file in ["pipe", "zeros", "/dev/zero", "/dev/stdin", "huge", "data"] {
        for arguments in [format!("bench --compare {file} --out never"), format!("{TINY} --init {file} --out never")] {
            let ran = run_after(&place, "ulimit -v 2000000", &arguments);
            let err = ran.err.lines().last().unwrap_or_default();
            assert!(ran.code == 4 && err.starts_with("error: "), "{arguments}: {} {}", ran.code, ran.err);
        }
    }
    let ran = run_after(&place, ":", "--backend cpu --data piped --out never --quiet");
    one_line("a pipe as data", &ran, 4, &[image, "is not a file"]);
    assert!(!place.at("never").exists());
}
