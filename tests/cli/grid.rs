//! Networks beside the tutorial's four: from options and from a file, trained, described and measured.

use std::fs;

use super::tool::{Place, one_line};

/// Every choice at once: what is not in the tutorial.
const CONTROLS: &str = "\
stride = [2]\npadding = [\"same\"]\npool = [2, \"none\"]\nhead = [\"dense\", \"gap\"]\n
[[configuration]]\nstride = \"2:1\"\npadding = \"symmetric\"\nkernel = 5\ncrop = 1\n";

const NAMES: [&str; 5] = [
    "stride 2, same",
    "stride 2, same, pool none",
    "stride 2, same, head gap",
    "stride 2, same, pool none, head gap",
    "stride 2:1, symmetric, kernel 5, crop 1",
];

#[test]
fn a_grid_is_trained_and_recorded() {
    let place = Place::new();
    fs::write(place.at("grid.toml"), CONTROLS).unwrap();
    let ran = place.fine("--backend cpu --data data --grid grid.toml --epochs 1 --out run --json -q");
    let epochs: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let control = epochs.iter().find(|line| line["kernel"] == 5).unwrap();
    assert_eq!((&control["stride"], &control["padding"]), (&"2:1".into(), &"symmetric".into()));
    assert_eq!((&control["pool"], &control["head"], &control["crop"]), (&2.into(), &"dense".into(), &1.into()));

    let metrics = place.read("run/metrics.csv");
    let rows: Vec<&str> = metrics.lines().collect();
    assert!(rows[0].starts_with("stride,padding,kernel,pool,head,crop,seed,epoch,"), "{metrics}");
    let starts = ["2,same,3,2,dense,0,0,1,", "2,same,3,none,dense,0,0,1,", "2,same,3,2,gap,0,0,1,"];
    let starts = [&starts[..], &["2,same,3,none,gap,0,0,1,", "2:1,symmetric,5,2,dense,1,0,1,"]].concat();
    assert_eq!(rows.len(), 6);
    assert!(rows[1..].iter().zip(starts).all(|(row, start)| row.starts_with(start)), "{metrics}");
    // Images of 22×24 lose a pixel on each side; ⌊(20 + 4 − 5)/2⌋ + 1 = 10.
    let shapes = place.read("run/shapes.csv");
    assert!(shapes.contains("2:1,symmetric,5,2,dense,1,conv1,10,11,32,2,2,2,2,832,"), "{shapes}");
    assert!(shapes.contains("2,same,3,2,gap,0,gap,1,1,64,0,0,0,0,0,0"), "{shapes}");
    let options = &place.json("run/run.json")["options"];
    assert_eq!((&options["grid"], &options["pool"]), (&"grid.toml".into(), &serde_json::json!([2, "none"])));
    assert_eq!(options["configuration"][0]["stride"], "2:1");
    for name in ["stride2-same-poolnone-headgap", "stride2+1-symmetric-kernel5-crop1"] {
        assert!(place.at(&format!("run/weights/{name}-seed0.safetensors")).exists(), "{name}");
        let maps = format!("run/figures/feature_maps_{}.png", name.replace('-', "_"));
        assert!(place.at(&maps).exists(), "{maps}");
    }

    // The weights of each are weights to begin with, and evaluate to what they came to.
    for (name, row, flags) in [
        ("stride2-same-poolnone-headgap", rows[4], "--stride 2 --padding same --pool none --head gap"),
        ("stride2+1-symmetric-kernel5-crop1", rows[5], "--stride 2:1 --padding symmetric --kernel 5 --crop 1"),
    ] {
        let init = format!("run/weights/{name}-seed0.safetensors");
        let header = String::from_utf8_lossy(&fs::read(place.at(&init)).unwrap()[8..400]).into_owned();
        assert!(header.contains("\"head\":") && header.contains("\"crop\":"), "{header}");
        place.fine(&format!("--backend cpu --data data {flags} --epochs 0 --init {init} --out {name} -q"));
        let evaluated = place.read(&format!("{name}/metrics.csv"));
        let accuracy = |row: &str| row.split(',').nth(11).unwrap().to_owned();
        assert_eq!(accuracy(evaluated.lines().nth(1).unwrap()), accuracy(row), "{evaluated}");
    }
    let wrong = "--backend cpu --data data --stride 1 --padding same --epochs 0 --out wrong \
                 --init run/weights/stride2-same-headgap-seed0.safetensors";
    place.refused(wrong, 4, &["dense1.weight", "[64, 128]", "head gap"]);
}

#[test]
fn a_file_and_options_name_the_same_networks() {
    let place = Place::empty();
    fs::write(place.at("grid.toml"), CONTROLS).unwrap();
    let of_file = place.fine("describe --grid grid.toml");
    for name in NAMES {
        assert!(of_file.out.contains(&format!("{name}, images of ")), "{}", of_file.out);
    }
    assert!(of_file.out.contains("crop 1, images of 26 × 26 × 1"), "{}", of_file.out);
    let options = place.fine("describe --stride 2 --padding same --pool 2 none --head dense gap");
    assert!(of_file.out.starts_with(options.out.trim_end()), "{}", options.out);

    place.refused("--grid grid.toml --stride 2", 2, &["--grid", "--stride"]);
    for (text, words) in [
        ("", &["nothing.toml: there is no network in it"][..]),
        ("stride = []\n", &["line 1", "stride is empty"]),
        ("colour = 1\n", &["line 1", "colour"]),
    ] {
        fs::write(place.at("nothing.toml"), text).unwrap();
        let words = [&["--grid: nothing.toml"], words].concat();
        for command in ["", "describe ", "bench "] {
            let arguments = format!("{command}--grid nothing.toml");
            one_line(&arguments, &place.run(&arguments), 2, &words);
        }
    }
    place.refused("--grid missing.toml", 2, &["missing.toml"]);
}

#[test]
fn what_makes_no_network_is_left_out_by_name() {
    let place = Place::empty();
    let ran = place.fine("describe --stride 2 --padding valid --crop 0,12,14");
    let warnings: Vec<&str> = ran.err.lines().collect();
    assert_eq!(warnings.len(), 2, "{}", ran.err);
    assert!(warnings[0].starts_with("warning: stride 2, valid, crop 12 is left out: layer "), "{}", ran.err);
    assert!(warnings[0].ends_with("or use a --crop of at most 3"), "{}", ran.err);
    let nothing = "crop 14 is left out: a crop of 14 pixels from each side leaves nothing of images of 28×28; ";
    assert!(warnings[1].contains(nothing), "{}", ran.err);
    let file = "stride = [2]\npadding = ['valid']\ncrop = [0, 12]\n";
    fs::write(place.at("grid.toml"), file).unwrap();
    let ran = place.fine("describe --grid grid.toml");
    assert!(ran.err.contains("crop at most 3 pixels from each side") && !ran.err.contains("--crop"), "{}", ran.err);
}

#[test]
fn bench_compares_with_stride_1_of_the_same_kind() {
    let place = Place::empty();
    place.fine("bench --backend cpu --padding same --head gap --pool none --crop 9 --batch-size 2 --out run");
    let cost = place.read("run/cost.csv");
    assert!(cost.starts_with("stride,padding,kernel,pool,head,crop,layer,pass,"), "{cost}");
    let rows: Vec<&str> = cost.lines().filter(|line| line.starts_with("2,same,3,none,gap,9,")).collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| !row.ends_with(',')), "{cost}");
}
