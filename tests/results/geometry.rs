//! The rules of `geometry` and of coverage as a table, `tests/page/geometry.json`, that the page's JavaScript is held to by
//! `tests/page/geometry.test.mjs`. With `STRIDELAB_WRITE_FIXTURES=1` this test writes the file.

use std::fmt::Write;
use std::path::Path;

use serde_json::{Value, json};
use stridelab::analysis::{Coverage, ReceptiveField};
use stridelab::model::geometry::{ConvShape, Padding};
use stridelab::model::network::{Layer, LayerKind};
use stridelab::model::{Configuration, Network, Strides};

const LAYERS: [&str; 4] = ["conv1", "pool1", "conv2", "pool2"];

#[test]
fn the_pages_table_of_geometry_is_what_the_program_computes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/geometry.json");
    let table = format!("{{\n\"slides\": [\n{}\n],\n\"networks\": [\n{}\n]\n}}\n", lines(slides()), lines(networks()));
    if std::env::var("STRIDELAB_WRITE_FIXTURES").is_ok_and(|value| value == "1") {
        std::fs::write(&path, &table).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    let advice = "run this test with STRIDELAB_WRITE_FIXTURES=1, then node --test tests/page/*.test.mjs";
    for (number, (ours, theirs)) in table.lines().zip(committed.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {} of {} is out of date; {advice}", number + 1, path.display());
    }
    assert_eq!(table.len(), committed.len(), "{} is out of date; {advice}", path.display());
}

/// One convolution: input, kernel, stride, padding, then pads by side, output and the rows and columns that no window reads;
/// nothing where it is refused.
fn slides() -> Vec<Value> {
    let mut cases = Vec::new();
    for (n, kernel, stride) in sizes(&(4..=28).collect::<Vec<_>>(), &[1, 2, 3, 4, 5, 6, 7]) {
        let explicit: &[&str] = if n % 3 == 1 { &["t0l1b2r0", "t6l0b3r5"] } else { &[] };
        for padding in ["same", "valid", "symmetric"].iter().chain(explicit) {
            let shape = ConvShape::new([n, n], 1, 1, [kernel; 2], [stride; 2], padding.parse().unwrap());
            let Ok(shape) = shape else {
                cases.push(json!([n, kernel, stride, padding]));
                continue;
            };
            let pads = shape.pads;
            let layer = Layer { name: "conv1", kind: LayerKind::Conv(shape) };
            let [rows, columns] = unread(&Network { input: [n, n, 1], crop: 0, layers: vec![layer], classes: 1 });
            let sides = [pads.top, pads.left, pads.bottom, pads.right];
            cases.push(json!([n, kernel, stride, padding, sides, shape.output, rows, columns]));
        }
    }
    cases
}

/// Networks: image, kernel, stride, padding, then parameters, multiply-adds, pixels that never reach the classifier, paths on
/// the diagonal, and of each layer its output, its windows on the image by axis, and the rows and columns of what it takes that
/// never reach the classifier. Of a refused network the layer that cannot be made.
fn networks() -> Vec<Value> {
    let mut cases = Vec::new();
    for (n, kernel, stride) in sizes(&[28, 21, 10, 4], &[1, 3, 4, 7]) {
        for padding in ["same", "valid", "symmetric", "t0l1b2r0"] {
            let chosen: Padding = padding.parse().unwrap();
            let configuration =
                Configuration { kernel, strides: Strides::all(stride), ..Configuration::new(1, chosen) };
            cases.push(match Network::new([n, n], configuration) {
                Err(error) => {
                    let text = error.to_string();
                    let layer = LAYERS.into_iter().find(|layer| text.contains(&format!("layer {layer},"))).unwrap();
                    json!([n, kernel, stride, padding, layer])
                }
                Ok(network) => {
                    let coverage = Coverage::of(&network);
                    let lost = coverage.paths.iter().filter(|&&paths| paths == 0).count();
                    let diagonal: Vec<u64> = (0..n).map(|i| coverage.paths[i * n + i]).collect();
                    let layers: Vec<Value> = (0..LAYERS.len()).map(|index| layer(&network, index)).collect();
                    json!([n, kernel, stride, padding, network.parameters(), network.macs(), lost, diagonal, layers])
                }
            });
        }
    }
    cases
}

fn layer(network: &Network, index: usize) -> Value {
    let [height, width, channels] = network.layers[index].output();
    let windows = ReceptiveField::of(network, LAYERS[index]).unwrap();
    let windows = windows.axes.map(|axis| [axis.first, axis.step, axis.extent, axis.outputs]);
    // The rest of the network, as one of its own that takes what this layer takes.
    let input = match network.layers[index].kind {
        LayerKind::Conv(shape) => [shape.input[0], shape.input[1], shape.in_channels],
        LayerKind::Pool(shape) => [shape.input[0], shape.input[1], shape.channels],
        _ => unreachable!("the first four layers slide a window"),
    };
    let rest = Network { input, layers: network.layers[index..].to_vec(), ..network.clone() };
    json!([[height, width, channels], windows, unread(&rest)])
}

/// Rows and columns of which no pixel reaches the end.
fn unread(network: &Network) -> [Vec<usize>; 2] {
    let coverage = Coverage::of(network);
    let [height, width] = coverage.image;
    let rows = (0..height).filter(|&row| (0..width).all(|column| !coverage.reaches(row, column)));
    let columns = (0..width).filter(|&column| (0..height).all(|row| !coverage.reaches(row, column)));
    [rows.collect(), columns.collect()]
}

fn sizes(inputs: &[usize], kernels: &[usize]) -> Vec<(usize, usize, usize)> {
    let of = |&n: &usize| kernels.iter().flat_map(move |&kernel| (1..=3).map(move |stride| (n, kernel, stride)));
    inputs.iter().flat_map(of).collect()
}

fn lines(cases: Vec<Value>) -> String {
    let mut text = String::new();
    for (index, case) in cases.iter().enumerate() {
        let comma = if index + 1 < cases.len() { "," } else { "" };
        writeln!(text, "{case}{comma}").unwrap();
    }
    text.trim_end().to_owned()
}
