//! What a run of the command writes to the disk.

use std::fs;

use super::tool::{Place, TINY, gzip, is_temporary, needs_adapter, rows};

#[test]
fn two_configurations_leave_every_file() {
    let place = Place::new();
    place.fine("--backend cpu --data data --stride 1,2 --padding same --epochs 2 --out run --quiet");
    let figures = ["accuracy", "feature_maps_stride1_same", "feature_maps_stride2_same", "features", "loss", "sample"];
    let figures = figures.iter().flat_map(|figure| ["png", "svg"].map(|kind| format!("run/figures/{figure}.{kind}")));
    let others = [
        "run/features.safetensors",
        "run/metrics.csv",
        "run/models.csv",
        "run/predictions/labels.safetensors",
        "run/predictions/stride1-same-seed0.safetensors",
        "run/predictions/stride2-same-seed0.safetensors",
        "run/report.html",
        "run/run.json",
        "run/shapes.csv",
        "run/steps.csv",
        "run/weights/stride1-same-seed0.safetensors",
        "run/weights/stride2-same-seed0.safetensors",
    ];
    let mut expected: Vec<String> = figures.chain(others.map(String::from)).collect();
    expected.sort_unstable();
    let files: Vec<_> = place.files().into_iter().filter(|file| file.starts_with("run/")).collect();
    assert_eq!(files, expected);
    for figure in files.iter().filter(|file| file.ends_with(".png")) {
        let picture = image::open(place.at(figure)).unwrap();
        assert!(
            picture.width() >= 600 && picture.height() >= 600,
            "{figure}: {}×{}",
            picture.width(),
            picture.height()
        );
    }

    let metrics = rows(&place.read("run/metrics.csv"));
    let key = |row: &serde_json::Map<String, serde_json::Value>| {
        ["stride", "padding", "seed", "epoch"].map(|name| row[name].to_string())
    };
    let keys: Vec<_> = metrics.iter().map(key).collect();
    let of = |stride: &str, epoch: &str| [stride, "\"same\"", "0", epoch].map(String::from);
    assert_eq!(keys, [of("1", "1"), of("1", "2"), of("2", "1"), of("2", "2")]);
    for row in &metrics {
        for name in ["train_accuracy", "val_accuracy"] {
            assert!((0.0..=1.0).contains(&row[name].as_f64().unwrap()), "{name}");
        }
        assert!(row["seconds"].as_f64().unwrap() > 0.0 && row["train_loss"].as_f64().unwrap() < 3.0);
    }
    let steps = rows(&place.read("run/steps.csv"));
    let numbers: Vec<_> = steps.iter().map(|row| row["step"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6]);
    // The loss of an epoch is the mean of its steps' losses, weighted by their samples: 64, 64 and 2.
    let loss = |i: usize| steps[i]["loss"].as_f64().unwrap();
    let mean = (64.0 * (loss(0) + loss(1)) + 2.0 * loss(2)) / 130.0;
    assert!((mean - metrics[0]["train_loss"].as_f64().unwrap()).abs() < 1e-9);

    let shapes = rows(&place.read("run/shapes.csv"));
    assert_eq!(shapes.len(), 12);
    let conv1 = |name: &str| shapes[6][name].as_u64().unwrap();
    assert_eq!(["stride", "height", "width", "channels"].map(conv1), [2, 11, 12, 32]);
    assert_eq!(["pad_top", "pad_left", "pad_bottom", "pad_right"].map(conv1), [0, 0, 1, 1]);
    assert_eq!(["parameters", "macs"].map(conv1), [320, 11 * 12 * 9 * 32]);
}

