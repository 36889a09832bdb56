//! What the finite test set does to accuracies: the part of their scatter that is its own, and what two single models on
//! the same images tell.

use super::by_configuration::{configurations, judged};
use super::comparison::LEVEL;
use super::statistics::{VarianceSplit, holm, mcnemar};
use crate::model::Configuration;
use crate::record::{ModelPredictions, SingleModelsRow, StudyRecords, VarianceSplitRow};

/// The split of the variance between seeds of every configuration with two models or more, from stored predictions.
pub fn variance_splits(records: &StudyRecords) -> Vec<VarianceSplitRow> {
    let row = |configuration: Configuration| {
        let models: Vec<&ModelPredictions> = of(records, configuration);
        let mut by_image = vec![0u32; records.labels.len()];
        let mut by_seed = Vec::new();
        for model in &models {
            let mut all = 0;
            for (count, right) in by_image.iter_mut().zip(model.predictions.right(&records.labels)) {
                *count += u32::from(right);
                all += u32::from(right);
            }
            by_seed.push(all);
        }
        let VarianceSplit { observed, test_set, models: between } = VarianceSplit::of(&by_image, &by_seed)?;
        let (n, images) = (models.len(), by_image.len());
        Some(VarianceSplitRow { configuration, n, images, observed, test_set, models: between })
    };
    configurations(records).into_iter().filter_map(row).collect()
}

/// McNemar's test of every pair of configurations of which there is one model each, of equal seed: it says of these two
/// models whether they differ, and nothing of other seeds.
pub fn single_models(records: &StudyRecords) -> Vec<SingleModelsRow> {
    let single = |configuration: Configuration| match of(records, configuration)[..] {
        [only] => Some(only),
        _ => None,
    };
    let models: Vec<&ModelPredictions> = configurations(records).into_iter().filter_map(single).collect();
    let labels = &records.labels;
    let right: Vec<Vec<u64>> = models.iter().map(|model| bits(model.predictions.right(labels))).collect();
    let mut rows = Vec::new();
    for (i, first) in models.iter().enumerate() {
        for (j, second) in models.iter().enumerate().skip(i + 1) {
            if second.model.seed != first.model.seed {
                continue;
            }
            let (first_only, second_only) = (only(&right[i], &right[j]), only(&right[j], &right[i]));
            let p = mcnemar(first_only, second_only);
            rows.push(SingleModelsRow {
                configuration: first.model.configuration,
                second: second.model.configuration.slug(),
                seed: first.model.seed,
                images: labels.len(),
                first_only,
                second_only,
                p,
                corrected_p: p,
            });
        }
    }
    let corrected = holm(&rows.iter().map(|row| row.p).collect::<Vec<_>>());
    rows.iter_mut().zip(corrected).for_each(|(row, p)| row.corrected_p = p);
    rows
}

/// A bit an image: of many configurations there are many pairs.
fn bits(right: impl Iterator<Item = bool>) -> Vec<u64> {
    let right: Vec<bool> = right.collect();
    let word = |word: &[bool]| word.iter().rev().fold(0, |bits, &bit| bits << 1 | u64::from(bit));
    right.chunks(64).map(word).collect()
}

/// Images that are right in `a` and not in `b`.
fn only(a: &[u64], b: &[u64]) -> u64 {
    a.iter().zip(b).map(|(a, b)| u64::from((a & !b).count_ones())).sum()
}

/// What is to be said in sentences: of every configuration with several seeds, and of the pairs of single models. Of more
/// than six configurations the pairs with the first one are told; all are among the rows.
pub fn test_set_notes(records: &StudyRecords) -> Vec<String> {
    let splits = variance_splits(records);
    let pairs = single_models(records);
    let first = pairs.first().map(|row| row.configuration);
    let told = |row: &&SingleModelsRow| pairs.len() <= ALL_PAIRS || Some(row.configuration) == first;
    let sentences = splits.iter().map(VarianceSplitRow::sentence);
    sentences.chain(pairs.iter().filter(told).map(SingleModelsRow::sentence)).collect()
}

/// Pairs of six configurations.
const ALL_PAIRS: usize = 15;

/// The models of a configuration whose predictions can be judged.
fn of(records: &StudyRecords, configuration: Configuration) -> Vec<&ModelPredictions> {
    judged(records).filter(|model| model.model.configuration == configuration).collect()
}

impl VarianceSplitRow {
    /// One sentence with the numbers, standard deviations in points of accuracy.
    pub fn sentence(&self) -> String {
        let sd = |variance: f64| format!("{:.3}", 100.0 * variance.sqrt());
        format!(
            "{}: accuracy scatters between {} seeds with an sd of {} points; independent errors on {} test images alone \
             give {}, true differences between models {}",
            self.configuration,
            self.n,
            sd(self.observed),
            self.images,
            sd(self.test_set),
            sd(self.models),
        )
    }
}

