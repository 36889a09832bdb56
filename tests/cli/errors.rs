//! What a user can get wrong. Each mistake ends with its exit code and one line that names the thing.

use std::fs;

use super::tool::{Place, TINY, ended, gzip, idx, one_line};

#[test]
fn options_that_make_no_sense_are_usage_errors() {
    let place = Place::new();
    let cases: [(&str, &[&str]); 26] = [
        ("--stride 0", &["'0'", "--stride", "at least 1"]),
        ("--stride 1,0", &["'0'", "--stride"]),
        ("--stride -1", &["'-1'", "--stride", "at least 1"]),
        ("--stride two", &["'two'", "--stride", "whole number"]),
        ("--stride 99", &["stride 99, same", "pool1", "22×24", "the other network", "a --stride of at most"]),
        ("--padding some", &["'some'", "--padding", "same, valid"]),
        ("--epochs -1", &["'-1'", "--epochs", "at least 0"]),
        ("--epochs 4294967296", &["--epochs", "at most 10000"]),
        ("--batch-size 0", &["'0'", "--batch-size", "at least 1"]),
        ("--learning-rate 0,001", &["'0,001'", "--learning-rate", "one number with a point"]),
        ("--learning-rate -0.1", &["'-0.1'", "--learning-rate", "positive"]),
        ("--learning-rate nan", &["'nan'", "--learning-rate"]),
        ("--learning-rate inf", &["'inf'", "--learning-rate"]),
        ("--seed -1", &["'-1'", "--seed", "at least 0"]),
        ("--seed 18446744073709551616", &["--seed", "at most 18446744073709551615"]),
        ("--seed 1,2", &["'1,2'", "--seeds 1,2"]),
        ("--classes 1", &["'1'", "--classes", "at least 2"]),
        ("--classes 257", &["'257'", "--classes", "at most 256"]),
        ("--compare a", &["'--compare'", "stridelab bench has it"]),
        ("--limit 0", &["'0'", "--limit", "at least 1"]),
        ("--limit 131", &["--limit 131", "has 130", "1 to 130"]),
        ("--backend tpu", &["'tpu'", "--backend", "auto, gpu, cpu"]),
        ("--adapter 0 --backend cpu", &["--adapter", "--backend"]),
        ("--init weights", &["--init", "exactly one", "4 are selected"]),
        ("--shuffle", &["'--shuffle'", "--no-shuffle", "--help"]),
        ("frobnicate", &["'frobnicate'", "--help"]),
    ];
    for (arguments, words) in cases {
        place.refused(&format!("--data data {arguments}"), 2, words);
    }
    place.refused("-v", 2, &["--quiet", "--verbose"]);
    assert!(!place.at("runs").exists(), "something was written");
}

#[test]
fn a_kernel_larger_than_its_input_names_the_layer() {
    let place = Place::empty();
    place.data("data", |name, bytes| match name.contains("images") {
        true => Some(idx(&[(bytes.len() as u32 - 16) / (22 * 24), 4, 4], &bytes[16..][..(bytes.len() - 16) / 33])),
        false => Some(bytes),
    });
    place.refused(
        "--backend cpu --data data --padding valid --stride 1",
        2,
        &["conv2", "4×4", "kernel", "larger image"],
    );
    let ran = place.run("describe --image 2x9 --padding valid");
    one_line("describe", &ran, 2, &["conv1", "2×9", "kernel of 3×3"]);
}

