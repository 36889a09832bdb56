//! What analysis makes of records whose answers are known.

use super::rows::network;
use super::study_rows::{FIRST, SECOND, id, images, records};
use stridelab::analysis::statistics::Interval;
use stridelab::analysis::{
    Coverage, blanked_accuracy, class_accuracy, class_spreads, confusion, cost_summary, disputed, disputed_rows, gap,
    gradient_norms, ink, shift_accuracy, smoothness,
};
use stridelab::data::Split;
use stridelab::model::geometry::ConvShape;
use stridelab::model::network::LayerKind;
use stridelab::model::{Configuration, Network};
use stridelab::reference::conv2d_backward_input;

/// With every weight 1 and sums in place of maxima, the gradient of the sum of the last map with respect to a pixel is the
/// number of paths from it.
#[test]
fn coverage_is_the_gradient_of_a_network_of_ones() {
    let texts = [
        "stride 1, same",
        "stride 2, same",
        "stride 1, valid",
        "stride 2, valid",
        "stride 2:1, same, kernel 5",
        "stride 2, symmetric, pool none",
        "stride 1, t1l0b2r1, head gap",
        "stride 1, valid, crop 3",
    ];
    for (text, image) in texts.iter().flat_map(|text| [[28, 28], [23, 31]].map(|image| (text, image))) {
        let configuration: Configuration = text.parse().unwrap();
        let network = Network::new(image, configuration).unwrap();
        let windows = network.layers.iter().filter_map(|layer| {
            let (input, output, kernel, stride) = match layer.kind {
                LayerKind::Conv(s) => (s.input, s.output, s.kernel, s.stride),
                LayerKind::Pool(s) => (s.input, s.output, s.kernel, s.stride),
                _ => return None,
            };
            Some(ConvShape { input, output, kernel, stride, in_channels: 1, out_channels: 1, pads: layer.pads() })
        });
        let windows: Vec<ConvShape> = windows.collect();
        let last = windows.last().unwrap().output_len();
        let gradient = windows
            .iter()
            .rev()
            .fold(vec![1.0; last], |dy, shape| conv2d_backward_input(shape, 1, &dy, &vec![1.0; shape.weights_len()]));
        let coverage = Coverage::of(&network);
        let [height, width, _] = network.input;
        for (y, x) in (0..image[0]).flat_map(|y| (0..image[1]).map(move |x| (y, x))) {
            let inner = [y, x].map(|at| at.wrapping_sub(network.crop));
            let inside = inner[0] < height && inner[1] < width;
            let want = if inside { gradient[inner[0] * width + inner[1]] } else { 0.0 };
            let paths = coverage.paths[y * image[1] + x];
            assert_eq!(paths as f64, want, "{text} on {image:?}: pixel {y} {x}");
            assert_eq!(coverage.reaches(y, x), paths > 0);
        }
    }
}

#[test]
fn ink_is_counted_by_ring_and_class() {
    // A 4×4 image has rings of 12 and 4 pixels. Class 3: one image with 255 in a corner and 51 in the middle, one with
    // 102 in the middle. Class 7: a black image.
    let mut images = vec![0; 48];
    images[0] = 255;
    images[5] = 51;
    images[16 + 10] = 102;
    let split = Split { images, labels: vec![3, 3, 7], count: 3, height: 4, width: 4 };
    let rows = ink::by_ring(&split, 0).unwrap();
    let of = |class, ring| rows.iter().find(|row| (row.class, row.ring) == (class, ring)).unwrap();
    assert_eq!(rows.len(), 4);
    assert_eq!((of(3, 0).images, of(3, 0).images_with_ink, of(3, 0).ink), (2, 1, 1.0));
    assert_eq!((of(3, 1).images, of(3, 1).images_with_ink, of(3, 1).ink), (2, 2, 0.6));
    assert_eq!(of(3, 0).share, 0.625);
    assert!(of(7, 0).share.is_nan() && of(7, 0).images_with_ink == 0);
    let cropped = ink::by_ring(&split, 1).unwrap();
    assert_eq!((cropped.len(), cropped[0].crop, cropped[0].share), (2, 1, 1.0));
    assert!(ink::by_ring(&split, 2).is_err());
}

