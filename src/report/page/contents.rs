//! What the page's scripts are given: data as JSON, weights and files as blocks of base64.

use std::fmt::Write;
use std::io::Write as _;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use super::markup::Escaped;
use super::weights::packed;
use super::{ModelWeights, PageFile, PageSource};
use crate::analysis::configurations;
use crate::error::{Error, Result, one_line};
use crate::model::network::{Layer, LayerKind};
use crate::model::{Configuration, Network};
use crate::record::StudyRecords;
use crate::report::figure::marks::palette::{looks, variables_of};

/// Bytes of a page. Weights for which there is no room are left out.
const PAGE: usize = 4_900_000;
/// Bytes of its styles, fonts, scripts, texts and test digits.
const FIXED: usize = 600_000;
/// Test digits of each class.
const EACH: usize = 3;
/// Disputed digits beside them.
const DISPUTED: usize = 6;

/// The networks that have finished models, or all of a run that has none; configurations that make no network of the
/// run's images are left out.
pub(super) fn networks(records: &StudyRecords) -> Vec<(Configuration, Network)> {
    let trained = records.configurations();
    let all = if trained.is_empty() { configurations(records) } else { trained };
    let network = |configuration: Configuration| {
        let network = Network::new(records.run.data.image, configuration).ok()?;
        Some((configuration, network.with_classes(records.run.data.classes.max(1)).ok()?))
    };
    all.into_iter().filter_map(network).collect()
}

/// The blocks at the end of the page.
pub(super) fn blocks(source: &PageSource) -> Result<String> {
    let models = kept(source)?;
    let data = json!({
        "configurations": configurations_json(source.records),
        "image_size": source.records.run.data.image,
        "models": models_json(source, &models),
        "weights_command": "stridelab --stride 1,2 --padding same,valid",
        "digits": digits(source),
    });
    // "<" could end the element, or begin a comment in it.
    let text = data.to_string().replace('<', "\\u003c");
    let mut html = format!("<script type=\"application/json\" id=\"page-data\">{text}</script>\n");
    for (model, text) in &models {
        let slug = model.model.configuration.slug();
        let _ = writeln!(html, "<script type=\"application/octet-stream\" id=\"weights-{slug}\">{text}</script>");
    }
    for (i, file) in source.files.iter().enumerate() {
        let text = STANDARD.encode(gzip(&file.bytes)?);
        let _ = writeln!(html, "<script type=\"application/gzip\" id=\"file-{i}\">{text}</script>");
    }
    Ok(html)
}

/// Buttons that save the files, in the order of their blocks.
pub(super) fn buttons(files: &[PageFile]) -> String {
    let button = |(i, file): (usize, &PageFile)| {
        let kind = if file.name.ends_with(".json") { "application/json" } else { "text/csv" };
        format!(
            "<li><button type=\"button\" data-file=\"{}\" data-block=\"file-{i}\" data-type=\"{kind}\" hidden>{0}</button></li>\n",
            Escaped(&file.name)
        )
    };
    format!("<ul class=\"files\">\n{}</ul>\n", files.iter().enumerate().map(button).collect::<String>())
}

/// The models whose weights the page holds, packed: the tutorial's first, then others as long as there is room.
fn kept<'a>(source: &PageSource<'a>) -> Result<Vec<(&'a ModelWeights, String)>> {
    let mut models: Vec<&ModelWeights> = source.models.models.iter().collect();
    models.sort_by_key(|model| !Configuration::TUTORIAL.contains(&model.model.configuration));
    let drawn: usize = source.figures.iter().map(|figure| figure.svg.len()).sum();
    let mut room = PAGE.saturating_sub(FIXED + drawn);
    let mut kept = Vec::new();
    for model in models {
        let text = packed(&model.file)?;
        if let Some(rest) = room.checked_sub(text.len()) {
            room = rest;
            kept.push((model, text));
        }
    }
    Ok(kept)
}

