//! `stridelab bench`: results on stdout, progress on stderr, files where they were asked for.

use super::tool::{Place, Ran};

#[test]
fn the_command_measures_writes_and_compares() {
    let place = Place::empty();
    let bench = |arguments: &str| -> Ran {
        place.run(&format!("bench --backend cpu --stride 2 --padding valid --batch-size 2 {arguments}"))
    };
    let ran = bench("--out a --json");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let lines: Vec<serde_json::Value> = ran.out.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert_eq!(lines.len(), ran.out.lines().count());
    let events: Vec<_> = lines.iter().filter_map(|line| line["event"].as_str()).collect();
    assert_eq!(events, [&["machine"][..], &["cost"; 12], &["network", "done"]].concat());
    assert!(ran.err.contains("stride 2, valid, batch 2: measuring"), "{}", ran.err);

    let ran = bench("--out b --no-fuse --compare a/bench.json");
    assert_eq!(ran.code, 0, "{}", ran.err);
    for words in ["GFLOP/s", "plain operations only", "this over"] {
        assert!(ran.out.contains(words), "{words} is missing in\n{}", ran.out);
    }
    for (arguments, code) in [
        ("--out a", 2),
        ("--out c --adapter 0", 2),
        ("--out c --compare missing.json", 4),
        ("--out c --batch-size 0", 2),
    ] {
        assert_eq!(bench(arguments).code, code, "{arguments}");
    }
    // What cannot be measured is found before a directory is made.
    for arguments in [
        "--out c --stride 9 --backend cpu",
        "--out c --batch-size 60001 --backend cpu",
        "--out c --adapter 0 --backend cpu",
        "--out new/c --backend gpu --adapter nobody-sells-this",
        "--stride 9 --backend cpu",
    ] {
        let ran = place.run(&format!("bench {arguments}"));
        assert_ne!(ran.code, 0, "{arguments}");
        assert_eq!(ran.err.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{}", ran.err);
    }
    for name in ["c", "new", "runs"] {
        assert!(!place.at(name).exists(), "{name} was left behind");
    }
}
