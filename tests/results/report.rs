//! Figures and tables made from plain rows.

use super::rows::{epoch, model, network};
use stridelab::model::Configuration;
use stridelab::model::geometry::Padding;
use stridelab::record::EpochRow;
use stridelab::report::figure::feature_maps::{FeatureMaps, shared_max};
use stridelab::report::figure::marks::viridis;
use stridelab::report::figure::{curves, png, sample};
use stridelab::report::text::{RunRow, describe_table, run_table};

/// What the tutorial says of a network.
struct Published {
    /// Validation accuracy after each epoch.
    accuracy: [f64; 3],
    /// Milliseconds of a training step.
    ms: f64,
}

/// The results of [`Configuration::TUTORIAL`].
const PUBLISHED: [Published; 4] = [
    Published { accuracy: [0.9860, 0.9889, 0.9889], ms: 25.0 },
    Published { accuracy: [0.9693, 0.9797, 0.9828], ms: 11.0 },
    Published { accuracy: [0.9831, 0.9869, 0.9914], ms: 19.0 },
    Published { accuracy: [0.9560, 0.9609, 0.9696], ms: 8.0 },
];

fn tutorial() -> Vec<EpochRow> {
    let mut rows = Vec::new();
    for (&configuration, published) in Configuration::TUTORIAL.iter().zip(PUBLISHED) {
        let epochs = published.accuracy.iter().zip(1..);
        rows.extend(epochs.map(|(&accuracy, number)| epoch(configuration, number, accuracy, published.ms * 0.938)));
    }
    rows
}

fn run_rows() -> Vec<RunRow> {
    let rows = tutorial();
    let configurations = Configuration::TUTORIAL.iter().zip(rows.chunks(3));
    let row = |(&c, epochs): (&Configuration, &[EpochRow])| {
        RunRow::new(model(c), &network(c), epochs, 938).of_run(3, 60_000, 10_000)
    };
    configurations.map(row).collect()
}

/// Decodes a PNG. Panics where the picture is blank.
fn decode(png: &[u8]) -> image::RgbImage {
    let image = image::load_from_memory_with_format(png, image::ImageFormat::Png).unwrap().to_rgb8();
    let first = *image.get_pixel(0, 0);
    assert!(image.pixels().any(|pixel| *pixel != first), "a blank picture");
    image
}

#[test]
fn curves_are_pictures_of_the_stated_size() {
    let rows = tutorial();
    for svg in [curves::accuracy(&rows, "MNIST"), curves::loss(&rows, "MNIST")] {
        assert_eq!(decode(&png(&svg).unwrap()).dimensions(), (1920, 1160));
        for configuration in Configuration::TUTORIAL {
            assert!(svg.contains(&format!(">{configuration}</text>")), "{configuration}");
        }
    }
    assert!(curves::loss(&rows, "").contains("stroke-dasharray=\"7 5\""));
}

#[test]
fn hard_data_is_drawn_without_panic() {
    let rows = tutorial();
    let of = |n: usize, f: &dyn Fn(usize, &mut EpochRow)| {
        let mut rows = rows[..n].to_vec();
        rows.iter_mut().enumerate().for_each(|(i, row)| f(i, row));
        rows
    };
    let cases = [
        vec![],
        of(1, &|_, _| {}),
        of(12, &|_, row| (row.val_accuracy, row.train_loss, row.val_loss) = (f64::NAN, f64::NAN, f64::INFINITY)),
        of(12, &|i, row| (row.val_accuracy, row.val_loss) = (0.098, if i % 3 > 0 { f64::NAN } else { 1e30 })),
        of(12, &|_, row| (row.train_loss, row.val_loss, row.val_accuracy) = (0.0, 0.0, 1.0)),
        of(12, &|_, row| (row.train_loss, row.val_loss) = (5e-324, f64::MAX)),
        of(12, &|i, row| {
            let pads = crate::common::pads([i, usize::MAX, 0, 1]);
            row.model.configuration = Configuration::new(i + 1, Padding::Explicit(pads));
            row.model.seed = i as u64;
        }),
        of(12, &|i, row| (row.epoch, row.model.seed) = (u32::MAX - i as u32 % 3, i as u64 % 2)),
        of(12, &|i, row| row.epoch = 1 + i as u32 % 3 * 24),
    ];
    for rows in cases {
        for svg in [curves::accuracy(&rows, "a < b & c"), curves::loss(&rows, "")] {
            assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{svg}");
            decode(&png(&svg).unwrap());
        }
    }
    // One seed of two has diverged: its accuracy means nothing, and the mean is the other's.
    let mut two = [&rows[..3], &rows[..1]].concat();
    two[3].model.seed = 1;
    two[3].train_loss = f64::NAN;
    two[3].val_loss = f64::NAN;
    let svg = curves::accuracy(&two, "");
    assert!(svg.contains("98.89 % · 1 diverged"), "{svg}");
    let diverged = of(12, &|i, row| row.val_accuracy = if i % 3 == 2 { f64::NAN } else { 0.9 });
    assert!(curves::accuracy(&diverged, "").contains("diverged in epoch 3"));
}

