//! `merge`: several runs as one directory or one small file, and what is refused.

use std::fs;

use super::tool::{Place, Ran, one_line};

const RUN: &str = "--backend cpu --data data --padding valid --epochs 2 --quiet";

/// Two studies of two seeds each in `a` and `b`.
fn studies() -> Place {
    let place = Place::new();
    place.fine(&format!("study {RUN} --seeds 2 --log-gradients 3 --out a"));
    place.fine(&format!("study {RUN} --seeds 2,3 --log-gradients 3 --out b"));
    place
}

fn claims(place: &Place, runs: &str) -> serde_json::Value {
    serde_json::from_str(&place.fine(&format!("claims {runs} --data data --json")).out).unwrap()
}

/// Runs the command, which writes one line of error.
#[track_caller]
fn refused(place: &Place, arguments: &str, code: i32, words: &[&str]) {
    one_line(arguments, &place.run(arguments), code, words);
}

#[test]
fn the_merged_run_says_what_its_parts_say() {
    let place = studies();
    let Ran { out, err, .. } = place.fine("merge a b --out c");
    assert!(err.is_empty() && out.contains("  a: 4 finished models\n  b: 4 finished models\n"), "{err}{out}");
    assert!(out.contains("8 finished models of 2 networks") && out.contains("results in c"), "{out}");
    assert_eq!(claims(&place, "c"), claims(&place, "a b"));
    for model in ["stride1-valid-seed0", "stride2-valid-seed3"] {
        let of = if model.ends_with('0') { "a" } else { "b" };
        for folder in ["weights", "predictions"] {
            let [part, merged] =
                [of, "c"].map(|run| fs::read(place.at(run).join(folder).join(format!("{model}.safetensors"))).unwrap());
            assert!(part == merged, "{folder} of {model} differ");
        }
    }
    // Every row is there once, as it was.
    for file in
        ["metrics.csv", "models.csv", "steps.csv", "shifts.csv", "blanked.csv", "smoothness.csv", "gradients.csv"]
    {
        let lines =
            |run: &str| place.read(&format!("{run}/{file}")).lines().skip(1).map(String::from).collect::<Vec<_>>();
        assert_eq!(lines("c"), [lines("a"), lines("b")].concat(), "{file}");
    }
    let run = place.json("c/run.json");
    assert_eq!((&run["status"], &run["totals"]["networks"]), (&"finished".into(), &8.into()));
    assert_eq!(run["options"]["seeds"], serde_json::json!([0, 1, 2, 3]));
    assert_eq!((&run["options"]["out"], run["merged"].as_array().map(Vec::len)), (&serde_json::Value::Null, Some(2)));
    assert_eq!(run["totals"]["epochs"], 16);
    // It is read as any other run, and cannot be trained on.
    place.fine("report c --data data");
    assert!(place.at("c/figures/gradient_norms.svg").exists() && place.at("c/claims.json").exists());
    refused(&place, "--resume c --quiet", 2, &["c was merged of others", "merge them again"]);
    let again = place.fine("merge c b --out d");
    assert!(again.err.contains("stride 1, valid, seed 2 and 3 other models are in more than one run"), "{}", again.err);
    assert_eq!(claims(&place, "d"), claims(&place, "c"));
}

#[test]
fn a_packed_run_is_small_and_equal_bytes_of_equal_records() {
    let place = studies();
    let ran = place.fine("merge a b --out all.tar.gz");
    assert!(ran.out.contains("packed into all.tar.gz, without weights and steps.csv"), "{}", ran.out);
    assert_eq!(claims(&place, "all.tar.gz"), claims(&place, "a b"));
    place.fine("merge a b --out below/other.tar.gz");
    assert!(fs::read(place.at("all.tar.gz")).unwrap() == fs::read(place.at("below/other.tar.gz")).unwrap());
    // Packed or not, and packed once more, the records are the same.
    place.fine("merge a b --out c");
    place.fine("merge c --out c.tar.gz");
    place.fine("merge all.tar.gz --out again.tar.gz");
    let packed = |name: &str| fs::read(place.at(name)).unwrap();
    assert!(packed("c.tar.gz") == packed("all.tar.gz") && packed("again.tar.gz") == packed("all.tar.gz"));
    assert!(packed("all.tar.gz").len() < 40_000, "{}", packed("all.tar.gz").len());
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(fs::File::open(place.at("all.tar.gz")).unwrap()));
    let names = archive.entries().unwrap().map(|entry| {
        let entry = entry.unwrap();
        assert_eq!((entry.header().mtime().unwrap(), entry.header().mode().unwrap()), (0, 0o644));
        entry.path().unwrap().display().to_string()
    });
    let names: Vec<String> = names.collect();
    assert!(names.contains(&"run/predictions/stride2-valid-seed3.safetensors".to_string()), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("weights") || name.contains("steps.csv")), "{names:?}");
    // Of a packed run there are neither weights nor steps to be merged.
    place.fine("merge all.tar.gz --out unpacked");
    assert_eq!(claims(&place, "unpacked"), claims(&place, "a b"));
    assert!(!place.at("unpacked/steps.csv").exists());
    refused(&place, "merge a --out all.tar.gz", 2, &["all.tar.gz is there already", "--out", "--force"]);
    place.fine("merge a --out all.tar.gz --force");
    assert_ne!(packed("all.tar.gz"), packed("c.tar.gz"));
}

