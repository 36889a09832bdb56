//! What `describe` prints: the layers of a network.

use super::table::{TableColumn, fits, heading, render};
use crate::model::network::{Layer, LayerKind};
use crate::model::{Configuration, Network};
use crate::report::numbers::{DASH, grouped};

/// The columns that are left out where the terminal is narrow.
#[derive(Clone, Copy)]
struct OptionalColumns {
    /// What a layer computes.
    operation: bool,
    /// Its padding, by side.
    padding: bool,
}

/// From the widest table to the narrowest.
const CHOICES: [OptionalColumns; 3] = [
    OptionalColumns { operation: true, padding: true },
    OptionalColumns { operation: false, padding: true },
    OptionalColumns { operation: false, padding: false },
];

/// A network's layers with their operations, output shapes, padding by side, parameters and MACs, and the totals,
/// below a heading. Where the table is wider than `width`, the operations are left out, then the padding as well.
pub fn describe_table(configuration: &Configuration, network: &Network, colour: bool, width: u16) -> String {
    let [height, image_width, channels] = network.input;
    let text = format!("{configuration}, images of {height} × {image_width} × {channels}");
    let choices = CHOICES.map(|choice| columns(network, choice));
    let narrowest = choices.len() - 1;
    let chosen = choices.iter().position(|columns| fits(columns, width)).unwrap_or(narrowest);
    format!("{}\n{}", heading(&text, colour), render(&choices[chosen], colour))
}

fn columns(network: &Network, shown: OptionalColumns) -> Vec<TableColumn> {
    let cells = |cell: &dyn Fn(&Layer) -> String, total: &str| {
        network.layers.iter().map(cell).chain([total.to_owned()]).collect::<Vec<_>>()
    };
    let mut columns = vec![TableColumn::text("\nlayer", cells(&|layer| layer.name.into(), "total"))];
    if shown.operation {
        columns.push(TableColumn::text("\noperation", cells(&operation, "")));
    }
    columns.push(TableColumn::text("\noutput", cells(&output, "")));
    if shown.padding {
        columns.push(TableColumn::text("padding\ntop left bottom right", cells(&pads, "")));
    }
    let parameters = cells(&|layer| grouped(layer.parameters() as u64), &grouped(network.parameters() as u64));
    columns.push(TableColumn::numbers("\nparameters", parameters));
    let macs = cells(&|layer| grouped(layer.macs()), &grouped(network.macs()));
    columns.push(TableColumn::numbers("MACs\nan image", macs));
    columns
}

fn operation(layer: &Layer) -> String {
    let stride = |[rows, columns]: [usize; 2]| {
        if rows == columns { rows.to_string() } else { format!("{rows}×{columns}") }
    };
    match layer.kind {
        LayerKind::Conv(shape) => {
            let [rows, columns] = shape.kernel;
            format!("conv {rows}×{columns}, stride {}, ReLU", stride(shape.stride))
        }
        LayerKind::Pool(shape) => {
            let [rows, columns] = shape.kernel;
            format!("max pool {rows}×{columns}, stride {}", stride(shape.stride))
        }
        LayerKind::GlobalAveragePool(shape) => format!("mean of {} positions", grouped(shape.positions() as u64)),
        LayerKind::Dense { inputs, outputs, relu } => {
            let activation = if relu { ", ReLU" } else { "" };
            format!("dense {} → {outputs}{activation}", grouped(inputs as u64))
        }
    }
}

fn output(layer: &Layer) -> String {
    let [height, width, channels] = layer.output();
    if let LayerKind::GlobalAveragePool(_) | LayerKind::Dense { .. } = layer.kind {
        return channels.to_string();
    }
    format!("{height} × {width} × {channels}")
}

/// Each number below the name of its side in the header.
fn pads(layer: &Layer) -> String {
    if let LayerKind::GlobalAveragePool(_) | LayerKind::Dense { .. } = layer.kind {
        return DASH.into();
    }
    let pads = layer.pads();
    format!("{:>3} {:>4} {:>6} {:>5}", pads.top, pads.left, pads.bottom, pads.right)
}