#[test]
fn viridis_is_matplotlibs() {
    assert_eq!(viridis::colour(0.0, 2.0), Some([68, 1, 84]));
    assert_eq!(viridis::colour(2.0, 2.0), Some([253, 231, 37]));
    assert_eq!(viridis::colour(1.0, 2.0), Some([33, 145, 140]));
    assert_eq!([viridis::colour(-1.0, 1.0), viridis::colour(9.0, 1.0)], [Some([68, 1, 84]), Some([253, 231, 37])]);
    assert_eq!(viridis::colour(f32::NAN, 1.0), None);
}

#[test]
fn feature_maps_share_one_scale_and_one_size() {
    let [same, half] = [Configuration::TUTORIAL[0], Configuration::TUTORIAL[1]];
    let ramp = |side: usize, top: f32| -> Vec<f32> {
        // Channel 8 is not drawn, so its peak must not stretch the scale.
        let value = |i: usize| if i % 9 == 8 { 1e6 } else { top * (i / 9) as f32 / (side * side - 1) as f32 };
        (0..side * side * 9).map(value).collect()
    };
    let large = ramp(28, 2.0);
    let small = ramp(14, 1.0);
    let maps =
        [FeatureMaps::new(same, [28, 28, 9], &large), FeatureMaps::new(half, [14, 14, 9], &small)].map(Result::unwrap);
    let max = shared_max(&maps);
    assert_eq!(max, 2.0);
    let pictures = maps.map(|m| decode(&png(&m.svg(max)).unwrap()));
    assert_eq!(pictures[0].dimensions(), pictures[1].dimensions());
    // The last pixel of the first map: full scale in one picture, half of it in the other.
    let corner = |picture: &image::RgbImage| picture.get_pixel(2 * 28 + 360, 2 * 122 + 360).0;
    assert_eq!(Some(corner(&pictures[0])), viridis::colour(2.0, 2.0));
    assert_eq!(Some(corner(&pictures[1])), viridis::colour(1.0, 2.0));

    for (shape, values) in [([2, 3, 1], vec![f32::NAN; 6]), ([1, 1, 40], vec![0.0; 40])] {
        decode(&png(&FeatureMaps::new(same, shape, &values).unwrap().svg(f32::NAN)).unwrap());
    }
    assert!(FeatureMaps::new(same, [28, 28, 32], &large).is_err());
    assert!(FeatureMaps::new(same, [0, 0, 0], &[]).is_err());
}

#[test]
fn the_sample_is_crisp() {
    let pixels: Vec<u8> = (0..784).map(|i| if i % 2 == 0 { 0 } else { 200 }).collect();
    let picture = decode(&png(&sample::sample(&pixels, [28, 28], 0, 7).unwrap()).unwrap());
    for (i, value) in pixels.iter().take(28).enumerate() {
        for offset in [1, 24] {
            let x = 56 + 26 * i as u32 + offset;
            assert_eq!(picture.get_pixel(x, 2 * 84 + 4).0, [*value; 3], "pixel {i}");
        }
    }
    assert!(sample::sample(&pixels, [28, 27], 0, 7).is_err());
}

#[test]
fn the_table_is_the_tutorials() {
    let expected = r"
                 conv1→pool1    para-    MACs an   valid.   valid.   valid.   train            ms a
configuration    conv2→pool2   meters      image  epoch 1  epoch 2  epoch 3    acc.  seconds   step
────────────────────────────────────────────────────────────────────────────────────────────────────
stride 1, same   28→14→14→7   421,642  4,241,152   0.9860   0.9889   0.9889  0.9899     70.3  25.00
stride 2, same   14→7→4→2      53,002    385,408   0.9693   0.9797   0.9828  0.9838     31.0  11.00
stride 1, valid  26→13→11→5   225,034  2,631,040   0.9831   0.9869   0.9914  0.9924*    53.5  19.00
stride 2, valid  13→6→2→1      28,426    131,872   0.9560   0.9609   0.9696  0.9706     22.5*  8.00*
* best by more than chance";
    assert_eq!(format!("\n{}", run_table(&run_rows(), false, 100)), expected);
}

