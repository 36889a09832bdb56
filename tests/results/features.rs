//! The figure of features, and the files of figures.

use super::rows::network;
use stridelab::model::tensor::Tensor;
use stridelab::model::{Configuration, ModelId};
use stridelab::record::{FeatureRecord, LayerFeatures, ModelFeatures, RunRecord};
use stridelab::report::figure::features::features;
use stridelab::report::figure::{png, standalone};
use stridelab::store::{RunWriter, read_features};

/// Features of invented values of the first three filters of every configuration; the third filter never answers.
fn record(configurations: &[Configuration], layers: &[&str]) -> FeatureRecord {
    let layer = |configuration: Configuration, name: &str| {
        let network = network(configuration);
        let shape @ [_, _, outputs] = network.layer(name).unwrap().output();
        let channels = if name.ends_with('1') { 1 } else { 32 };
        let weight = Tensor {
            name: format!("{name}.weight"),
            shape: vec![3, 3, channels, outputs],
            data: (0..9 * channels * outputs).map(|i| ((i * 37 % 19) as f32 - 9.0) / 20.0).collect(),
        };
        let value = |i: usize| if i % outputs == 2 { 0.0 } else { (i / outputs % 7) as f32 / 6.0 };
        let values: Vec<f32> = (0..shape.iter().product()).map(value).collect();
        LayerFeatures::of(name, shape, &values, &weight, &[0, 1, 2])
    };
    let model = |&configuration: &Configuration| ModelFeatures {
        model: ModelId { configuration, seed: 3 },
        epoch: 2,
        predicted: 1,
        layers: layers.iter().map(|name| layer(configuration, name)).collect(),
    };
    FeatureRecord {
        image: 41,
        label: 7,
        size: [28, 28],
        pixels: (0..784).map(|i| (i % 256) as u8).collect(),
        models: configurations.iter().map(model).collect(),
    }
}

/// The groups of cells: left, top, width and height.
fn frames(svg: &str) -> Vec<[f64; 4]> {
    let mut lines = svg.lines();
    let mut frames = Vec::new();
    // Of a group around the cells, which clips them.
    let mut offset = [0.0; 2];
    while let Some(line) = lines.next() {
        let Some(place) = line.split_once("transform=\"translate(").map(|(_, rest)| rest) else { continue };
        let numbers = |text: &str| text.split(' ').map(|n| n.parse::<f64>().unwrap()).collect::<Vec<_>>();
        let Some((at, rest)) = place.split_once(") scale(") else {
            let outer = numbers(place.split_once(')').unwrap().0);
            offset = [outer[0], outer[1]];
            continue;
        };
        let scale = numbers(rest.split_once(')').unwrap().0);
        let paths: String = lines.by_ref().take_while(|line| *line != "</g>").collect();
        // The ends of the runs of cells: "M3 4h2v1" ends at column 5 and row 5.
        let mut ends = [0.0f64; 2];
        for run in paths.split('M').filter(|run| run.contains("v1h")) {
            let (start, length) = run.split_once('h').unwrap();
            let (start, length) = (numbers(start), numbers(length.split_once('v').unwrap().0)[0]);
            ends = [ends[0].max(start[0] + length), ends[1].max(start[1] + 1.0)];
        }
        let at = numbers(at);
        frames.push([at[0] + offset[0], at[1] + offset[1], ends[0] * scale[0], ends[1] * scale[1]]);
        offset = [0.0; 2];
    }
    frames
}

#[test]
fn maps_stand_where_they_are_on_the_image() {
    let svg = features(&record(&Configuration::TUTORIAL, &["conv1", "conv2"]), "").unwrap();
    let frames = frames(&svg);
    // The image, then of two layers four configurations of three filters, each a kernel and a map.
    assert_eq!(frames.len(), 1 + 2 * 4 * 3 * 2);
    let pixel = frames[0][2] / 28.0;
    // First cell and end of a map, in pixels of the image, from the square whose left side its kernel shares.
    let place = |model: usize, layer: usize| {
        let kernel = frames[1 + (layer * 4 + model) * 6];
        let map = frames[2 + (layer * 4 + model) * 6];
        [(map[0] - kernel[0]) / pixel, (map[0] + map[2] - kernel[0]) / pixel]
    };
    let near = |a: [f64; 2], b: [f64; 2]| assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.01), "{a:?} {b:?}");
    near(place(0, 0), [0.0, 28.0]);
    near(place(1, 0), [0.5, 28.5]);
    near(place(2, 0), [1.0, 27.0]);
    near(place(3, 0), [0.5, 26.5]);
    near(place(0, 1), [0.0, 28.0]);
    near(place(2, 1), [3.0, 25.0]);
    // Two cells of eight pixels: the middles of windows of 13 from 0 and 8 on.
    near(place(3, 1), [2.5, 18.5]);
    // Filters stand in the same columns everywhere.
    for (i, frame) in frames[1..].iter().enumerate().step_by(6) {
        assert_eq!(frame[0], frames[1][0], "{i}");
    }
    assert!(png(&svg).is_ok());
}

