//! The figure of features, and what several seeds print.

use stridelab::report::figure::features::features;
use stridelab::report::figure::standalone;
use stridelab::store::read_features;

use super::tool::{Place, TINY, one_line};

#[test]
fn image_layers_and_filters_are_chosen_and_drawn_again_from_the_record() {
    let place = Place::new();
    place.fine(
        "--backend cpu --data data --padding same,valid --stride 2 --epochs 1 --seeds 4,2 --image 13 --layer pool1,conv2 \
         --filters 3,40 --out run --quiet",
    );
    let record = read_features(&place.at("run")).unwrap();
    assert_eq!((record.image, record.size, record.models.len()), (13, [22, 24], 2));
    let labels = std::fs::read(place.at("data/t10k-labels-idx1-ubyte")).unwrap();
    assert_eq!(record.label, labels[8 + 13]);
    for model in &record.models {
        // The first seed of each configuration.
        assert_eq!((model.model.seed, model.epoch), (4, 1));
        let drawn: Vec<(&str, Vec<usize>)> = model
            .layers
            .iter()
            .map(|layer| (layer.layer.as_str(), layer.filters.iter().map(|filter| filter.filter).collect()))
            .collect();
        // pool1 has 32 filters.
        assert_eq!(drawn, [("pool1", vec![2]), ("conv2", vec![2, 39])]);
    }
    let svg = place.read("run/figures/features.svg");
    let caption = svg.rsplit_once("</text>").unwrap().0.rsplit_once('>').unwrap().1;
    assert!(caption.contains("seeds 4, 2") && svg.contains("test image 13, a "), "{caption}");
    assert!(standalone(&features(&record, caption).unwrap()) == svg, "another drawing");
    let options = &place.json("run/run.json")["options"];
    assert_eq!(
        [&options["image"], &options["layer"], &options["filters"]],
        [&serde_json::json!(13), &serde_json::json!(["pool1", "conv2"]), &serde_json::json!([3, 40])]
    );
}

#[test]
fn an_image_that_is_not_there_is_one_line() {
    let place = Place::new();
    let ran = place.run(&format!("{TINY} --image 40 --out run"));
    one_line("no such image", &ran, 2, &["--image 40", "has 40 test images", "from 0 to 39"]);
    assert!(!place.at("run").exists());
    for (arguments, words) in [("--filters 0", "at least 1"), ("--layer conv3", "conv2"), ("--image -1", "at least 0")]
    {
        let ran = place.run(&format!("{TINY} {arguments}"));
        assert!(ran.code == 2 && ran.err.contains(words), "{arguments}: {}", ran.err);
    }
}

#[test]
fn several_seeds_print_a_row_a_configuration_and_the_same_as_objects() {
    let place = Place::new();
    let two = "--backend cpu --data data --padding same --stride 1,2 --epochs 1 --seeds 2 --quiet";
    let table = place.fine(&format!("{two} --out run")).out;
    assert!(table.contains("± sd") && table.contains("undecided"), "{table}");
    // In the tables of shapes, of configurations and of pairs.
    let lines = table.lines().filter(|line| line.starts_with("stride 1, same")).count();
    assert_eq!(lines, 3, "{table}");
    let out = place.fine(&format!("{two} --json --out json")).out;
    let lines: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let events: Vec<&str> = lines.iter().map(|line| line["event"].as_str().unwrap()).collect();
    assert_eq!(events[4..], ["configuration", "configuration", "pair", "done"], "{out}");
    let accuracies: Vec<f64> = lines[..2].iter().map(|line| line["val_accuracy"].as_f64().unwrap()).collect();
    let (first, pair) = (&lines[4], &lines[6]);
    assert_eq!((&first["configuration"], &first["asked"]), (&"stride 1, same".into(), &2.into()));
    let mean = first["val_accuracy"]["mean"].as_f64().unwrap();
    assert!((mean - (accuracies[0] + accuracies[1]) / 2.0).abs() < 1e-12, "{out}");
    assert_eq!((&pair["first"], &pair["second"]), (&"stride 1, same".into(), &"stride 2, same".into()));
    assert_eq!((&pair["verdict"], &pair["difference"]["n"]), (&"undecided".into(), &2.into()));
}