impl SingleModelsRow {
    /// One sentence with the numbers.
    pub fn sentence(&self) -> String {
        let second = self.second.parse::<Configuration>().map_or(self.second.clone(), |second| second.to_string());
        let verdict = if self.corrected_p <= LEVEL { "differ" } else { "cannot be told apart" };
        let p = match self.corrected_p {
            p if p < 0.001 => "p < 0.001".to_string(),
            p => format!("p = {p:.3}"),
        };
        format!(
            "{} and {second}, seed {}: of {} test images the first alone is right on {}, the second alone on {}; these two \
             models {verdict} (McNemar, {p} after correction), which says nothing of other seeds",
            self.configuration, self.seed, self.images, self.first_only, self.second_only,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelId;
    use crate::record::Predictions;

    /// Models whose right images are those of `right`, out of as many as it has, each of class 1.
    fn records(models: &[(usize, u64, &[u8])]) -> StudyRecords {
        let model = |&(place, seed, right): &(usize, u64, &[u8])| ModelPredictions {
            model: ModelId { configuration: Configuration::TUTORIAL[place], seed },
            predictions: Predictions { classes: right.to_vec(), confidences: vec![0; right.len()] },
        };
        let images = models.first().map_or(0, |model| model.2.len());
        StudyRecords {
            labels: vec![1; images],
            predictions: models.iter().map(model).collect(),
            ..StudyRecords::default()
        }
    }

    #[test]
    fn variance_is_split_where_there_are_several_seeds() {
        // Seeds right on 4, 2 and 3 of four images; the images by 3, 3, 2 and 1 seeds.
        let all =
            records(&[(0, 0, &[1, 1, 1, 1]), (0, 1, &[1, 1, 0, 0]), (0, 2, &[1, 1, 1, 0]), (1, 0, &[1, 1, 1, 0])]);
        let [row] = &variance_splits(&all)[..] else { panic!("{:?}", variance_splits(&all)) };
        assert_eq!((row.configuration, row.n, row.images), (Configuration::TUTORIAL[0], 3, 4));
        // The accuracies are 1, ½ and ¾: variance 1/16. Σ p(1 − p) is 2·(1/3)(2/3), over 4² and times 3/2.
        assert!((row.observed - 1.0 / 16.0).abs() < 1e-12, "{row:?}");
        assert!((row.test_set - 4.0 / 9.0 / 16.0 * 1.5).abs() < 1e-12, "{row:?}");
        assert!((row.models - (row.observed - row.test_set)).abs() < 1e-12, "{row:?}");
        let sentence = row.sentence();
        assert!(sentence.starts_with("stride 1, same: ") && sentence.contains("25.000 points"), "{sentence}");
        assert!(sentence.contains("20.412") && sentence.ends_with("14.434"), "{sentence}");
        assert!(variance_splits(&StudyRecords::default()).is_empty());
    }

    #[test]
    fn single_models_are_compared_on_the_same_images() {
        let (ones, none) = ([1; 12], [0; 12]);
        let mut some = ones;
        some[..2].fill(0);
        let all = records(&[(0, 5, &ones), (1, 5, &none), (2, 5, &some), (3, 6, &ones)]);
        let rows = single_models(&all);
        let found: Vec<_> = rows.iter().map(|row| (row.second.as_str(), row.first_only, row.second_only)).collect();
        assert_eq!(found, [("stride2-same", 12, 0), ("stride1-valid", 2, 0), ("stride1-valid", 0, 10)]);
        // 2/2¹², 2/2² and 2/2¹⁰, corrected over three.
        let near = |a: f64, b: f64| (a - b).abs() < 1e-12;
        let expected = [2.0 / 4096.0, 0.5, 2.0 / 1024.0];
        assert!(rows.iter().zip(expected).all(|(row, p)| near(row.p, p)), "{rows:?}");
        assert!(near(rows[0].corrected_p, 6.0 / 4096.0) && near(rows[2].corrected_p, 4.0 / 1024.0), "{rows:?}");
        assert!(
            rows[0].sentence().contains("stride 1, same and stride 2, same, seed 5: of 12 test images the first alone")
        );
        assert!(rows[0].sentence().contains("models differ (McNemar, p = 0.001"), "{}", rows[0].sentence());
        assert!(rows[1].sentence().contains("cannot be told apart (McNemar, p = 0.500"), "{}", rows[1].sentence());
        // Of seven configurations, the pairs with the first are told; each has its own errors past the first 64 images.
        let right: Vec<Vec<u8>> = (0..7).map(|i| (0..100).map(|image| u8::from(image != 90 + i)).collect()).collect();
        let mut many = records(&[(0, 0, &right[0])]);
        for (i, right) in right.iter().enumerate().skip(1) {
            let mut of = records(&[(0, 0, right)]).predictions.remove(0);
            of.model.configuration.kernel += 2 * i;
            many.predictions.push(of);
        }
        let rows = single_models(&many);
        assert_eq!(rows.len(), 21);
        assert!(rows.iter().all(|row| (row.first_only, row.second_only, row.p) == (1, 1, 1.0)), "{rows:?}");
        assert_eq!(test_set_notes(&many).len(), 6);
        // Of several seeds the seeds tell more.
        assert!(single_models(&records(&[(0, 0, &ones), (0, 1, &ones), (1, 0, &none)])).is_empty());
    }
}
