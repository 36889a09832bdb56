//! How smooth feature maps are, over seeds.

use super::by_configuration::configurations;
use super::comparison::Spread;
use crate::model::Configuration;
use crate::record::{SmoothnessRow, StudyRecords};

/// Smoothness of one layer of one configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerSmoothness {
    /// The configuration.
    pub configuration: Configuration,
    /// The layer.
    pub layer: String,
    /// Difference of neighbours; see [`SmoothnessRow::variation`].
    pub variation: Option<Spread>,
    /// Difference of neighbours by their distance; see [`SmoothnessRow::variation_per_pixel`].
    pub variation_per_pixel: Option<Spread>,
}

/// Smoothness by layer, in the order in which layers first occur, and configuration. A measure that no model has, because its
/// maps have no neighbours or no value but 0, is `None`.
pub fn smoothness(records: &StudyRecords) -> Vec<LayerSmoothness> {
    let mut layers: Vec<&str> = Vec::new();
    for row in &records.smoothness {
        if !layers.contains(&row.layer.as_str()) {
            layers.push(&row.layer);
        }
    }
    let configurations = configurations(records);
    let mut places: Vec<(&str, Configuration)> = Vec::new();
    let mut samples: Vec<Vec<f64>> = Vec::new();
    for (layer, &configuration) in layers.iter().flat_map(|layer| configurations.iter().map(move |c| (*layer, c))) {
        let of_both = |row: &&SmoothnessRow| row.layer == layer && row.model.configuration == configuration;
        let rows: Vec<&SmoothnessRow> = records.smoothness.iter().filter(of_both).collect();
        if !rows.is_empty() {
            let finite = |value: fn(&SmoothnessRow) -> f64| -> Vec<f64> {
                rows.iter().map(|row| value(row)).filter(|value| value.is_finite()).collect()
            };
            places.push((layer, configuration));
            samples.extend([finite(|row| row.variation), finite(|row| row.variation_per_pixel)]);
        }
    }
    let spreads = Spread::of_all(&samples);
    let layer = |((layer, configuration), spreads): ((&str, Configuration), &[Option<Spread>])| LayerSmoothness {
        configuration,
        layer: layer.into(),
        variation: spreads[0],
        variation_per_pixel: spreads[1],
    };
    places.into_iter().zip(spreads.chunks(2)).map(layer).collect()
}