fn configurations_json(records: &StudyRecords) -> Vec<Value> {
    let networks = networks(records);
    let looks = looks(&networks.iter().map(|(configuration, _)| *configuration).collect::<Vec<_>>());
    let each = networks.iter().zip(looks).map(|((configuration, network), look)| {
        let [line, text] = variables_of(look);
        json!({
            "slug": configuration.slug(),
            "name": configuration.to_string(),
            "colour": line,
            "text_colour": text,
            "line": look.line,
            "text": look.text,
            "network": {
                "input": network.input,
                "crop": network.crop,
                "layers": network.layers.iter().map(layer_json).collect::<Vec<_>>(),
            },
        })
    });
    each.collect()
}

fn layer_json(layer: &Layer) -> Value {
    let pads = layer.pads();
    let pads = json!({ "top": pads.top, "left": pads.left, "bottom": pads.bottom, "right": pads.right });
    let own = match layer.kind {
        LayerKind::Conv(s) => json!({
            "kind": "conv", "kernel": s.kernel, "stride": s.stride, "pads": pads,
            "input": [s.input[0], s.input[1], s.in_channels],
        }),
        LayerKind::Pool(s) => json!({
            "kind": "pool", "kernel": s.kernel, "stride": s.stride, "pads": pads,
            "input": [s.input[0], s.input[1], s.channels],
        }),
        LayerKind::GlobalAveragePool(s) => json!({ "kind": "gap", "input": [s.input[0], s.input[1], s.channels] }),
        LayerKind::Dense { inputs, outputs, relu } => {
            json!({ "kind": "dense", "inputs": inputs, "outputs": outputs, "relu": relu })
        }
    };
    let shared = json!({
        "name": layer.name, "output": layer.output(), "parameters": layer.parameters(), "macs": layer.macs(),
    });
    match (own, shared) {
        (Value::Object(mut own), Value::Object(shared)) => {
            own.extend(shared);
            Value::Object(own)
        }
        (own, _) => own,
    }
}

fn models_json(source: &PageSource, models: &[(&ModelWeights, String)]) -> Value {
    let Some((first, _)) = models.first() else { return Value::Null };
    let entry = |(model, _): &(&ModelWeights, String)| {
        let slug = model.model.configuration.slug();
        json!({ "slug": slug, "file": format!("{}.safetensors", model.model.slug()), "element": format!("weights-{slug}") })
    };
    json!({
        "seed": first.model.seed,
        "epochs": source.models.epochs,
        "device": source.models.device,
        "entries": models.iter().map(entry).collect::<Vec<_>>(),
    })
}

/// The first test images of each class, and the most disputed ones.
fn digits(source: &PageSource) -> Vec<Value> {
    let Some(test) = source.data.map(|data| &data.test) else { return Vec::new() };
    let mut counts = [0usize; 256];
    let first = test.labels.iter().enumerate().filter(|(_, label)| {
        let count = &mut counts[usize::from(**label)];
        *count += 1;
        *count <= EACH
    });
    let mut images: Vec<usize> = first.map(|(image, _)| image).take(EACH * 12).collect();
    images.sort_by_key(|&image| test.labels[image]);
    let disputed =
        source.tables.disputed.iter().map(|disputed| disputed.image).filter(|image| *image < test.labels.len());
    for image in disputed.take(DISPUTED) {
        if !images.contains(&image) {
            images.push(image);
        }
    }
    let size = test.height * test.width;
    let digit = |image: usize| {
        let pixels = STANDARD.encode(&test.images[image * size..(image + 1) * size]);
        json!({ "index": image, "label": test.labels[image], "pixels": pixels })
    };
    images.into_iter().map(digit).collect()
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let bytes = encoder.write_all(bytes).and_then(|()| encoder.finish());
    bytes.map_err(|e| Error::failure(format!("a file cannot be packed: {}", one_line(e))))
}
