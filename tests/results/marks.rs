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

/// Of one epoch, every seed is a point, and the bar is the interval of their mean.
#[test]
fn seeds_of_one_epoch_are_points_in_the_column_of_their_configuration() {
    for seeds in [2, 10, 100] {
        let mut all = rows(1, seeds);
        for mut row in rows(1, seeds) {
            row.model.configuration = Configuration::TUTORIAL[1];
            row.val_accuracy -= 0.02;
            all.push(row);
        }
        let svg = curves::accuracy(&all, "");
        assert!(svg.contains(&format!("; {seeds} seeds, their mean, its 95 % interval")), "{svg}");
        let dots = elements(&svg, "circle");
        assert_eq!(dots.len() as u64, 2 * seeds);
        let (first, second) = dots.split_at(seeds as usize);
        let ends = |dots: &[&str], name: &str| {
            let all: Vec<f64> = dots.iter().map(|dot| number(dot, name)).collect();
            all.iter().fold((f64::INFINITY, 0.0f64), |(low, high), v| (low.min(*v), high.max(*v)))
        };
        let ((left, right), (from, _)) = (ends(first, "cx"), ends(second, "cx"));
        assert!(right < from && right - left > 20.0 && right - left < 120.0, "{left} {right} {from}");
        // The bars, drawn on a white edge, lie within the points.
        let bars = elements(&svg, "path").into_iter().filter(|path| attribute(path, "d").contains("m-7 0h14"));
        let bars: Vec<&str> = bars.filter(|path| attribute(path, "stroke") != "#ffffff").collect();
        assert_eq!(bars.len(), 2);
        let (foot, top) = attribute(bars[0], "d").split_once('V').unwrap();
        let [foot, top] = [foot.split_once(' ').unwrap().1, top.split_once('M').unwrap().0].map(|y| y.parse::<f64>());
        let (highest, lowest) = ends(first, "cy");
        let (foot, top) = (foot.unwrap(), top.unwrap());
        assert!(highest - 0.01 <= top && top < foot && foot <= lowest + 0.01, "{foot} {top} {lowest} {highest}");
        assert!(png(&svg).is_ok());
    }
    // One seed has neither points nor a bar.
    let alone = curves::accuracy(&rows(1, 1), "");
    assert!(elements(&alone, "circle").is_empty() && !alone.contains("m-7 0h14"));
}

/// A band is the mean ± sd, but shows nothing that no seed has.
#[test]
fn a_band_lies_around_the_mean_and_within_the_seeds() {
    let bands = |svg: &str| -> Vec<Vec<f64>> {
        let areas = elements(svg, "path").into_iter().filter(|path| path.contains("fill-opacity"));
        let ys = |path: &str| attribute(path, "d").split(['M', 'L', 'z', ' ']).filter_map(|n| n.parse().ok()).collect();
        areas.map(ys).map(|numbers: Vec<f64>| numbers.chunks(2).map(|point| point[1]).collect()).collect()
    };
    assert!(bands(&curves::accuracy(&rows(3, 1), "")).is_empty());
    let svg = curves::accuracy(&rows(3, 100), "");
    let [band] = &bands(&svg)[..] else { panic!("{svg}") };
    assert_eq!(band.len(), 6);
    // At the last epoch: 97 % − 3.33 + noise of 0 to 1.98 in steps of 0.02, whose sd is 0.58.
    let percent = |y: f64, other: f64| (y - other).abs();
    let lines: Vec<f64> = elements(&svg, "line")
        .into_iter()
        .filter(|line| number(line, "y1") == number(line, "y2"))
        .map(|line| number(line, "y1"))
        .collect();
    let labels: Vec<f64> = elements(&svg, "text")
        .into_iter()
        .filter_map(|text| text.split_once('>').unwrap().1.strip_suffix(" %</text>")?.parse().ok())
        .collect();
    let unit = percent(lines[1], lines[0]) / (labels[1] - labels[0]);
    let height = (band[3] - band[2]).abs();
    assert!((height / unit - 2.0 * 0.5802).abs() < 0.02, "{height} {unit}");
    // Accuracies of which one lies far below: the band of 100 % and below ends at 100 %.
    let mut high = rows(3, 4);
    high.iter_mut().for_each(|row| row.val_accuracy = if row.model.seed == 0 { 0.97 } else { 1.0 });
    let svg = curves::accuracy(&high, "");
    let top = elements(&svg, "line").iter().map(|line| number(line, "y1")).fold(f64::INFINITY, f64::min);
    assert!(bands(&svg)[0].iter().all(|y| *y >= top - 0.01), "{svg}");
    // A seed that diverged is in no band.
    let mut diverged = rows(3, 3);
    diverged.iter_mut().filter(|row| row.model.seed == 2).for_each(|row| row.val_loss = f64::NAN);
    assert_eq!(bands(&curves::loss(&diverged, "")).len(), 2);
}

/// Twelve configurations with long names stay on the page, and values of any size have readable ticks.
#[test]
fn many_series_and_small_values_fit_the_page() {
    let mut all = Vec::new();
    for kernel in 3..15 {
        let mut configuration: Configuration = "stride 2, valid, pool none, head gap, crop 4".parse().unwrap();
        configuration.kernel = kernel;
        for mut row in rows(2, 3) {
            row.model.configuration = configuration;
            (row.val_accuracy, row.val_loss, row.train_loss) = (1e-8, 0.0, 1e-8);
            all.push(row);
        }
    }
    for svg in [curves::accuracy(&all, ""), curves::loss(&all, "")] {
        let page: f64 = attribute(svg.lines().next().unwrap(), "width").parse().unwrap();
        let mut names: Vec<f64> = Vec::new();
        for text in elements(&svg, "text") {
            let width = text.split_once('>').unwrap().1.chars().count() as f64 * 4.0;
            let (left, right) = match attribute(text, "text-anchor") {
                "start" => (number(text, "x"), number(text, "x") + width),
                "end" => (number(text, "x") - width, number(text, "x")),
                _ => continue,
            };
            assert!(left >= 0.0 && right <= page, "{text} on {page}");
            if text.contains(">stride 2, valid") {
                names.push(number(text, "y"));
            }
        }
        names.sort_by(f64::total_cmp);
        assert_eq!(names.len(), 12);
        assert!(names.windows(2).all(|pair| pair[1] - pair[0] >= 30.0), "{names:?}");
        assert!(!svg.contains("NaN") && png(&svg).is_ok());
    }
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