#[test]
fn bad_data_is_named() {
    let place = Place::empty();
    const IMAGES: &str = "train-images-idx3-ubyte";
    const LABELS: &str = "t10k-labels-idx1-ubyte";
    type Case<'a> = (&'static str, fn(Vec<u8>) -> Option<Vec<u8>>, &'a [&'a str]);
    let cases: [Case; 9] = [
        (LABELS, |_| None, &["is missing", ".gz"]),
        (IMAGES, |b| Some(b[..b.len() - 1].into()), &["is cut off", "68639", "68640"]),
        (IMAGES, |b| Some([b, vec![0]].concat()), &["goes on after the 68640 bytes"]),
        (IMAGES, |b| Some([&[0, 0, 13, 3], &b[4..]].concat()), &["0x00000d03", "0x00000803"]),
        (IMAGES, |b| Some(b[..9].into()), &["ends within its header"]),
        (IMAGES, |_| Some(idx(&[u32::MAX, 4000, 4000], &[])), &["4294967295 images of 4000×4000", "512 MiB"]),
        (LABELS, |b| Some([&b[..10], &[203], &b[11..]].concat()), &["label 203 of sample 2", "--classes 204"]),
        (LABELS, |b| Some(idx(&[39], &b[9..])), &["39 labels", "40 images"]),
        (IMAGES, |_| Some(gzip(&[idx(&[130, 22, 24], &[0; 68640]), vec![0; 50 << 20]].concat())), &["goes on after"]),
    ];
    for (file, change, words) in cases {
        let _ = fs::remove_dir_all(place.at("data"));
        place.data("data", |name, bytes| if name == file { change(bytes) } else { Some(bytes) });
        place.refused("--data data", 4, &[&[file], words].concat());
    }
    place.refused("--data nowhere", 4, &["nowhere", "cannot be read", "four IDX files"]);
    place.refused(&format!("--data data/{LABELS}"), 4, &[LABELS, "is not a directory"]);
    assert!(!place.at("runs").exists(), "something was written");
}

#[test]
fn bad_weights_are_named() {
    let place = Place::new();
    place.fine(&format!("{TINY} --out run --quiet"));
    let good = fs::read(place.at("run/weights/stride2-valid-seed0.safetensors")).unwrap();
    let start = 8 + u64::from_le_bytes(good[..8].try_into().unwrap()) as usize;
    let replaced = |from: &str, to: &str| {
        let at = good.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        [&good[..at], to.as_bytes(), &good[at + from.len()..]].concat()
    };
    let nan = [&good[..start], &f32::NAN.to_le_bytes(), &good[start + 4..]].concat();
    let cases: [(&str, Vec<u8>, &[&str]); 5] = [
        ("cut", good[..good.len() - 1].into(), &["safetensors"]),
        ("empty", Vec::new(), &["safetensors"]),
        ("name", replaced("dense1.bias", "dense9.bias"), &["holds no tensor dense1.bias"]),
        ("nan", nan, &["conv1.weight[0, 0, 0, 0] is NaN"]),
        ("shape", replaced("[3,3,1,32]", "[3,3,32,1]"), &["conv1.weight has shape [3, 3, 32, 1]", "[3, 3, 1, 32]"]),
    ];
    for (name, bytes, words) in cases {
        fs::write(place.at(name), bytes).unwrap();
        place.refused(&format!("{TINY} --out never --init {name}"), 4, &[&[name], words].concat());
    }
    fs::write(place.at("good"), &good).unwrap();
    let other = TINY.replace("--stride 2", "--stride 1");
    place.refused(
        &format!("{other} --out never --init good"),
        4,
        &["good: dense1.weight has shape [64, 128]", "[1024, 128]"],
    );
    place.refused(&format!("{TINY} --out never --init none"), 4, &["none: cannot be read"]);
    place.refused(&format!("{TINY} --out never --init run"), 4, &["run: is not a file"]);
    assert!(!place.at("never").exists(), "something was written");
}

#[test]
fn a_used_directory_is_refused_and_force_replaces_only_what_is_ours() {
    let place = Place::new();
    fs::create_dir(place.at("run")).unwrap();
    fs::write(place.at("run/thesis.tex"), "years").unwrap();
    place.refused(&format!("{TINY} --out run"), 2, &["run", "not empty", "--force"]);
    assert_eq!(place.files().iter().filter(|f| f.starts_with("run/")).count(), 1);
    place.fine(&format!("{TINY} --out run --force --seed 5 --quiet"));
    place.refused(&format!("{TINY} --out run"), 2, &["not empty"]);
    assert!(place.at("run/weights/stride2-valid-seed5.safetensors").exists());
    place.fine(&format!("{TINY} --out run --force --quiet"));
    assert_eq!(place.read("run/thesis.tex"), "years");
    assert!(!place.at("run/weights/stride2-valid-seed5.safetensors").exists(), "an earlier run's file stayed");
}

