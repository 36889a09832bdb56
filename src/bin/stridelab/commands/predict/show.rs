//! Predictions as text with maps, and as JSON.

use serde_json::{Value, json};
use stridelab::analysis::{ConfigurationOpinion, opinions, ranked};
use stridelab::record::{FeatureRecord, LayerFeatures, ModelOpinion};
use stridelab::report::text::{MapColours, ShownMap, heading, opinions_table, shown_maps};

use super::Opinions;
use super::images::{FoundDigit, SeenImage};
use crate::args::PredictArgs;
use crate::terminal::{colour, map_colours, width};

/// Whether stdout shows maps.
pub(super) fn takes_maps() -> bool {
    colour()
}

/// What the networks make of an image: a table, and on a terminal with colours the image and the maps.
pub(super) fn text(args: &PredictArgs, image: &SeenImage, seen: &Opinions) -> String {
    let mut text = format!("{}\n", heading(&title(image), colour()));
    if let (true, Some(colours)) = (takes_maps(), map_colours()) {
        let values = image.pixels.iter().map(|&value| f32::from(value)).collect();
        let shown = ShownMap { title: String::new(), size: image.size, values, greatest: 255.0, grey: true };
        text += &shown_maps(&[shown], colours, width(), true);
    }
    text += &format!("\n{}\n", opinions_table(&opinions(&seen.models), colour(), width()));
    if let Some(colours) = map_colours().filter(|_| takes_maps()) {
        text += &maps(args, seen, colours);
    }
    text
}

fn title(image: &SeenImage) -> String {
    let label = image.label.map_or(String::new(), |label| format!(", a {label}"));
    let found = image.found.as_ref().map_or(String::new(), |FoundDigit { picture, polarity, ink }| {
        let [columns, rows] = picture;
        let [left, top, width, height] = ink;
        format!(": {columns}×{rows}, {polarity}, ink of {width}×{height} at {left}, {top}")
    });
    format!("{}{label}{found}", image.name)
}

/// The maps of the first model of each configuration, one scale a filter over all of them.
fn maps(args: &PredictArgs, seen: &Opinions, colours: MapColours) -> String {
    let record = FeatureRecord { models: seen.features.clone(), ..FeatureRecord::default() };
    let mut text = String::from("\nfeature maps, a number a filter\n");
    for model in &record.models {
        for layer in &model.layers {
            let greatest = record.greatest(&layer.layer);
            let LayerFeatures { map, filters, .. } = layer;
            let shown = filters.iter().map(|filter| ShownMap {
                title: format!("{}", filter.filter + 1),
                size: *map,
                values: filter.map.clone(),
                greatest: greatest.get(&filter.filter).copied().unwrap_or_default(),
                grey: false,
            });
            let shown: Vec<ShownMap> = shown.collect();
            // Who names filters wants all of them.
            let drawn = shown_maps(&shown, colours, width(), args.filters.is_none());
            let [rows, columns] = map;
            let title = format!("{}: {}, {rows}×{columns}", model.model, layer.layer);
            text += &format!("\n{}\n{drawn}", heading(&title, colour()));
        }
    }
    text
}

/// One object: the image as the networks see it, every model's probabilities, the mean by configuration.
pub(super) fn json(image: &SeenImage, seen: &Opinions) -> String {
    let model = |(opinion, epochs): (&ModelOpinion, &Option<u32>)| {
        let class = ranked(&opinion.probabilities).first().map(|first| first.0);
        json!({
            "model": opinion.model.to_string(),
            "configuration": opinion.model.configuration.to_string(),
            "seed": opinion.model.seed,
            "epochs": epochs,
            "class": class,
            "probabilities": opinion.probabilities,
        })
    };
    let configuration = |opinion: &ConfigurationOpinion| {
        json!({
            "configuration": opinion.configuration.to_string(),
            "class": opinion.class,
            "probabilities": opinion.probabilities,
            "models": opinion.models,
            "agree": opinion.agree,
        })
    };
    let models: Vec<Value> = seen.models.iter().zip(&seen.epochs).map(model).collect();
    let mut object = json!({
        "event": "prediction",
        "image": image.name,
        "size": image.size,
        "pixels": image.pixels,
        "models": models,
        "configurations": opinions(&seen.models).iter().map(configuration).collect::<Vec<_>>(),
    });
    if let Some(label) = image.label {
        object["label"] = label.into();
    }
    if let Some(FoundDigit { picture: [columns, rows], polarity, ink: [left, top, width, height] }) = &image.found {
        object["picture"] = json!({
            "size": [rows, columns],
            "polarity": polarity.to_string(),
            "ink": { "left": left, "top": top, "width": width, "height": height },
        });
    }
    if !seen.features.is_empty() {
        object["features"] = features(seen);
    }
    format!("{object}\n")
}

/// Maps by model, layer and filter; filters are counted from 1, as in the options.
fn features(seen: &Opinions) -> Value {
    let layer = |layer: &LayerFeatures| {
        let filters = layer.filters.iter().map(|filter| json!({ "filter": filter.filter + 1, "map": filter.map }));
        json!({ "layer": layer.layer, "size": layer.map, "filters": filters.collect::<Vec<_>>() })
    };
    let models = seen.features.iter().map(|model| {
        json!({ "model": model.model.to_string(), "layers": model.layers.iter().map(layer).collect::<Vec<_>>() })
    });
    models.collect()
}