#[test]
fn image_label_prediction_seed_and_epoch_are_named() {
    let svg = features(&record(&Configuration::TUTORIAL[..2], &["conv1", "pool2"]), "MNIST & more").unwrap();
    for text in [
        ">What conv1 and pool2 make of test image 41, a 7</text>",
        ">28 × 28, label 7</text>",
        ">predicts 1, wrong</text>",
        ">seed 3, epoch 2</text>",
        ">filter 2</text>",
        ">0 to 1.00</text>",
        ">0 everywhere</text>",
        ">stride 2, same</text>",
        ">MNIST &amp; more</text>",
    ] {
        assert!(svg.contains(text), "{text} is missing");
    }
    // Of one scale for all: each column's greatest value has the brightest colour in every configuration.
    assert!(svg.contains("#fde725"));
}

#[test]
fn hard_features_are_drawn_or_refused_in_one_line() {
    let mut all = Configuration::TUTORIAL.to_vec();
    all.extend(
        ["stride 1, valid, crop 4", "stride 2:1, symmetric, head gap"]
            .map(|name| name.parse::<Configuration>().unwrap()),
    );
    let mut hard = record(&all, &["conv1"]);
    hard.models[0].layers[0].filters[0].map[5] = f32::NAN;
    hard.models[1].layers[0].filters[0].map[5] = f32::INFINITY;
    hard.models[1].layers[0].filters[0].kernel[0] = f32::NAN;
    hard.models[2].layers.clear();
    let svg = features(&hard, "").unwrap();
    assert!(!svg.contains("NaN") && svg.contains("no such layer") && png(&svg).is_ok());
    // A cropped image's maps stand in its middle.
    assert!(svg.contains("url(#hatch)"));
    for broken in [FeatureRecord::default(), FeatureRecord { size: [28, 29], ..hard.clone() }] {
        let error = features(&broken, "").unwrap_err().to_string();
        assert!(error.contains("cannot draw features") && !error.contains('\n'), "{error}");
    }
}

/// What is read back from a run's directory gives the same drawing, bit for bit.
#[test]
fn a_figure_can_be_drawn_again_from_the_record() {
    let dir = tempfile::tempdir().unwrap();
    let record = record(&Configuration::TUTORIAL, &["conv1", "pool1", "conv2", "pool2"]);
    let mut writer = RunWriter::create(dir.path(), false).unwrap();
    writer.features(&record).unwrap();
    writer.run(&RunRecord::default()).unwrap();
    let read = read_features(dir.path()).unwrap();
    assert_eq!(read, record);
    assert_eq!(features(&read, "a").unwrap(), features(&record, "a").unwrap());
    std::fs::write(dir.path().join("features.safetensors"), b"{}").unwrap();
    let error = read_features(dir.path()).unwrap_err().to_string();
    assert!(error.contains("features.safetensors") && !error.contains('\n'), "{error}");
}

#[test]
fn a_file_of_its_own_has_its_fonts_and_the_same_pixels() {
    let svg = features(&record(&Configuration::TUTORIAL[..1], &["conv1"]), "").unwrap();
    let file = standalone(&svg);
    for weight in [400, 600] {
        assert!(
            file.contains(&format!("@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/otf;base64,"))
        );
    }
    assert!(!svg.contains("@font-face") && file.starts_with(svg.lines().next().unwrap()));
    // No other address than those of names and of the data inside.
    assert_eq!(file.matches("http").count(), 1, "only the namespace");
    assert!(png(&file).unwrap() == png(&svg).unwrap());
    // Of a font that is not used, nothing is inside.
    let regular = standalone("<svg xmlns=\"http://www.w3.org/2000/svg\">\n<text font-weight=\"400\">a</text></svg>\n");
    assert!(regular.contains("font-weight:400;") && !regular.contains("font-weight:600;"));
}
