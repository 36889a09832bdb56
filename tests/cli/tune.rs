//! `stridelab tune` and `--tuning`: choices by measurement, kept from one process to the next.

use std::fs;

use super::tool::{Place, Ran, TINY, ended, needs_adapter, one_line};

/// Runs the command with a cache of this place's own.
fn run(place: &Place, arguments: &str) -> Ran {
    let mut command = place.command(arguments);
    command.env("XDG_CACHE_HOME", place.at("cache")).env_remove("STRIDELAB_TUNING");
    ended(command.output().unwrap())
}

fn fine(place: &Place, arguments: &str) -> Ran {
    let ran = run(place, arguments);
    needs_adapter(&ran);
    assert_eq!(ran.code, 0, "{arguments}: {}", ran.err);
    ran
}

/// What `run.json` says that the tuning comes from, and the choice of that name.
fn trained(place: &Place, options: &str, choice: &str) -> (String, u64) {
    let tiny = TINY.replace("--backend cpu", "--backend gpu");
    fine(place, &format!("{tiny} --limit 64 --no-report --quiet --out out --force {options}"));
    let machine = &place.json("out/run.json");
    let value = &machine["kernels"][choice];
    let value = value.as_u64().or(value.as_bool().map(u64::from)).unwrap();
    (machine["tuning"].as_str().unwrap().into(), value)
}

/// The names of what is kept.
fn kept(place: &Place) -> Vec<String> {
    let files = place.files().into_iter().filter(|name| name.starts_with("cache/stridelab/tuning-"));
    files.filter(|name| name.ends_with(".json")).collect()
}

#[test]
fn what_is_measured_is_kept_and_taken() {
    let place = Place::new();
    let before = fine(&place, "devices").out;
    assert!(before.contains("tuning, default, not measured: stridelab tune does:"), "{before}");
    // A software adapter is not measured unasked.
    assert_eq!(trained(&place, "", "merge").0, "default");
    assert!(kept(&place).is_empty());

    let table = fine(&place, "tune").out;
    for words in ["choice", "value", "merge", "chosen", "kept in "] {
        assert!(table.contains(words), "{words} is missing in\n{table}");
    }
    let files = kept(&place);
    assert_eq!(files.len(), 1, "{files:?}");
    let found = place.json(&files[0]);
    let measured = found["measured"].as_array().unwrap();
    assert!(measured.len() >= 2 && measured.iter().all(|row| row["seconds"].as_f64().unwrap() > 0.0), "{found}");
    let after = fine(&place, "devices").out;
    let when = found["measured_at"].as_str().unwrap();
    assert!(after.contains(&format!("tuning, measured {when}:")), "{after}");

    // The other choice, as if the clock had said so: it is what runs, and is recorded.
    let chosen = found["choices"]["merge"].as_u64().unwrap();
    let mut other = found.clone();
    other["choices"]["merge"] = (1 - chosen).into();
    fs::write(place.at(&files[0]), other.to_string()).unwrap();
    assert_eq!(trained(&place, "", "merge"), (format!("measured {when}"), 1 - chosen));
    let losses = place.read("out/steps.csv");
    assert_eq!(trained(&place, "--tuning default", "merge").0, "default");
    fs::write(place.at("mine.json"), found.to_string()).unwrap();
    assert_eq!(trained(&place, "--tuning mine.json", "merge"), ("of mine.json".into(), chosen));
    assert_eq!(place.read("out/steps.csv"), losses, "no choice changes a loss");

    // A damaged file is as good as none.
    fs::write(place.at(&files[0]), "no tuning").unwrap();
    assert_eq!(trained(&place, "", "merge").0, "default");
}