#[test]
fn uncovered_ink_is_what_the_coverage_leaves_out() {
    let data = images();
    // Stride 1 and `valid` leave out rows and columns 26 and 27; the white pixels lie on the diagonal from 0 to 3.
    let network = network(Configuration::TUTORIAL[2]);
    let mut split = data.test.clone();
    split.images[784 + 27] = 85;
    let rows = ink::uncovered(&split, &network, Configuration::TUTORIAL[2]).unwrap();
    assert_eq!(rows.iter().map(|row| (row.class, row.images)).collect::<Vec<_>>(), [(0, 2), (1, 1), (2, 1)]);
    assert_eq!((rows[0].images_with_uncovered_ink, rows[0].share), (1, 85.0 / (2.0 * 255.0 + 85.0)));
    assert_eq!((rows[1].images_with_uncovered_ink, rows[1].share), (0, 0.0));
    // What a crop cuts off belongs to no image of the network.
    let cropped = Configuration { crop: 2, ..FIRST };
    let rows = ink::uncovered(&split, &Network::new([28, 28], cropped).unwrap(), cropped).unwrap();
    assert!(rows[0].share.is_nan() && rows[1].share == 0.0, "{rows:?}");
    assert!(ink::uncovered(&split, &Network::new([20, 20], FIRST).unwrap(), FIRST).is_err());
}

#[test]
fn classes_and_confusions_are_counted_from_predictions() {
    let mut records = records();
    let rows = class_accuracy(&records);
    let right = |model| -> Vec<(u8, u32, u32)> {
        rows.iter().filter(|row| row.model == model).map(|row| (row.class, row.images, row.right)).collect()
    };
    assert_eq!(right(id(FIRST, 1)), [(0, 2, 1), (1, 1, 1), (2, 1, 0)]);
    assert_eq!(rows.len(), 12);
    let spreads = class_spreads(&rows, &[FIRST, SECOND]);
    assert_eq!(spreads.len(), 6);
    assert_eq!((spreads[0].configuration, spreads[0].class, spreads[0].accuracy.mean), (FIRST, 0, 0.75));
    let cells = confusion(&records);
    let count = |configuration, label, predicted| {
        cells
            .iter()
            .find(|c| (c.configuration, c.label, c.predicted) == (configuration, label, predicted))
            .unwrap()
            .count
    };
    assert_eq!([0, 1, 2].map(|predicted| count(FIRST, 0, predicted)), [3, 1, 0]);
    assert_eq!([0, 1, 2].map(|predicted| count(SECOND, 2, predicted)), [1, 1, 0]);
    assert_eq!(cells.iter().map(|cell| cell.count).sum::<u64>(), 16);
    // Predictions of other images cannot be judged.
    records.predictions[0].predictions.classes.pop();
    assert_eq!(class_accuracy(&records).len(), 9);
}

