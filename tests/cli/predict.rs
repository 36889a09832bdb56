//! `stridelab predict`.

use std::fs;
use std::io::Cursor;
use std::path::PathBuf;

use image::{DynamicImage, GrayImage, ImageFormat, Luma, Rgb, RgbImage};
use serde_json::Value;
use stridelab::store::read_study;

use super::tool::{Place, SIDES, TEST, one_line};

/// Two networks with two seeds each.
const RUN: &str = "--backend cpu --data data --stride 2 --padding same,valid --epochs 1 --seeds 2 --out run --quiet";

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Test image `sample` of the small set.
fn test_image(place: &Place, sample: usize) -> GrayImage {
    let [height, width] = SIDES;
    let bytes = fs::read(place.at("data/t10k-images-idx3-ubyte")).unwrap();
    let pixels = (height * width) as usize;
    GrayImage::from_raw(width, height, bytes[16 + sample * pixels..][..pixels].to_vec()).unwrap()
}

fn save(place: &Place, name: &str, image: &DynamicImage) -> PathBuf {
    let mut bytes = Vec::new();
    let format = if name.ends_with(".jpg") { ImageFormat::Jpeg } else { ImageFormat::Png };
    image.write_to(&mut Cursor::new(&mut bytes), format).unwrap();
    fs::write(place.at(name), bytes).unwrap();
    place.at(name)
}

/// A dark stroke on paper under light from the left.
fn photo() -> RgbImage {
    RgbImage::from_fn(300, 240, |x, y| {
        let stroke = (120..150).contains(&x) && (40..200).contains(&y);
        let light = 230 - x / 3;
        Rgb([if stroke { light / 4 } else { light } as u8; 3])
    })
}

#[test]
fn a_test_image_gets_the_predictions_of_the_run() {
    let place = Place::new();
    place.fine(RUN);
    let records = read_study(&place.at("run")).unwrap();
    for sample in [0, 7, 39] {
        let ran = place.fine(&format!("predict run --test-image {sample} --json"));
        assert_eq!(ran.err, "");
        let [object] = &objects(&ran.out)[..] else { panic!("{}", ran.out) };
        assert_eq!((&object["event"], &object["label"]), (&"prediction".into(), &records.labels[sample].into()));
        assert_eq!(object["size"], serde_json::json!(SIDES));
        let models = object["models"].as_array().unwrap();
        assert_eq!(models.len(), 4);
        for (model, stored) in models.iter().zip(&records.predictions) {
            assert_eq!(model["model"], stored.model.to_string());
            assert_eq!((&model["epochs"], &model["class"]), (&1.into(), &stored.predictions.classes[sample].into()));
            let probabilities: Vec<f64> =
                model["probabilities"].as_array().unwrap().iter().map(|p| p.as_f64().unwrap()).collect();
            assert_eq!(probabilities.len(), 10);
            assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{probabilities:?}");
            let confidence = f64::from(stored.predictions.confidences[sample]) / 255.0;
            let of_label = probabilities[usize::from(records.labels[sample])];
            assert!((of_label - confidence).abs() < 0.5 / 255.0 + 1e-5, "{of_label} {confidence}");
        }
        let mean =
            |class: usize| (0..2).map(|i| models[i]["probabilities"][class].as_f64().unwrap()).sum::<f64>() / 2.0;
        let first = &object["configurations"][0];
        assert_eq!((&first["configuration"], &first["models"]), (&"stride 2, same".into(), &2.into()));
        assert!((0..10).all(|class| (first["probabilities"][class].as_f64().unwrap() - mean(class)).abs() < 1e-12));
    }
    let one = objects(&place.fine("predict run --test-image 7 --seed 1 --json").out).remove(0);
    assert_eq!(one["models"].as_array().unwrap().len(), 2);
    assert_eq!(one["configurations"][0]["agree"], 1);
    place.refused_without_quiet("predict run --test-image 7 --seed 9", 2, &["--seed 9", "choose from 0, 1"]);
    let most = format!("from 0 to {}", TEST - 1);
    place.refused_without_quiet("predict run --test-image 40", 2, &["--test-image 40", "40 test images", &most]);
}

