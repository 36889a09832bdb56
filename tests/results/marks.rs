//! Where the marks of a figure are.

use super::rows::epoch;
use stridelab::model::Configuration;
use stridelab::record::EpochRow;
use stridelab::report::figure::feature_maps::FeatureMaps;
use stridelab::report::figure::{curves, png};

/// The elements of that name, each with its attributes as written.
fn elements<'a>(svg: &'a str, name: &str) -> Vec<&'a str> {
    let start = format!("<{name} ");
    svg.lines().filter(|line| line.starts_with(&start)).collect()
}

fn attribute<'a>(element: &'a str, name: &str) -> &'a str {
    let (_, rest) = element.split_once(&format!(" {name}=\"")).unwrap_or_else(|| panic!("no {name} in {element}"));
    rest.split_once('"').unwrap().0
}

fn number(element: &str, name: &str) -> f64 {
    attribute(element, name).parse().unwrap()
}

/// Rows of so many epochs of so many seeds of the first configuration, whose markers are circles.
fn rows(epochs: u32, seeds: u64) -> Vec<EpochRow> {
    let row = |seed: u64, number: u32| {
        let noise = (seed * 37 % 100) as f64 / 5e3;
        let mut row = epoch(Configuration::TUTORIAL[0], number, 0.97 - 0.1 / f64::from(number) + noise, 1.0);
        row.model.seed = seed;
        row
    };
    (0..seeds).flat_map(|seed| (1..=epochs).map(move |number| row(seed, number))).collect()
}

#[test]
fn markers_stand_on_ticks() {
    for epochs in [1, 2, 3, 10, 11, 12, 13, 24, 50, 99, 100, 101, 937] {
        let svg = curves::accuracy(&rows(epochs, 1), "");
        // A tick is a short vertical line; a circle begins five units left of its middle.
        let is_tick = |line: &&str| number(line, "x1") == number(line, "x2");
        let ticks: Vec<f64> = elements(&svg, "line").into_iter().filter(is_tick).map(|l| number(l, "x1")).collect();
        let circles =
            elements(&svg, "path").into_iter().map(|path| attribute(path, "d")).filter(|d| d.contains("a5 5"));
        let x = |d: &str| d[1..].split(' ').next().unwrap().parse::<f64>().unwrap() + 5.0;
        let markers: Vec<f64> = circles.map(x).collect();
        assert_eq!(markers.len(), ticks.len(), "{epochs} epochs: {markers:?}, ticks at {ticks:?}");
        for (marker, tick) in markers.iter().zip(&ticks) {
            assert!((marker - tick).abs() < 0.02, "{epochs} epochs: {markers:?}, ticks at {ticks:?}");
        }
    }
}

#[test]
fn the_mean_of_many_seeds_stands_out() {
    let strokes = |seeds: u64| -> Vec<(String, f64, f64)> {
        let svg = curves::accuracy(&rows(20, seeds), "");
        let drawn = elements(&svg, "path").into_iter().filter(|path| path.contains("stroke-opacity"));
        let stroke = |path: &str| {
            (attribute(path, "stroke").to_string(), number(path, "stroke-width"), number(path, "stroke-opacity"))
        };
        drawn.map(stroke).collect()
    };
    for seeds in [2, 10, 100] {
        let all = strokes(seeds);
        let [runs @ .., edge, mean, _label] = &all[..] else { panic!("{all:?}") };
        assert_eq!(runs.len() as u64, seeds);
        assert!(runs.iter().all(|run| run.0 == mean.0 && run.1 < mean.1 / 2.0 && run.2 <= 0.4), "{runs:?}");
        assert!(edge.0 == "#ffffff" && edge.1 > mean.1 && mean.2 == 1.0, "{edge:?} {mean:?}");
    }
    // All runs of a hundred together must not cover what one line shows.
    assert!(strokes(100)[0].2 <= 0.15 && strokes(3)[0].2 == 0.4);
    assert!(strokes(1).iter().all(|stroke| stroke.0 != "#ffffff"));
    assert!(png(&curves::loss(&rows(20, 100), "")).is_ok());
}

#[test]
fn a_map_has_its_label_beside_it() {
    for shape in [[28, 28, 9], [28, 7, 9], [7, 28, 9], [1, 60, 2], [60, 1, 1]] {
        let values = vec![1.0; shape.iter().product()];
        let svg = FeatureMaps::new(Configuration::TUTORIAL[0], shape, &values).unwrap().svg(1.0);
        let frames = elements(&svg, "g").into_iter().map(|group| attribute(group, "transform"));
        let corner = |transform: &str| -> [f64; 2] {
            let (x, y) = transform[10..].split_once(')').unwrap().0.split_once(' ').unwrap();
            [x, y].map(|n| n.parse().unwrap())
        };
        let frames: Vec<[f64; 2]> = frames.map(corner).collect();
        let labels: Vec<_> = elements(&svg, "text").into_iter().filter(|text| text.contains(">filter ")).collect();
        assert!(!labels.is_empty() && labels.len() < frames.len(), "{shape:?}");
        for (label, [x, y]) in labels.iter().zip(frames) {
            let (right, up) = (number(label, "x") - x, y - number(label, "y"));
            assert!(right.abs() < 0.02 && (5.0..12.0).contains(&up), "{shape:?}: {label} of a map at {x} {y}");
        }
    }
}
