//! What `describe` prints: the layers of a network.

use super::{Column, grouped, render, width_of};
use crate::model::network::{Layer, LayerKind};
use crate::model::{Configuration, Network};

/// A network's layers with their kernels, output shapes, padding by side, parameters and MACs, and
/// the totals, below a heading. The kernels, then the padding, give way where `width` is short.
pub fn describe_table(configuration: &Configuration, network: &Network, colour: bool, width: u16) -> String {
    let [h, w, c] = network.input;
    let heading = format!("{configuration}, images of {h} × {w} × {c}");
    let heading = if colour { format!("\x1b[1m{heading}\x1b[0m") } else { heading };
    let fits = |parts: &[bool; 2]| width_of(&render(&columns(network, *parts), false)) <= usize::from(width);
    let parts = [[true, true], [false, true], [false, false]].into_iter().find(fits).unwrap_or([false, false]);
    format!("{heading}\n{}", render(&columns(network, parts), colour))
}

fn columns(network: &Network, [kernels, padding]: [bool; 2]) -> Vec<Column> {
    let cells = |cell: &dyn Fn(&Layer) -> String, total: &str| {
        network.layers.iter().map(cell).chain([total.to_owned()]).collect::<Vec<_>>()
    };
    let mut columns = vec![Column::text("\nlayer", cells(&|layer| layer.name.into(), "total"))];
    if kernels {
        columns.push(Column::text("\noperation", cells(&operation, "")));
    }
    columns.push(Column::text("\noutput", cells(&output, "")));
    if padding {
        columns.push(Column::text("padding\ntop left bottom right", cells(&pads, "")));
    }
    let parameters = grouped(network.parameters() as u64);
    columns.push(Column::numbers("\nparameters", cells(&|l| grouped(l.parameters() as u64), &parameters)));
    columns.push(Column::numbers("MACs\nan image", cells(&|l| grouped(l.macs()), &grouped(network.macs()))));
    columns
}

fn operation(layer: &Layer) -> String {
    let pair = |[a, b]: [usize; 2]| if a == b { a.to_string() } else { format!("{a}×{b}") };
    match layer.kind {
        LayerKind::Conv(s) => {
            format!("conv {}×{}, stride {}, ReLU", s.kernel[0], s.kernel[1], pair(s.stride))
        }
        LayerKind::Pool(s) => format!("max pool {}×{}, stride {}", s.kernel[0], s.kernel[1], pair(s.stride)),
        LayerKind::Dense { inputs, outputs, relu } => {
            format!("dense {} → {outputs}{}", grouped(inputs as u64), if relu { ", ReLU" } else { "" })
        }
    }
}

fn output(layer: &Layer) -> String {
    match (layer.kind, layer.output()) {
        (LayerKind::Dense { outputs, .. }, _) => outputs.to_string(),
        (_, [h, w, c]) => format!("{h} × {w} × {c}"),
    }
}

/// Each number below its side's name.
fn pads(layer: &Layer) -> String {
    if let LayerKind::Dense { .. } = layer.kind {
        return "–".into();
    }
    let p = layer.pads();
    format!("{:>3} {:>4} {:>6} {:>5}", p.top, p.left, p.bottom, p.right)
}
