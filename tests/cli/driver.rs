//! How the command ends when a GPU's driver fails, or never answers. A layer between Vulkan's loader and the driver
//! makes a chosen function fail.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::tool::{Place, Ran, ended, interrupt, needs_adapter, wait_for};

/// Trains a small network on the small set: three steps, then validation.
const TRAIN: &str = "--backend gpu --data data --stride 2 --padding valid --epochs 1 --out run --force";
/// What the driver returns without memory of the host, of the device, and where the device is lost.
const ERRORS: [i32; 3] = [-1, -2, -4];

/// The folder of the layer, which is compiled once. Rust links with the C compiler, so there is one.
fn layer() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("layer");
        std::fs::create_dir_all(&folder).unwrap();
        // Another process of these tests may have loaded the file: it is replaced and not written to.
        let library = folder.join(format!("{}.so", std::process::id()));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cli/vulkan_layer.c");
        let mut compiler = Command::new("cc");
        compiler.args(["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", source, "-o"]).arg(&library);
        let compiled = compiler.output().expect("these tests need a C compiler, and there is no `cc`");
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        std::fs::rename(library, folder.join("libfault.so")).unwrap();
        let manifest = serde_json::json!({ "file_format_version": "1.1.0", "layer": {
            "name": "VK_LAYER_STRIDELAB_fault", "type": "GLOBAL", "library_path": "./libfault.so",
            "api_version": "1.3.0", "implementation_version": "1", "description": "makes a function fail",
        }});
        std::fs::write(folder.join("fault.json"), manifest.to_string()).unwrap();
        folder
    })
}

/// A command with a faulty driver: `faults` are the layer's variables without their prefix, `FUNCTION=vkMapMemory`.
/// All calls from the first on fail unless `LAST` is among them.
fn faulty(place: &Place, arguments: &str, faults: &str) -> Command {
    let mut command = place.command(arguments);
    // Compiled pipelines are kept: most of these tests are about other things.
    let caches = Path::new(env!("CARGO_TARGET_TMPDIR")).join("caches");
    command.env("XDG_CACHE_HOME", &caches).env("MESA_SHADER_CACHE_DIR", &caches);
    command.env("VK_ADD_LAYER_PATH", layer()).env("VK_INSTANCE_LAYERS", "VK_LAYER_STRIDELAB_fault");
    command.env("FAULT_LAST", u32::MAX.to_string());
    for fault in faults.split_whitespace() {
        let (name, value) = fault.split_once('=').unwrap();
        command.env(format!("FAULT_{name}"), value);
    }
    command
}

fn run(place: &Place, arguments: &str, faults: &str) -> Ran {
    ended(faulty(place, arguments, faults).output().unwrap())
}

/// Checks that a command failed with one of those codes, and tells so in one line at the end.
#[track_caller]
fn failed(what: &str, ran: &Ran, codes: &[i32]) {
    assert!(codes.contains(&ran.code), "{what}: code {}, {}", ran.code, ran.err);
    assert!(ran.err.lines().last().is_some_and(|line| line.starts_with("error: ")), "{what}: {}", ran.err);
    assert_eq!(ran.err.matches("error: ").count(), 1, "{what}: {}", ran.err);
    for noise in ["panic", "backtrace", "unwrap", ".rs:"] {
        assert!(!ran.err.contains(noise), "{what}: {}", ran.err);
    }
}

/// Without any fault the layer changes nothing.
#[track_caller]
fn sound(place: &Place) {
    let ran = run(place, TRAIN, "");
    needs_adapter(&ran);
    assert_eq!(ran.code, 0, "{}", ran.err);
}

