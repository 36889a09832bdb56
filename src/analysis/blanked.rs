//! Accuracy without the pixels that another network cannot read, against accuracy on the images as they are.

use std::collections::{BTreeMap, HashMap};

use super::by_configuration::{Configurations, judged};
use super::classes::RightByClass;
use super::comparison::Spread;
use super::statistics::mean;
use crate::model::ModelId;
use crate::record::{BlankedAccuracyRow, StudyRecords};

/// Accuracies of one model on the same images.
#[derive(Clone, Copy)]
struct Pair {
    whole: f64,
    blanked: f64,
}

/// The models of one configuration, the pixels taken from them, and the class of the images.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct BlankedGroup {
    unread_by: String,
    configuration: usize,
    class: Option<u8>,
}

/// Accuracy by class and of all images with and without some pixels, over the models of which both are known: the
/// blanked images from `blanked.csv`, the others from the stored predictions.
pub fn blanked_accuracy(records: &StudyRecords) -> Vec<BlankedAccuracyRow> {
    let known = |model| (model, RightByClass::of(model, &records.labels));
    let whole: HashMap<ModelId, RightByClass> =
        judged(records).map(known).map(|(model, right)| (model.model, right)).collect();
    let mut configurations = Configurations::of(records);
    let mut groups: BTreeMap<BlankedGroup, Vec<Pair>> = BTreeMap::new();
    // All images of a model, in the order of its first row.
    let mut sums: BTreeMap<(String, usize, u64), [u32; 4]> = BTreeMap::new();
    for row in records.blanked.iter().filter(|row| row.images > 0) {
        let Some(known) = whole.get(&row.model) else { continue };
        let class = usize::from(row.class);
        let (images, right) = (known.images[class], known.right[class]);
        if images == 0 {
            continue;
        }
        let configuration = configurations.index(row.model.configuration);
        let pair =
            Pair { whole: f64::from(right) / f64::from(images), blanked: f64::from(row.right) / f64::from(row.images) };
        let group = BlankedGroup { unread_by: row.unread_by.clone(), configuration, class: Some(row.class) };
        groups.entry(group).or_default().push(pair);
        let sum = sums.entry((row.unread_by.clone(), configuration, row.model.seed)).or_default();
        for (sum, addend) in sum.iter_mut().zip([images, right, row.images, row.right]) {
            *sum += addend;
        }
    }
    for ((unread_by, configuration, _), sum) in sums {
        let [images, right, blanked_images, blanked_right] = sum.map(f64::from);
        let pair = Pair { whole: right / images, blanked: blanked_right / blanked_images };
        groups.entry(BlankedGroup { unread_by, configuration, class: None }).or_default().push(pair);
    }
    let differences = |pairs: &Vec<Pair>| pairs.iter().map(|pair| pair.blanked - pair.whole).collect();
    let spreads = Spread::of_all(&groups.values().map(differences).collect::<Vec<Vec<f64>>>());
    let row = |((group, pairs), spread): ((BlankedGroup, Vec<Pair>), Option<Spread>)| {
        let of = |value: fn(&Pair) -> f64| pairs.iter().map(value).collect::<Vec<f64>>();
        let spread = spread?;
        Some(BlankedAccuracyRow {
            configuration: configurations.0[group.configuration],
            unread_by: group.unread_by,
            class: group.class,
            n: spread.n,
            whole: mean(&of(|pair| pair.whole)),
            blanked: mean(&of(|pair| pair.blanked)),
            difference: spread.mean,
            sd: spread.sd,
            low: spread.interval.map(|interval| interval.low),
            high: spread.interval.map(|interval| interval.high),
        })
    };
    groups.into_iter().zip(spreads).filter_map(row).collect()
}