#[test]
fn files_are_taken_as_they_are_or_prepared() {
    let place = Place::new();
    place.fine(RUN);
    let of = |arguments: &str| objects(&place.fine(&format!("predict run --json {arguments}")).out).remove(0);
    save(&place, "seven.png", &test_image(&place, 7).into());
    let (as_is, known) = (of("seven.png --as-is"), of("--test-image 7"));
    assert_eq!((&as_is["models"], &as_is["pixels"]), (&known["models"], &known["pixels"]));
    assert!(as_is.get("label").is_none() && as_is.get("picture").is_none());

    save(&place, "photo.jpg", &photo().into());
    let mut light = photo();
    light.pixels_mut().for_each(|pixel| pixel.0 = pixel.0.map(|value| 255 - value));
    save(&place, "light.png", &light.into());
    let photo = of("photo.jpg");
    assert_eq!(photo["picture"]["polarity"], "dark on light");
    assert_eq!(of("light.png")["picture"]["polarity"], "light on dark");
    let ink = |side: &str| photo["picture"]["ink"][side].as_i64().unwrap();
    assert!((ink("left") - 120).abs() < 4 && (ink("width") - 30).abs() < 6 && (ink("height") - 160).abs() < 8);
    let pixels: Vec<i64> = photo["pixels"].as_array().unwrap().iter().map(|p| p.as_i64().unwrap()).collect();
    assert_eq!(pixels.len(), 22 * 24);
    assert!(pixels[..24].iter().all(|&p| p == 0) && pixels.iter().any(|&p| p > 250));

    let text = place.fine("predict run photo.jpg light.png").out;
    assert!(text.contains("photo.jpg: 300×240, dark on light, ink of ") && text.contains("light on dark"), "{text}");
    assert!(text.contains("models that agree") && text.contains(" of 2") && !text.contains('\x1b'), "{text}");
    assert!(!text.contains('▀') && text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn maps_are_in_the_objects_where_they_are_asked_for() {
    let place = Place::new();
    place.fine(RUN);
    let object =
        objects(&place.fine("predict run --test-image 0 --json --layer pool1,conv2 --filters 2,40").out).remove(0);
    let features = object["features"].as_array().unwrap();
    // The first model of each network.
    assert_eq!(features.len(), 2);
    assert_eq!(features[1]["model"], "stride 2, valid, seed 0");
    let layers = features[0]["layers"].as_array().unwrap();
    assert_eq!((&layers[0]["layer"], layers[0]["filters"].as_array().unwrap().len()), (&"pool1".into(), 1));
    assert_eq!(layers[1]["filters"][1]["filter"], 40);
    let [rows, columns] = [0, 1].map(|i| layers[1]["size"][i].as_u64().unwrap() as usize);
    assert_eq!(layers[1]["filters"][1]["map"].as_array().unwrap().len(), rows * columns);
    assert!(objects(&place.fine("predict run --test-image 0 --json").out)[0].get("features").is_none());
}

#[test]
fn what_cannot_be_predicted_is_one_line() {
    let place = Place::new();
    place.fine(RUN);
    save(&place, "small.png", &GrayImage::from_pixel(10, 10, Luma([0])).into());
    save(&place, "blank.png", &GrayImage::from_pixel(90, 120, Luma([230])).into());
    fs::write(place.at("text.png"), "no picture").unwrap();
    fs::write(place.at("empty.jpg"), "").unwrap();
    for (arguments, words) in [
        ("blank.png", &["blank.png: there is no ink"][..]),
        ("text.png", &["text.png", "PNG or JPEG"]),
        ("empty.jpg", &["empty.jpg: is empty"]),
        ("missing.png", &["missing.png: cannot be read"]),
        ("data", &["data: is not a file"]),
        ("small.png --as-is", &["10×10", "24×22", "--as-is"]),
    ] {
        place.refused_without_quiet(&format!("predict run {arguments}"), 4, words);
    }
    for (arguments, code, words) in [
        ("predict run", 2, "<IMAGE>"),
        ("predict missing blank.png", 4, "missing"),
        ("predict data blank.png", 4, "run.json"),
        ("predict run blank.png --test-image 1", 2, "cannot be used with"),
        ("predict run blank.png --layer conv3", 2, "conv2"),
    ] {
        place.refused_without_quiet(arguments, code, &[words]);
    }
    // The others get theirs.
    save(&place, "photo.png", &photo().into());
    let ran = place.run("predict run blank.png photo.png text.png --json");
    assert_eq!((ran.code, ran.err.lines().count(), objects(&ran.out).len()), (4, 2, 1), "{}", ran.err);
    assert!(ran.err.starts_with("error: blank.png: ") && ran.err.contains("\nerror: text.png: "), "{}", ran.err);
}

#[test]
fn missing_and_damaged_weights_are_named_and_the_others_predict() {
    let place = Place::new();
    place.fine(RUN);
    fs::remove_file(place.at("run/weights/stride2-valid-seed1.safetensors")).unwrap();
    let damaged = place.at("run/weights/stride2-same-seed0.safetensors");
    let bytes = fs::read(&damaged).unwrap();
    fs::write(&damaged, &bytes[..bytes.len() / 2]).unwrap();
    let ran = place.fine("predict run --test-image 1 --json");
    let lines: Vec<&str> = ran.err.lines().collect();
    assert_eq!(lines.len(), 2, "{}", ran.err);
    assert!(lines[0].starts_with("warning: stride 2, same, seed 0 is left out: ") && lines[0].contains("safetensors"));
    assert_eq!(lines[1], "warning: stride 2, valid, seed 1: no weights in run/weights");
    let models =
        objects(&ran.out)[0]["models"].as_array().unwrap().iter().map(|m| m["model"].to_string()).collect::<Vec<_>>();
    assert_eq!(models, ["\"stride 2, same, seed 1\"", "\"stride 2, valid, seed 0\""]);
    // Weights of another network under its name.
    let at = bytes.windows(10).position(|window| window == b"[3,3,1,32]").unwrap();
    fs::write(&damaged, [&bytes[..at], b"[3,3,32,1]", &bytes[at + 10..]].concat()).unwrap();
    let ran = place.fine("predict run --test-image 1 --json");
    assert!(ran.err.contains("conv1.weight has shape [3, 3, 32, 1]"), "{}", ran.err);
    fs::remove_dir_all(place.at("run/weights")).unwrap();
    let ran = place.run("predict run --test-image 1");
    let last = ran.err.lines().last().unwrap();
    assert!(ran.code == 4 && last.starts_with("error: run/weights: there are no weights"), "{}", ran.err);
}

/// A terminal gets the image and the maps, as wide as it is.
#[cfg(target_os = "linux")]
#[test]
fn a_terminal_shows_maps_that_fit() {
    let place = Place::new();
    place.fine(RUN);
    for (columns, colours) in [(80, "truecolor"), (40, "")] {
        let seen =
            super::terminal::seen(&place, [columns, 50], &[("COLORTERM", colours)], "predict run --test-image 7");
        assert!(seen.contains("stride 2, same, seed 0: conv1") && seen.contains('▀'), "{seen:?}");
        assert_eq!(seen.contains("\x1b[38;2;"), colours == "truecolor");
        assert_eq!(seen.contains("\x1b[38;5;"), colours != "truecolor");
        for line in super::terminal::visible(&seen).lines() {
            assert!(line.chars().count() <= usize::from(columns), "{columns}: {line:?}");
        }
    }
    let plain = super::terminal::seen(&place, [80, 50], &[("NO_COLOR", "1")], "predict run --test-image 7");
    assert!(!plain.contains('▀') && !plain.contains('\x1b'), "{plain:?}");
}

impl Place {
    /// As [`Place::refused`], for a command without `--quiet`.
    #[track_caller]
    fn refused_without_quiet(&self, arguments: &str, code: i32, words: &[&str]) {
        one_line(&format!("stridelab {arguments}"), &self.run(arguments), code, words);
    }
}