#[test]
fn run_json_holds_every_option_and_the_hash_of_the_data() {
    let place = Place::empty();
    let arguments = "--backend cpu --stride 2 --padding valid --epochs 1 --batch-size 32 --learning-rate 0.002 \
                     --seed 18446744073709551615 --limit 64 --no-shuffle --quiet --out run";
    place.fine(arguments);
    let run = place.json("run/run.json");
    let options = serde_json::json!({
        "adapter": null, "backend": "cpu", "batch-size": 32, "checkpoint-seconds": null, "classes": null, "crop": [0], "data": null,
        "epochs": 1, "filters": [1, 2, 3, 4, 5, 6], "force": false, "grid": null, "head": ["dense"], "image": 0, "init": null,
        "json": false, "kernel": [3], "layer": ["conv1", "conv2"], "learning-rate": 0.002, "limit": 64,
        "log-gradients": null, "no-checkpoints": false, "no-fuse": false, "no-shuffle": true, "out": "run", "pool": [2], "study": false,
        "padding": ["valid"], "quiet": true, "seed": u64::MAX, "seeds": null, "stride": [2], "verbose": 0,
    });
    assert_eq!(run["options"], options);
    // The hashes of MNIST's own files, unpacked.
    let hashes = serde_json::json!({
        "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    });
    assert_eq!(
        run["data"],
        serde_json::json!({
            "name": "MNIST", "classes": 10, "image": [28, 28], "train_images": 64, "test_images": 10_000, "sha256": hashes
        })
    );
    assert_eq!(run["left_out"], serde_json::json!([]));
    assert_eq!(run["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!([&run["backend"], &run["status"]], ["cpu", "finished"]);
    assert_eq!(run["software"], false);
    assert_eq!(run["format"], 1);
    assert!(run["adapter"] == run["cpu"] && run["driver"] == "" && run["kernels"].is_null());
    assert!(run["threads"].as_u64() > Some(0) && !run["instruction_set"].as_str().unwrap().is_empty());
    let time = |name: &str| run[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    assert!(time("start") <= time("end"));
    assert_eq!((&run["totals"]["networks"], &run["totals"]["steps"]), (&1.into(), &2.into()));
    assert!(place.at(&format!("run/weights/stride2-valid-seed{}.safetensors", u64::MAX)).exists());
}

#[test]
fn weights_load_again_and_training_goes_on_from_them() {
    let place = Place::new();
    let train = |arguments: &str, out: &str| {
        place.fine(&format!("{TINY} {arguments} --learning-rate 0.01 --out {out} --quiet"));
        rows(&place.read(&format!("{out}/metrics.csv")))
    };
    let first = train("--epochs 4", "first").pop().unwrap();
    let next = train("--init first/weights/stride2-valid-seed0.safetensors", "next").remove(0);
    let loss = |row: &serde_json::Map<String, serde_json::Value>, name: &str| row[name].as_f64().unwrap();
    assert!(loss(&first, "val_loss") < 2.2, "it did not learn: {first:?}");
    assert!(loss(&next, "train_loss") < 2.0 && loss(&next, "train_loss") < loss(&first, "train_loss"), "{next:?}");
    // One step with a learning rate that changes nothing returns the same weights.
    place.fine(&format!(
        "{TINY} --init first/weights/stride2-valid-seed0.safetensors --learning-rate 1e-300 --limit 1 --out same --quiet"
    ));
    // The header differs: it tells the epoch.
    let weights = |run: &str| {
        let bytes = fs::read(place.at(run).join("weights/stride2-valid-seed0.safetensors")).unwrap();
        let start = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        bytes[start..].to_vec()
    };
    assert!(weights("same") == weights("first"), "the weights came back changed");
}

#[test]
fn the_same_options_leave_the_same_bytes() {
    let place = Place::new();
    for (out, arguments) in [("a", ""), ("b", ""), ("c", "--seed 1"), ("d", "--no-shuffle")] {
        place.fine(&format!("{TINY} {arguments} --out {out} --quiet"));
    }
    let steps = |out: &str| rows(&place.read(&format!("{out}/steps.csv")));
    let losses = |out: &str| steps(out).iter().map(|row| row["loss"].to_string()).collect::<Vec<_>>();
    assert_eq!(losses("a"), losses("b"));
    assert_ne!(losses("a"), losses("c"));
    assert_ne!(losses("a"), losses("d"));
    let weights = |out: &str| fs::read(place.at(out).join("weights/stride2-valid-seed0.safetensors")).unwrap();
    assert!(weights("a") == weights("b"), "two runs left different weights");
}

#[test]
fn gzipped_data_trains_the_same_and_two_runs_of_a_second_have_two_directories() {
    let place = Place::new();
    fs::create_dir(place.at("packed")).unwrap();
    for entry in fs::read_dir(place.at("data")).unwrap().map(Result::unwrap) {
        let packed = place.at("packed").join(format!("{}.gz", entry.file_name().into_string().unwrap()));
        fs::write(packed, gzip(&fs::read(entry.path()).unwrap())).unwrap();
    }
    place.fine(&format!("{TINY} --quiet"));
    place.fine(&format!("{} --quiet", TINY.replace("data data", "data packed")));
    let runs: Vec<_> = place.files().into_iter().filter(|file| file.ends_with("steps.csv")).collect();
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert!(runs[0].starts_with("runs/") && place.read(&runs[0]) == place.read(&runs[1]));
    let [plain, packed] = [0, 1].map(|i| place.json(&runs[i].replace("steps.csv", "run.json")));
    assert_eq!(plain["data"]["sha256"], packed["data"]["sha256"]);
    assert!(!place.files().iter().any(|file| is_temporary(file)));
}

#[test]
fn the_gpu_trains_the_same_network() {
    let place = Place::new();
    let arguments = "--data data --stride 2 --padding valid --epochs 1 --limit 64";
    let gpu = place.run(&format!("{arguments} --backend gpu --out gpu"));
    needs_adapter(&gpu);
    assert_eq!(gpu.code, 0, "{}", gpu.err);
    assert!(gpu.err.starts_with("training on "), "{}", gpu.err);
    place.fine(&format!("{arguments} --backend cpu --out cpu"));
    let loss = |run: &str| rows(&place.read(&format!("{run}/steps.csv")))[0]["loss"].as_f64().unwrap();
    assert!((loss("gpu") - loss("cpu")).abs() < 1e-5, "{} and {}", loss("gpu"), loss("cpu"));
    let run = place.json("gpu/run.json");
    assert_eq!(run["backend"], "gpu");
    assert_ne!([&run["adapter"], &run["driver"]], ["", ""]);
    assert_eq!(run["software"].as_bool().unwrap(), gpu.err.contains("software adapter"), "{}", gpu.err);
}

#[test]
fn seeds_train_side_by_side_and_each_as_if_alone() {
    let place = Place::new();
    let common = "--backend cpu --data data --stride 2 --padding valid --epochs 2 --quiet";
    place.fine(&format!("{common} --seeds 3..5 --out together"));
    place.fine(&format!("{common} --seed 4 --out alone"));
    let weights = |run: &str| fs::read(place.at(&format!("{run}/weights/stride2-valid-seed4.safetensors"))).unwrap();
    assert_eq!(weights("together"), weights("alone"));
    let steps = |run: &str| -> Vec<_> {
        let rows = rows(&place.read(&format!("{run}/steps.csv"))).into_iter();
        rows.filter(|row| row["seed"] == 4).collect()
    };
    assert_eq!(steps("together"), steps("alone"));
    let seeds: Vec<_> = rows(&place.read("together/metrics.csv")).iter().map(|row| row["seed"].clone()).collect();
    assert_eq!(seeds, [3, 4, 5, 3, 4, 5]);
    assert_eq!(place.json("together/run.json")["options"]["seeds"], serde_json::json!([3, 4, 5]));
}