#[test]
fn what_the_driver_fails_at_is_told_in_one_line() {
    let place = Place::new();
    sound(&place);
    // A later call at which the device has been opened and training has begun.
    let functions = [
        ("vkWaitSemaphores", 3),
        ("vkGetSemaphoreCounterValue", 5),
        ("vkQueueSubmit", 4),
        ("vkBeginCommandBuffer", 5),
        ("vkEndCommandBuffer", 4),
        ("vkCreateShaderModule", 4),
        ("vkCreateComputePipelines", 4),
        ("vkAllocateMemory", 1),
        ("vkCreateBuffer", 9),
        ("vkCreateDescriptorPool", 2),
    ];
    for (i, (function, later)) in functions.into_iter().enumerate() {
        for (call, result) in [(1, ERRORS[i % 3]), (later, ERRORS[(i + 1) % 3])] {
            let what = format!("{function}, call {call}, result {result}");
            let _ = std::fs::remove_dir_all(place.at("run"));
            let ran = run(&place, TRAIN, &format!("FUNCTION={function} FIRST={call} RESULT={result}"));
            println!("{what}: {} {}", ran.code, ran.err.lines().last().unwrap_or_default());
            failed(&what, &ran, &[1, 3]);
            if ran.code == 1 {
                assert_eq!(place.json("run/run.json")["status"], "failed", "{what}");
            } else {
                assert!(!place.at("run").exists(), "{what}");
            }
        }
    }
}

/// Losing the device does not lose what was finished on it.
#[test]
fn finished_epochs_outlive_the_device() {
    // Epochs that are finished when this call of the driver is answered that the device is lost.
    let finished = |function: &str, first: usize| {
        let place = Place::new();
        let child = faulty(
            &place,
            &format!("{TRAIN} --epochs 10000").replace("--epochs 1 ", ""),
            &format!("FUNCTION={function} FIRST={first} RESULT=-4"),
        )
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let ran = ended(child.wait_with_output().unwrap());
        needs_adapter(&ran);
        failed("lost", &ran, &[1]);
        let told = "error: stride 2, valid: GPU ";
        assert!(ran.err.contains(told) && ran.err.contains("the device was lost"), "{function} {first}: {}", ran.err);
        let run = place.json("run/run.json");
        assert_eq!(run["status"], "failed");
        let rows = place.read("run/metrics.csv").lines().count() - 1;
        assert!(run["totals"]["epochs"] == rows, "{rows} {run}");
        rows
    };
    // How often an epoch waits depends on how fast the machine is.
    assert!([40, 160, 640].into_iter().any(|first| finished("vkWaitSemaphores", first) > 0), "no epoch was finished");
    // Whichever submission of an epoch it is: of steps, of results, of validation, or for a checkpoint.
    for first in 30..35 {
        finished("vkQueueSubmit", first);
    }
}

#[test]
fn other_commands_tell_it_in_one_line_too() {
    let place = Place::new();
    sound(&place);
    let bench = "bench --backend gpu --stride 2 --padding valid --out bench --force";
    for (arguments, faults, words) in [
        (bench, "FUNCTION=vkWaitSemaphores FIRST=1 RESULT=-4", "the device was lost"),
        (bench, "FUNCTION=vkQueueSubmit FIRST=6 RESULT=-1", "memory"),
        ("parity", "FUNCTION=vkWaitSemaphores FIRST=2 RESULT=-1", "memory"),
        ("parity", "FUNCTION=vkGetSemaphoreCounterValue FIRST=4 RESULT=-4", "the device was lost"),
    ] {
        let ran = run(&place, arguments, faults);
        failed(arguments, &ran, &[1]);
        assert!(ran.err.lines().last().unwrap().contains(words), "{arguments}: {}", ran.err);
        assert!(arguments != "parity" || !ran.err.contains("--backend"), "parity has no such option: {}", ran.err);
    }
}

/// Advice on memory where memory is short, and no driver to install where there is one.
#[test]
fn without_memory_nobody_is_told_to_install_a_driver() {
    let place = Place::new();
    sound(&place);
    for (faults, code, words) in [
        ("FUNCTION=vkCreateDevice RESULT=-1", 3, ["gave no device", "memory", "close programs"]),
        ("FUNCTION=vkBeginCommandBuffer RESULT=-2", 3, ["gave no device", "memory", "close programs"]),
        ("FUNCTION=vkCreateDevice RESULT=-4", 3, ["gave no device", "lost", "--backend cpu"]),
        ("FUNCTION=vkCreateBuffer FIRST=9 RESULT=-2", 1, ["memory", "--batch-size", "--backend cpu"]),
    ] {
        let ran = run(&place, TRAIN, faults);
        failed(faults, &ran, &[code]);
        let line = ran.err.lines().last().unwrap();
        for words in words {
            assert!(line.contains(words), "{faults}: {words} is missing in {line}");
        }
        assert!(!line.contains("install"), "{faults}: {line}");
    }
}

