//! Which pixels reach the classifier, against the gradients of networks with random weights and with weights of one.

use stridelab::analysis::Coverage;
use stridelab::model::geometry::{ConvShape, GlobalPoolShape, PoolShape};
use stridelab::model::network::LayerKind;
use stridelab::model::{Configuration, Network};

use crate::common::{data, reference, wide};

/// Channels of the networks here: geometry does not depend on them.
const CHANNELS: usize = 3;
/// Images of a draw, and draws.
const IMAGES: usize = 4;
const DRAWS: usize = 10;

/// A layer's gradient with respect to its input, from that of its output.
type Backward = Box<dyn Fn(&[f64]) -> Vec<f64>>;

/// Networks that lose pixels at the end, at the beginning, between strides, in the crop, and none.
const NAMES: [&str; 16] = [
    "stride 1, same",
    "stride 2, same",
    "stride 1, valid",
    "stride 2, valid",
    "stride 2, same, pool none",
    "stride 2, valid, pool none",
    "stride 2, valid, pool none, head gap",
    "stride 2, valid, head gap",
    "stride 2:1, valid",
    "stride 1x2:3, t1l0b0r2",
    "stride 2, symmetric, kernel 5",
    "stride 3:1, valid, kernel 2",
    "stride 4, valid, kernel 1, pool none",
    "stride 1, valid, crop 4",
    "stride 2, same, crop 3, head gap, pool none",
    "stride 2, t0l3b0r0, kernel 4, crop 1",
];

fn networks() -> impl Iterator<Item = (&'static str, Network)> {
    NAMES.into_iter().flat_map(|name| {
        let configuration: Configuration = name.parse().unwrap_or_else(|error| panic!("{error}"));
        let of = move |image| Network::new(image, configuration).unwrap_or_else(|error| panic!("{name}: {error}"));
        [[28, 28], [31, 27]].map(|image| (name, of(image)))
    })
}

/// The same convolution between fewer channels.
fn narrow(s: &ConvShape) -> ConvShape {
    let in_channels = if s.in_channels == 1 { 1 } else { CHANNELS };
    ConvShape { in_channels, out_channels: CHANNELS, ..*s }
}

/// `|∂ Σ dy·features / ∂ image|` of some random images, weights and `dy`, summed over the images.
fn gradient(network: &Network, draw: usize) -> Vec<f64> {
    let random = |name: &str, len: usize| wide(&data(&format!("coverage {draw} {name}"), len));
    let mut x = random("x", IMAGES * network.input.iter().product::<usize>());
    let mut back: Vec<Backward> = Vec::new();
    for layer in &network.layers {
        match layer.kind {
            LayerKind::Conv(s) => {
                let s = narrow(&s);
                let w = random(layer.name, s.weights_len());
                let y = reference::relu(&reference::conv2d(&s, IMAGES, &x, &w));
                x = y.clone();
                back.push(Box::new(move |dy| {
                    reference::conv2d_backward_input(&s, IMAGES, &reference::relu_backward(&y, dy), &w)
                }));
            }
            LayerKind::Pool(s) => {
                let s = PoolShape { channels: CHANNELS, ..s };
                let (y, argmax) = reference::max_pool(&s, IMAGES, &x);
                x = y;
                back.push(Box::new(move |dy| reference::max_pool_backward(&s, IMAGES, dy, &argmax)));
            }
            LayerKind::GlobalAveragePool(s) => {
                let s = GlobalPoolShape { channels: CHANNELS, ..s };
                x = reference::global_average_pool(&s, &x);
                back.push(Box::new(move |dy| reference::global_average_pool_backward(&s, dy)));
            }
            LayerKind::Dense { .. } => break,
        }
    }
    let dy = random("dy", x.len());
    let dx = back.iter().rev().fold(dy, |dy, back| back(&dy));
    let pixels = dx.len() / IMAGES;
    (0..pixels).map(|pixel| (0..IMAGES).map(|n| dx[n * pixels + pixel].abs()).sum()).collect()
}

/// The pixels of the image that the network crops, as row and column of the whole one.
fn inner(network: &Network) -> impl Iterator<Item = [usize; 2]> {
    let [height, width, _] = network.input;
    let crop = network.crop;
    (0..height).flat_map(move |row| (0..width).map(move |column| [row + crop, column + crop]))
}

/// A pixel has a gradient for some weights if and only if it is covered.
#[test]
fn coverage_is_the_support_of_a_gradient() {
    let (mut covered, mut lost) = (0, 0);
    for (name, network) in networks() {
        let coverage = Coverage::of(&network);
        assert_eq!(coverage.image, network.image(), "{name}");
        let mut seen = vec![false; network.input.iter().product()];
        for draw in 0..DRAWS {
            let gradient = gradient(&network, draw);
            seen.iter_mut().zip(gradient).for_each(|(seen, gradient)| *seen |= gradient != 0.0);
        }
        for ([row, column], seen) in inner(&network).zip(&seen) {
            assert_eq!(coverage.reaches(row, column), *seen, "{name}, {network:?}: pixel {row}, {column}");
            *(if *seen { &mut covered } else { &mut lost }) += 1;
        }
        let inside = inner(&network).filter(|&[row, column]| coverage.reaches(row, column)).count();
        let all = coverage.paths.iter().filter(|&&paths| paths > 0).count();
        assert_eq!(inside, all, "{name}: a pixel is covered that is cut off");
    }
    assert!(covered > 10_000 && lost > 1000, "{covered} pixels are covered and {lost} are not");
}

/// With weights of one, sums in place of maxima and no ReLU, the gradient counts the paths.
#[test]
fn paths_are_the_gradient_of_a_network_of_ones() {
    for (name, network) in networks() {
        let mut windows = Vec::new();
        for layer in &network.layers {
            windows.extend(match layer.kind {
                LayerKind::Conv(s) => Some(ConvShape { in_channels: 1, out_channels: 1, ..s }),
                LayerKind::Pool(PoolShape { input, kernel, stride, pads, output, .. }) => {
                    Some(ConvShape { input, kernel, stride, pads, output, in_channels: 1, out_channels: 1 })
                }
                LayerKind::GlobalAveragePool(_) | LayerKind::Dense { .. } => None,
            });
        }
        let last = windows.last().map_or(0, ConvShape::output_len);
        let ones = |s: &ConvShape| vec![1.0; s.weights_len()];
        let back = |dy: Vec<f64>, s: &ConvShape| reference::conv2d_backward_input(s, 1, &dy, &ones(s));
        let gradient = windows.iter().rev().fold(vec![1.0; last], back);
        let coverage = Coverage::of(&network);
        let paths = inner(&network).map(|[row, column]| coverage.paths[row * coverage.image[1] + column] as f64);
        assert_eq!(paths.collect::<Vec<_>>(), gradient, "{name}");
    }
}
