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
    let of = |layer: &str, configuration: Configuration| {
        let of_both = |row: &&SmoothnessRow| row.layer == layer && row.model.configuration == configuration;
        let rows: Vec<&SmoothnessRow> = records.smoothness.iter().filter(of_both).collect();
        let spread = |value: fn(&SmoothnessRow) -> f64| {
            Spread::of(&rows.iter().map(|row| value(row)).filter(|value| value.is_finite()).collect::<Vec<_>>())
        };
        let (variation, variation_per_pixel) = (spread(|row| row.variation), spread(|row| row.variation_per_pixel));
        (!rows.is_empty()).then(|| LayerSmoothness {
            configuration,
            layer: layer.into(),
            variation,
            variation_per_pixel,
        })
    };
    let pairs = layers.iter().flat_map(|layer| configurations.iter().filter_map(|&c| of(layer, c)));
    pairs.collect()
}