#[test]
fn an_unwritable_place_is_named() {
    let place = Place::new();
    fs::write(place.at("file"), "mine").unwrap();
    place.refused(&format!("{TINY} --out file"), 1, &["file", "in the way", "--out"]);
    place.refused(&format!("{TINY} --out file/below"), 1, &["file/below", "--out"]);
    assert_eq!(place.read("file"), "mine");
    for ours in ["weights", "metrics.csv"] {
        let taken = format!("taken-{ours}");
        fs::create_dir(place.at(&taken)).unwrap();
        match ours {
            "weights" => fs::write(place.at(&taken).join(ours), "mine").unwrap(),
            _ => fs::create_dir(place.at(&taken).join(ours)).unwrap(),
        }
        place.refused(&format!("{TINY} --out {taken} --force"), 1, &[ours, "--out"]);
    }
    if cfg!(target_os = "linux") {
        // Nobody may create files there, not even root.
        place.refused(&format!("{TINY} --out /proc/stridelab"), 1, &["/proc/stridelab", "--out"]);
    }
}

/// Root may write anywhere, so that the permissions bind other users only.
#[cfg(unix)]
#[test]
fn a_read_only_directory_is_named_and_left_alone() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    fs::create_dir(place.at("locked")).unwrap();
    let allow = |mode| fs::set_permissions(place.at("locked"), fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    let root = fs::write(place.at("locked/probe"), "").is_ok();
    if root {
        fs::remove_file(place.at("locked/probe")).unwrap();
        println!("permissions do not bind this user: only the unwritable places of the other test were tried");
    } else {
        place.refused(&format!("{TINY} --out locked/run"), 1, &["locked/run", "ermission denied", "--out"]);
        place.refused(&format!("{TINY} --out locked"), 1, &["locked", "ermission denied", "--out"]);
        // The default place, runs/<date-time>, is below the working directory.
        let mut command = place.command("--backend cpu --data ../data --stride 2 --padding valid --quiet");
        let ran = ended(command.current_dir(place.at("locked")).output().unwrap());
        one_line("runs/ in a read-only directory", &ran, 1, &["runs", "ermission denied", "--out"]);
    }
    allow(0o755);
    assert_eq!(fs::read_dir(place.at("locked")).unwrap().count(), 0);
}

#[test]
fn divergence_names_the_model_and_keeps_what_was_written() {
    let place = Place::new();
    let ran = place.run(&format!("{TINY} --out run --learning-rate 1e30 --quiet"));
    assert_eq!(ran.code, 1, "{}", ran.err);
    let line = "error: stride 2, valid, seed 0: training diverged: the loss of step 2 of epoch 1 is NaN";
    assert!(ran.err.starts_with(line) && ran.err.contains("use a smaller --learning-rate"), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
    assert!(ran.out.contains("stride 2, valid"), "{}", ran.out);
    assert_eq!(place.json("run/run.json")["status"], "failed");
    let metrics = place.read("run/metrics.csv");
    assert!(metrics.lines().count() == 2 && metrics.contains("2,valid,3,2,dense,0,0,1,NaN,"), "{metrics}");
    assert!(!place.at("run/weights/stride2-valid-seed0.safetensors").exists(), "weights of no use");
}

/// At this learning rate the loss of seed 1 is NaN in its fourth step, and seed 0 trains on. The one is named and its
/// row marked; the other is bit for bit the model of a run alone.
#[test]
fn one_seed_that_diverges_takes_no_other_along() {
    let place = Place::empty();
    let arguments = "--backend cpu --stride 2 --padding same --epochs 2 --limit 640 --learning-rate 1e5 --quiet";
    let both = place.run(&format!("{arguments} --seeds 2 --out both"));
    assert_eq!(both.code, 1, "{}", both.err);
    assert!(both.err.starts_with("error: stride 2, same, seed 1: training diverged: "), "{}", both.err);
    assert_eq!(place.json("both/run.json")["diverged"], serde_json::json!(["stride 2, same, seed 1"]));
    let metrics = place.read("both/metrics.csv");
    assert!(metrics.lines().count() == 4 && metrics.contains("2,same,3,2,dense,0,1,1,NaN,"), "{metrics}");
    assert!(!place.at("both/weights/stride2-same-seed1.safetensors").exists(), "weights of no use");
    place.fine(&format!("{arguments} --seed 0 --out alone"));
    let read = |run: &str| fs::read(place.at(&format!("{run}/weights/stride2-same-seed0.safetensors"))).unwrap();
    assert_eq!(read("both"), read("alone"));
}