#[test]
fn a_tuning_goes_to_a_file_of_the_users() {
    let place = Place::new();
    let out = fine(&place, "tune --out mine.json --json").out;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap(), place.json("mine.json"));
    assert!(kept(&place).is_empty());
    let choices = |name: &str, choices: &str| {
        let mut file = place.json("mine.json");
        file["choices"] = serde_json::from_str(choices).unwrap();
        fs::write(place.at(name), file.to_string()).unwrap();
    };
    choices("slices.json", r#"{"slices": 16}"#);
    choices("speed.json", r#"{"speed": 16}"#);
    choices("tile.json", r#"{"forward_tile": 99}"#);
    fs::write(place.at("page.json"), "<html>").unwrap();
    fs::create_dir(place.at("folder")).unwrap();
    for (file, code, words) in [
        ("slices.json", 2, "slices=16: only choices that are measured are taken from a file"),
        ("speed.json", 2, "speed=16"),
        ("tile.json", 2, "forward_tile can be"),
        ("page.json", 4, "page.json: is no tuning"),
        ("folder", 4, "folder: is not a file; stridelab tune --out FILE writes one"),
        ("missing.json", 4, "; stridelab tune --out FILE writes one"),
    ] {
        let arguments = format!("--backend gpu --data data --quiet --out out --tuning {file}");
        one_line(&arguments, &run(&place, &arguments), code, &[file, words]);
        assert!(!place.at("out").exists(), "{file} left a folder behind");
    }
    let nowhere = place.command("tune").env_remove("XDG_CACHE_HOME").env_remove("HOME").output().unwrap();
    one_line("tune without a home", &ended(nowhere), 1, &["XDG_CACHE_HOME", "--out"]);
    let unwritable = run(&place, "tune --out missing/mine.json");
    one_line("tune --out missing/mine.json", &unwritable, 1, &["missing/mine.json", "cannot be written"]);
}

#[test]
fn only_a_tuning_is_replaced_by_another() {
    let place = Place::empty();
    fs::write(place.at("thesis.tex"), "years").unwrap();
    fs::create_dir(place.at("folder")).unwrap();
    for (file, words) in [("thesis.tex", "is no tuning"), ("folder", "is no file")] {
        let arguments = format!("tune --out {file}");
        one_line(&arguments, &run(&place, &arguments), 2, &[file, words, "choose another --out"]);
    }
    assert_eq!(place.read("thesis.tex"), "years");
    fine(&place, "tune --out mine.json");
    let before = place.json("mine.json")["measured"].clone();
    fine(&place, "tune --out mine.json");
    assert_ne!(place.json("mine.json")["measured"], before);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("mine.json", place.at("link.json")).unwrap();
        one_line("a link", &run(&place, "tune --out link.json"), 2, &["link.json is a link", "another --out"]);
        assert!(fs::symlink_metadata(place.at("link.json")).unwrap().is_symlink());
    }
}

#[test]
fn the_cpu_has_no_tuning_and_says_so() {
    let place = Place::new();
    let sound = r#"{"adapter":"a","driver":"d","kernels":"k","version":"v","measured_at":"today","choices":{}}"#;
    fs::write(place.at("sound.json"), sound).unwrap();
    for command in ["bench --out out", "--data data --quiet --out out"] {
        for tuning in ["sound.json", "missing.json", "measure"] {
            let arguments = format!("{command} --backend cpu --tuning {tuning}");
            let words = ["--tuning is of a GPU, but --backend is cpu; leave one of the two out"];
            one_line(&arguments, &run(&place, &arguments), 2, &words);
        }
    }
    // Where no GPU is found, nobody has asked for the CPU.
    let auto = TINY.replace("--backend cpu", "--quiet --limit 8 --no-report --out out");
    let auto = |tuning: &str| {
        let mut command = place.command(&format!("{auto} --tuning {tuning}"));
        ended(command.env("WGPU_BACKEND", "gl").output().unwrap())
    };
    one_line(
        "a missing file",
        &auto("missing.json"),
        4,
        &["--tuning: missing.json: cannot be read", "tune --out FILE"],
    );
    assert!(!place.at("out").exists());
    let ran = auto("sound.json");
    let warning = "warning: --tuning sound.json is not used: the CPU has no tuning\n";
    assert_eq!((ran.code, ran.err.as_str()), (0, warning));
}