/// What the final weights come to on the training set stands in place of an epoch's running mean, under its own name.
#[test]
fn the_training_accuracy_of_the_final_weights_has_its_own_name() {
    let evaluated = |row: RunRow| {
        let model = super::study_rows::finished(row.model, 0.9321, 0.9);
        row.evaluated(Some(&model))
    };
    let mut rows: Vec<RunRow> = run_rows().into_iter().map(evaluated).collect();
    let table = run_table(&rows, false, 100);
    let heads: Vec<&str> = table.lines().take(2).collect();
    assert!(heads[0].contains(" train ") && heads[1].contains("    set ") && !heads[1].contains("acc."), "{table}");
    assert!(table.matches("0.9321").count() == 4 && !table.contains("0.9899"), "{table}");
    // Of one that is not finished nothing is known, and no other number takes its place.
    rows[1] = rows[1].clone().evaluated(None);
    let table = run_table(&rows, false, 100);
    assert!(table.matches("0.9321").count() == 3 && !table.contains("0.9838"), "{table}");
}

#[test]
fn eighty_columns_lose_nothing() {
    let table = run_table(&run_rows(), false, 80);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    for cell in ["28 → 14 → 14 → 7", "421,642", "4,241,152", "0.9860", "0.9889", "0.9899", "70.3", "25.00"] {
        assert!(table.contains(cell), "{cell} is missing:\n{table}");
    }
}

#[test]
fn narrow_terminals_get_narrower_tables() {
    let mut long = run_rows();
    long.iter_mut().for_each(|row| row.val_accuracy = (0..50).map(|i| 0.98 + f64::from(i) * 1e-4).collect());
    for rows in [run_rows(), long] {
        for width in [200, 120, 100, 90, 80, 70, 60, 50, 40] {
            let table = run_table(&rows, false, width);
            assert!(table.lines().all(|line| line.chars().count() <= width.into()), "{width}:\n{table}");
        }
    }
    let _ = run_table(&run_rows(), true, 0);
    let _ = run_table(&[], false, 80);
}

#[test]
fn shapes_and_results_get_a_table_each_before_anything_is_left_out() {
    let mut long = run_rows();
    long.iter_mut().for_each(|row| row.val_accuracy = (0..50).map(|i| 0.98 + f64::from(i) * 1e-4).collect());
    let expected = r"
                 conv1 → pool1 →     para-    MACs an
configuration    conv2 → pool2      meters      image
──────────────────────────────────────────────────────
stride 1, same   28 → 14 → 14 → 7  421,642  4,241,152
stride 2, same   14 → 7 → 4 → 2     53,002    385,408
stride 1, valid  26 → 13 → 11 → 5  225,034  2,631,040
stride 2, valid  13 → 6 → 2 → 1     28,426    131,872

";
    let table = format!("\n{}", run_table(&long, false, 90));
    assert!(table.starts_with(expected), "{table}");
    assert!(table.contains("epoch 1  …  epoch 48"), "{table}");
}

#[test]
fn the_best_is_marked_with_colour_or_a_star() {
    let rows = run_rows();
    let plain = run_table(&rows, false, 120);
    let bold = run_table(&rows, true, 120);
    assert!(plain.contains("0.9924*") && !plain.contains("0.9706*") && !plain.contains('\x1b'), "{plain}");
    assert!(bold.contains("\x1b[1m") && !bold.contains('*'), "{bold}");
    // One run has no best, and a run without epochs has no numbers.
    assert!(!run_table(&rows[..1], false, 120).contains('*'));
    let c = Configuration::TUTORIAL[1];
    let mut stopped = rows[..1].to_vec();
    stopped.push(RunRow::new(model(c), &network(c), &[], 938));
    assert!(!run_table(&stopped, false, 120).contains('*'));
    let c = Configuration::TUTORIAL[0];
    assert!(run_table(&[RunRow::new(model(c), &network(c), &[], 938)], false, 120).contains('–'));
}

#[test]
fn describe_names_every_layer_and_its_pads() {
    let c = Configuration::TUTORIAL[1];
    let table = describe_table(&c, &network(c), false, 100);
    assert!(table.lines().all(|line| line.chars().count() <= 100), "{table}");
    let squeezed: Vec<String> = table.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(squeezed[0], "stride 2, same, images of 28 × 28 × 1");
    assert!(squeezed.contains(&"conv1 conv 3×3, stride 2, ReLU 14 × 14 × 32 0 0 1 1 320 56,448".into()), "{table}");
    assert!(squeezed.contains(&"total 53,002 385,408".into()), "{table}");
    assert!(describe_table(&c, &network(c), true, 40).starts_with("\x1b[1m"));
}