#[test]
fn what_does_not_belong_together_is_refused_by_name() {
    let place = Place::new();
    let tiny = "--backend cpu --stride 2 --padding valid --quiet";
    place.fine(&format!("{tiny} --data data --epochs 1 --out a"));
    place.fine(&format!("{tiny} --data data --epochs 2 --seed 1 --out longer"));
    place.data("other", |file, bytes| {
        Some(if file == "t10k-labels-idx1-ubyte" { [&bytes[..8], &[3; 40]].concat() } else { bytes })
    });
    place.fine(&format!("{tiny} --data other --epochs 1 --seed 1 --out other-data"));
    place.fine(&format!("{tiny} --data data --epochs 1 --seed 1 --out b"));
    refused(&place, "merge a longer --out c", 2, &["longer and a differ in --epochs: 2 and 1"]);
    refused(&place, "merge a other-data --out c", 2, &["differ in the data: t10k-labels-idx1-ubyte"]);
    let mut run = place.json("b/run.json");
    run["version"] = "0.0.7".into();
    fs::write(place.at("b/run.json"), run.to_string()).unwrap();
    refused(&place, "merge a b --out c", 2, &["differ in the version: 0.0.7 and"]);
    refused(&place, "merge a none --out c", 4, &["none", "name the directory of a run"]);
    refused(&place, "merge a --out a --force", 2, &["--out a is a, one of the runs", "another --out"]);
    refused(&place, "merge a --out longer", 2, &["longer is not empty", "--force"]);
    refused(&place, "merge --out c", 2, &["<RUN>"]);
    refused(&place, "merge a", 2, &["--out"]);
    assert!(!place.at("c").exists());
    // A machine may differ, and is told.
    run["version"] = env!("CARGO_PKG_VERSION").into();
    run["adapter"] = "another processor".into();
    fs::write(place.at("b/run.json"), run.to_string()).unwrap();
    place.fine("merge a b --out c --json");
    let run = place.json("c/run.json");
    assert_eq!(
        (&run["bits_may_differ"], &run["merged"][1]["machine"]["adapter"]),
        (&true.into(), &"another processor".into())
    );
}

/// A run that was killed has steps of an epoch that it has not: neither these nor half a row come along.
#[test]
fn of_an_unfinished_run_whole_epochs_are_taken() {
    let place = Place::new();
    let tiny = "--backend cpu --data data --stride 2 --padding valid --epochs 2 --quiet";
    place.fine(&format!("{tiny} --out a"));
    place.fine(&format!("{tiny} --seed 1 --out b"));
    let cut = |file: &str, lines: usize, rest: &str| {
        let text: String = place.read(file).lines().take(lines).map(|line| format!("{line}\n")).collect();
        fs::write(place.at(file), text + rest).unwrap();
    };
    cut("b/metrics.csv", 2, "");
    cut("b/steps.csv", 6, "2,val");
    cut("b/models.csv", 1, "");
    let mut run = place.json("b/run.json");
    run["status"] = "running".into();
    fs::write(place.at("b/run.json"), run.to_string()).unwrap();
    let ran = place.fine("merge a b --out c");
    assert!(ran.out.contains("  a: 1 finished model\n  b: 0 finished models\n"), "{}", ran.out);
    assert_eq!(place.read("c/steps.csv").lines().count(), 1 + 6 + 3);
    assert_eq!((place.read("c/metrics.csv").lines().count(), place.read("c/models.csv").lines().count()), (4, 2));
    assert_eq!(place.json("c/run.json")["status"], "running");
    // Where another run has finished the model, its rows stand.
    place.fine(&format!("{tiny} --seed 1 --out whole"));
    place.fine("merge b whole --out d");
    assert_eq!(place.read("d/steps.csv").lines().count(), 1 + 6);
    assert_eq!(place.read("d/metrics.csv"), place.read("whole/metrics.csv"));
}

#[test]
fn a_run_without_a_finished_model_is_refused_and_half_a_row_is_told() {
    let place = Place::new();
    let tiny = "--backend cpu --data data --stride 2 --padding valid --epochs 1 --quiet";
    place.fine(&format!("{tiny} --out a"));
    let (models, metrics) = (place.read("a/models.csv"), place.read("a/metrics.csv"));
    // A row that is cut off within its last number.
    fs::write(place.at("a/models.csv"), &models[..models.len() - 3]).unwrap();
    fs::write(place.at("a/metrics.csv"), &metrics[..metrics.len() - 3]).unwrap();
    let report = place.fine("report a --data data --out page");
    for file in ["metrics.csv", "models.csv"] {
        let line = format!("warning: a/{file}: line 2 is cut off and left out");
        assert_eq!(report.err.lines().filter(|told| **told == line).count(), 1, "{}", report.err);
    }
    assert!(report.err.contains("put its models.csv back") && !report.err.contains("--resume"), "{}", report.err);
    let merged = place.run("merge a --out c");
    let last = "error: no model is finished in a; put models.csv back, or train anew";
    assert_eq!((merged.code, merged.err.lines().last()), (4, Some(last)));

    fs::write(place.at("a/models.csv"), format!("{}\n", models.lines().next().unwrap())).unwrap();
    fs::write(place.at("a/metrics.csv"), &metrics).unwrap();
    fs::remove_dir_all(place.at("a/predictions")).unwrap();
    let mut run = place.json("a/run.json");
    run["status"] = "interrupted".into();
    fs::write(place.at("a/run.json"), run.to_string()).unwrap();
    for arguments in ["merge a --out c", "merge a --out c.tar.gz"] {
        let merged = place.run(arguments);
        let last = "error: no model is finished in a; stridelab --resume a trains on";
        assert_eq!((merged.code, merged.err.lines().last()), (4, Some(last)), "{arguments}");
    }
    assert!(!place.at("c").exists() && !place.at("c.tar.gz").exists());
}