#[test]
fn shifts_and_blanked_pixels_are_summed_up_over_seeds() {
    let mut records = records();
    let rows = shift_accuracy(&records);
    assert_eq!(rows.len(), 2);
    assert_eq!((rows[0].dx, rows[0].dy, rows[0].n, rows[0].mean), (1, -1, 2, 0.375));
    assert_eq!(rows[0].sd, Some(0.125 * 2f64.sqrt()));
    let rows = blanked_accuracy(&records);
    let of = |configuration, class| {
        rows.iter().find(|row| (row.configuration, row.class) == (configuration, class)).unwrap()
    };
    // Class 0 of the first: whole 1 and ½, blanked ½ and ½.
    let zero = of(FIRST, Some(0));
    assert_eq!((zero.n, zero.whole, zero.blanked, zero.difference), (2, 0.75, 0.5, -0.25));
    assert_eq!((zero.low, zero.high), (Some(-0.5), Some(0.0)));
    // All images of the first: whole 1 and ½, blanked ¾ and ¾.
    assert_eq!((of(FIRST, None).whole, of(FIRST, None).blanked, of(FIRST, None).difference), (0.75, 0.75, 0.0));
    assert_eq!(rows.len(), 8);
    // Nothing is compared with what is not known.
    records.predictions.truncate(1);
    let rows = blanked_accuracy(&records);
    assert!(rows.len() == 4 && rows.iter().all(|row| (row.n, row.sd, row.low) == (1, None, None)), "{rows:?}");
}

#[test]
fn disputed_images_come_by_share_and_then_by_entropy() {
    let records = records();
    let images = disputed(&records, 10);
    // Image 1 is right in half of the models; image 3 in a quarter; of the others all models say the same.
    assert_eq!(images.iter().map(|image| image.image).collect::<Vec<_>>(), [1, 3]);
    assert_eq!((images[0].right(), images[0].entropy()), (0.5, 1.5));
    let rows = disputed_rows(&images);
    let second = rows.iter().find(|row| (row.rank, row.configuration) == (2, SECOND)).unwrap();
    assert_eq!((second.image, second.label, second.models, second.right), (3, 2, 2, 0.0));
    assert_eq!((second.other, second.right_of_all), (Some(0), 0.25));
    assert_eq!(disputed(&records, 1).len(), 1);
    // Of equal shares, more opinions first: [0, 1] and [1, 2] both are half right over four models.
    let mut tie = records;
    for (of, classes) in tie.predictions.iter_mut().zip([[0, 0, 1, 2], [0, 0, 1, 2], [1, 1, 1, 2], [1, 2, 1, 2]]) {
        of.predictions.classes = classes.to_vec();
    }
    assert_eq!(disputed(&tie, 10).iter().map(|image| image.image).collect::<Vec<_>>(), [1, 0]);
    tie.predictions.truncate(1);
    assert!(disputed(&tie, 10).is_empty());
}

#[test]
fn gaps_costs_smoothness_and_gradients_are_means_over_seeds() {
    let mut records = records();
    records.models[1].final_train_accuracy = f64::NAN;
    let gaps = gap(&records);
    assert_eq!((gaps[0].n, gaps[0].mean, gaps[0].sd, gaps[0].low), (1, 0.125, None, None));
    assert_eq!((gaps[1].n, gaps[1].mean, gaps[1].low, gaps[1].high), (2, 0.125, Some(0.125), Some(0.125)));
    let costs = cost_summary(&records);
    assert_eq!(costs.len(), 3);
    assert_eq!((costs[0].macs, costs[0].parameters, costs[0].batch_size), (Some(4_241_152), Some(421_642), Some(1)));
    // Epochs of 2 and 4 seconds and ten steps.
    assert_eq!((costs[0].seconds_per_step, costs[1].batch_size), (Some(0.3), Some(64)));
    assert_eq!((costs[2].seconds_per_step, costs[2].images_per_second, costs[2].n), (Some(0.1), None, 2));
    let layers = smoothness(&records);
    assert_eq!((layers[0].layer.as_str(), layers[0].variation.unwrap().mean), ("conv1", 3.0));
    assert_eq!(layers[0].variation.unwrap().interval, Some(Interval { low: 2.0, high: 4.0 }));
    assert_eq!(layers[0].variation_per_pixel, None);
    let norms = gradient_norms(&records);
    assert_eq!((norms.len(), norms[0].tensor.as_str(), norms[0].steps.len()), (4, "conv1.weight", 1));
    assert_eq!((norms[0].steps[0].mean, norms[0].steps[0].seeds), (3.0, 2));
}
