//! `--data` as people have it: other names, other numbers of classes, directories one level above.

use std::fs;

use super::tool::{Place, TINY, gzip, idx, rows};

/// The small set with labels 1 to 26, as EMNIST's letters have them, under EMNIST's names.
fn letters(place: &Place) {
    place.data("data", |name, bytes| match name.contains("labels") {
        true => {
            Some(idx(&[bytes.len() as u32 - 8], &(0..bytes.len() - 8).map(|i| (i % 26 + 1) as u8).collect::<Vec<_>>()))
        }
        false => Some(bytes),
    });
    for entry in fs::read_dir(place.at("data")).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        let emnist = format!("emnist-letters-{}.gz", name.replace("t10k", "test"));
        fs::write(place.at("data").join(emnist), gzip(&fs::read(entry.path()).unwrap())).unwrap();
        fs::remove_file(entry.path()).unwrap();
    }
}

#[test]
fn letters_train_and_their_weights_load_again() {
    let place = Place::empty();
    letters(&place);
    let ran = place.fine(&format!("{TINY} --out run"));
    assert!(
        ran.err.contains("emnist-letters: 130 training images and 40 validation images of 22×24 in 27 classes"),
        "{}",
        ran.err
    );
    assert_eq!(place.json("run/run.json")["data"]["classes"], 27);
    let shapes = rows(&place.read("run/shapes.csv"));
    assert_eq!(shapes.last().unwrap()["channels"], 27);
    let loss = rows(&place.read("run/steps.csv"))[0]["loss"].as_f64().unwrap();
    assert!((loss - 27f64.ln()).abs() < 0.5, "{loss}");
    let weights = "run/weights/stride2-valid-seed0.safetensors";
    place.fine(&format!("{TINY} --init {weights} --out next --quiet"));
    // The same images with ten classes: the weights are of another network, and the option that makes it theirs is named.
    place.data("ten", |_, bytes| Some(bytes));
    let ten = TINY.replace("data data", "data ten");
    place.refused(
        &format!("{ten} --init {weights} --out never"),
        4,
        &["the weights are of 27 classes", "--classes 27"],
    );
    place.fine(&format!("{ten} --init {weights} --classes 27 --out more --quiet"));
    assert_eq!(place.json("more/run.json")["options"]["classes"], 27);
    place.refused(
        &format!("{TINY} --classes 26 --out never"),
        4,
        &["train-labels-idx1-ubyte", "label 26", "--classes 27"],
    );
    // The classes are those of the whole set, whatever part of it is trained on.
    place.fine(&format!("{TINY} --limit 3 --out few --quiet"));
    assert_eq!(place.json("few/run.json")["data"]["classes"], 27);
    let described = place.fine("describe --stride 2 --padding valid --image 22x24 --classes 27");
    assert!(described.out.contains("dense 128 → 27"), "{}", described.out);
    assert!(!place.at("never").exists());
}

#[test]
fn mnist_with_other_classes() {
    let place = Place::empty();
    place.refused("--backend cpu --classes 5 --out never", 4, &["label 5", "0 to 4", "--classes 10"]);
    place.fine("--backend cpu --stride 2 --padding valid --limit 64 --epochs 1 --classes 26 --out run --quiet");
    assert_eq!(rows(&place.read("run/shapes.csv")).last().unwrap()["channels"], 26);
}

#[test]
fn a_directory_above_the_data_names_the_one_below() {
    let place = Place::empty();
    place.data("root/MNIST/raw", |_, bytes| Some(bytes));
    let place_below = "use --data root/MNIST/raw";
    place.refused(
        &TINY.replace("data data", "data root"),
        4,
        &["train-images-idx3-ubyte: is missing", "holds MNIST", place_below],
    );
    place.refused(&TINY.replace("data data", "data root/MNIST"), 4, &[place_below]);
    place.fine(&format!("{} --quiet", TINY.replace("data data", "data root/MNIST/raw")));
}

#[test]
fn padded_gzip_trains_and_a_web_page_is_named() {
    let place = Place::new();
    for entry in fs::read_dir(place.at("data")).unwrap().map(Result::unwrap) {
        let padded = [gzip(&fs::read(entry.path()).unwrap()), vec![0; 4096]].concat();
        fs::write(place.at("data").join(format!("{}.gz", entry.file_name().into_string().unwrap())), padded).unwrap();
        fs::remove_file(entry.path()).unwrap();
    }
    place.fine(&format!("{TINY} --quiet"));
    fs::write(place.at("data/t10k-images-idx3-ubyte.gz"), "<!DOCTYPE html><html><title>404</title>").unwrap();
    place.refused(TINY, 4, &["t10k-images-idx3-ubyte.gz: is a web page (HTML), not the IDX file of images"]);
}
