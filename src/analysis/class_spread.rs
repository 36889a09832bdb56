//! Accuracy by class, over seeds.

use std::collections::BTreeMap;

use super::comparison::Spread;
use crate::model::Configuration;
use crate::record::ClassAccuracyRow;

/// Accuracy of one configuration on the test images of one class, 0 to 1, over its seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassSpread {
    /// The configuration.
    pub configuration: Configuration,
    /// The class.
    pub class: u8,
    /// Accuracies.
    pub accuracy: Spread,
}

/// By class and then by configuration in the order given; configurations without rows are passed over.
pub fn class_spreads(rows: &[ClassAccuracyRow], configurations: &[Configuration]) -> Vec<ClassSpread> {
    let mut samples: BTreeMap<(u8, usize), Vec<f64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.images > 0) {
        let Some(index) = configurations.iter().position(|of| *of == row.model.configuration) else { continue };
        samples.entry((row.class, index)).or_default().push(f64::from(row.right) / f64::from(row.images));
    }
    let (places, samples): (Vec<(u8, usize)>, Vec<Vec<f64>>) = samples.into_iter().unzip();
    let spread = |((class, index), spread): ((u8, usize), Option<Spread>)| {
        Some(ClassSpread { configuration: configurations[index], class, accuracy: spread? })
    };
    places.into_iter().zip(Spread::of_all(&samples)).filter_map(spread).collect()
}
