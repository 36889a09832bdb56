//! What goes to stdout and what goes to stderr.

use std::process::Stdio;

use super::tool::{Place, TINY, ended, rows};

#[test]
fn results_go_to_stdout_and_progress_to_stderr() {
    let place = Place::new();
    let ran = place.fine("--backend cpu --data data --stride 1,2 --padding same,valid --epochs 3 --out run");
    for words in ["conv1", "pool2", "meters", "MACs", "epoch 3", "train", "seconds", "ms a", "results in run"] {
        assert!(ran.out.contains(words), "{words} is missing in\n{}", ran.out);
    }
    assert!(!ran.out.contains('\x1b'), "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "{}", ran.out);
    assert!(ran.err.starts_with("training on the CPU"), "{}", ran.err);
    let epochs: Vec<_> = ran.err.lines().filter(|line| line.contains(", epoch ")).collect();
    assert_eq!(epochs.len(), 12, "{}", ran.err);
    assert!(
        epochs[0].starts_with("stride 1, same, epoch 1/3: loss ") && epochs[0].contains("validation"),
        "{epochs:?}"
    );
    assert!(!ran.err.contains('\r') && !ran.err.contains('\x1b'), "{}", ran.err);

    let quiet = place.fine(&format!("{TINY} --out quiet -q"));
    assert!(quiet.err.is_empty() && quiet.out.contains("results in quiet"), "{}", quiet.err);
    let verbose = place.fine(&format!("{TINY} --out verbose -v"));
    assert!(verbose.err.contains("DEBUG stridelab") && !verbose.out.contains("DEBUG"), "{}", verbose.err);
}

#[test]
fn json_lines_are_objects_with_the_columns_of_metrics() {
    let place = Place::new();
    let ran = place.fine("--backend cpu --data data --stride 2 --epochs 2 --out run --json");
    let lines: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let (done, epochs) = lines.split_last().unwrap();
    let metrics = rows(&place.read("run/metrics.csv"));
    assert_eq!(epochs.len(), metrics.len());
    for (line, row) in epochs.iter().zip(&metrics) {
        let mut line = line.as_object().unwrap().clone();
        assert_eq!(line.remove("event").unwrap(), "epoch");
        assert_eq!(line.keys().collect::<Vec<_>>(), row.keys().collect::<Vec<_>>());
        for (name, value) in row {
            // serde_json and csv may differ in the last bit of a number.
            let near = |a: f64, b: f64| (a - b).abs() <= 1e-15 * b.abs();
            let equal = line[name] == *value || near(line[name].as_f64().unwrap(), value.as_f64().unwrap());
            assert!(equal, "{name}: {} {value}", line[name]);
        }
    }
    assert_eq!((&done["event"], &done["out"]), (&"done".into(), &"run".into()));
    assert_eq!((&done["networks"], &done["epochs"], &done["steps"]), (&2.into(), &4.into(), &12.into()));
    assert!(done["seconds"].as_f64().unwrap() >= done["train_seconds"].as_f64().unwrap());
    let startup = done["startup_seconds"].as_f64().unwrap();
    assert!(startup > 0.0 && startup < done["seconds"].as_f64().unwrap());
}

#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let place = Place::new();
    for (arguments, file) in [("", "figures/loss.png"), ("--json", "figures/sample.png")] {
        let arguments = format!("{TINY} --out run --force {arguments}");
        let mut child = place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = ended(child.wait_with_output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(place.at("run").join(file).exists());
    }
}

/// `/dev/full` behaves like a file on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_below_stdout_is_one_line() {
    let place = Place::new();
    for arguments in ["describe", "--help", "completions bash", &format!("{TINY} --quiet")] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let ran = ended(place.command(arguments).stdout(full).output().unwrap());
        super::tool::one_line(arguments, &ran, 1, &["stdout", "No space left"]);
    }
}

#[test]
fn it_needs_no_home_and_no_environment() {
    let place = Place::new();
    std::fs::write(place.at("file"), "").unwrap();
    let unwritable = place.at("file/home");
    for home in [None, Some(&unwritable)] {
        let mut command = place.command(&format!("{TINY} --out run --force"));
        command.env_clear();
        if let Some(home) = home {
            command.env("HOME", home).env("XDG_CACHE_HOME", home).env("TMPDIR", home).env("TZ", "No/Where");
        }
        let ran = ended(command.output().unwrap());
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
}