/// `auto` goes on where a GPU is listed that cannot be had.
#[test]
fn a_gpu_that_gives_no_device_is_passed_over() {
    let place = Place::new();
    let arguments = TRAIN.replace("--backend gpu", "");
    let gpu = run(&place, &arguments, "HARDWARE=1");
    assert!(gpu.code == 0 && gpu.err.contains("a discrete GPU"), "no adapter: run tests/run.sh\n{}", gpu.err);
    for faults in ["FUNCTION=vkCreateDevice RESULT=-4", "FUNCTION=vkBeginCommandBuffer RESULT=-1"] {
        let ran = run(&place, &arguments, &format!("HARDWARE=1 {faults}"));
        assert_eq!(ran.code, 0, "{faults}: {}", ran.err);
        assert!(ran.err.contains("training on the CPU") && ran.err.contains("gave no device"), "{faults}: {}", ran.err);
        assert_eq!(place.json("run/run.json")["backend"], "cpu");
    }
}

/// Starts a command, and interrupts it when the driver is at the first fault.
fn interrupted(place: &Place, faults: &str) -> Child {
    let mut command = faulty(place, TRAIN, faults);
    command.env("FAULT_MARK", place.at("mark")).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    wait_for("the fault", || place.at("mark").exists());
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&child);
    child
}

/// The first Ctrl-C ends a run whose device never answers, one that has many pipelines to compile, one whose driver
/// does not return, and one whose device does not open.
#[test]
fn the_first_interrupt_ends_a_wait_for_the_driver() {
    for (faults, status) in [
        ("FUNCTION=vkQueueSubmit FIRST=2 RESULT=0 HANG=1", Some("interrupted")),
        ("FUNCTION=vkCreateComputePipelines FIRST=3 SLEEP=1", Some("interrupted")),
        ("FUNCTION=vkQueueSubmit FIRST=2 SLEEP=100", Some("interrupted")),
        ("FUNCTION=vkCreateDevice SLEEP=100", None),
    ] {
        let place = Place::new();
        let child = interrupted(&place, faults);
        let start = Instant::now();
        let ran = ended(child.wait_with_output().unwrap());
        let seconds = start.elapsed().as_secs_f64();
        failed(faults, &ran, &[130]);
        assert!(seconds < 20.0, "{faults}: {seconds} s");
        assert!(ran.err.ends_with("error: interrupted: every finished epoch is on disk\n"), "{faults}: {}", ran.err);
        assert_eq!(place.at("run").exists(), status.is_some(), "{faults}");
        if let Some(status) = status {
            assert_eq!(place.json("run/run.json")["status"], status, "{faults}");
            assert_eq!(place.read("run/metrics.csv").lines().count(), 1);
        }
    }
}

/// The second ends it at once, and what is on disk is whole.
#[test]
fn the_second_interrupt_does_not_wait_for_the_driver() {
    let place = Place::new();
    let child = interrupted(&place, "FUNCTION=vkQueueSubmit FIRST=2 RESULT=0 HANG=1");
    std::thread::sleep(Duration::from_millis(1100));
    interrupt(&child);
    let start = Instant::now();
    let ran = ended(child.wait_with_output().unwrap());
    assert_eq!(ran.code, 130, "{}", ran.err);
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    let status = &place.json("run/run.json")["status"];
    assert!(status == "running" || status == "interrupted", "{status}");
}

/// A file of pipelines with which the driver makes none would fail every run for ever.
#[test]
fn pipelines_that_cannot_be_made_are_not_kept() {
    let place = Place::new();
    let run = |faults: &str| {
        let mut command = faulty(&place, TRAIN, faults);
        ended(command.env("XDG_CACHE_HOME", place.at("cache")).output().unwrap())
    };
    let kept = || place.files().iter().filter(|file| file.starts_with("cache/stridelab/")).count();
    let ran = run("");
    needs_adapter(&ran);
    if kept() == 0 {
        println!("this adapter keeps no pipelines");
        return;
    }
    failed("pipelines", &run("FUNCTION=vkCreateComputePipelines FIRST=4 RESULT=-2"), &[1]);
    assert_eq!(kept(), 0);
    assert_eq!(run("").code, 0);
    assert_eq!(kept(), 1);
}
