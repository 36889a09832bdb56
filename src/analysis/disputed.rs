//! The test images on which the models disagree most.

use super::by_configuration::{Configurations, classes, judged};
use crate::model::Configuration;
use crate::record::{DisputedRow, ModelPredictions, StudyRecords};

/// How many models predict a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Vote {
    /// The class.
    pub class: u8,
    /// Models that predict it, at least 1.
    pub models: usize,
}

/// What the models of one configuration say of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationVotes {
    /// The configuration.
    pub configuration: Configuration,
    /// The classes that its models predict, the most frequent first.
    pub votes: Vec<Vote>,
}

/// A test image on which the models disagree.
#[derive(Debug, Clone, PartialEq)]
pub struct DisputedImage {
    /// Index in the test set, from 0.
    pub image: usize,
    /// Its label.
    pub label: u8,
    /// The classes that the models of all configurations predict, the most frequent first.
    pub votes: Vec<Vote>,
    /// The same by configuration.
    pub by_configuration: Vec<ConfigurationVotes>,
}

impl DisputedImage {
    /// Share of the models of all configurations that are right.
    pub fn right(&self) -> f64 {
        right(&self.votes, self.label)
    }

    /// `−Σ p·log₂ p` over the predicted classes, in bits.
    pub fn entropy(&self) -> f64 {
        entropy(self.votes.iter().map(|vote| vote.models as f64))
    }
}

/// Share of votes for the label.
pub fn right(votes: &[Vote], label: u8) -> f64 {
    let all: usize = votes.iter().map(|vote| vote.models).sum();
    let right: usize = votes.iter().filter(|vote| vote.class == label).map(|vote| vote.models).sum();
    right as f64 / all as f64
}

fn entropy(counts: impl Iterator<Item = f64> + Clone) -> f64 {
    let all: f64 = counts.clone().sum();
    -counts.filter(|count| *count > 0.0).map(|count| count / all * (count / all).log2()).sum::<f64>()
}

/// The `most` images on which the models disagree most: first those of which the share of right models is nearest to
/// ½, of equal shares those with the greater entropy of the predicted classes, then the lower index. Images of which all
/// models say the same are none of them, so that a single model has none.
pub fn disputed(records: &StudyRecords, most: usize) -> Vec<DisputedImage> {
    let models: Vec<&ModelPredictions> = judged(records).collect();
    let classes = classes(records);
    let mut counts = vec![0u32; records.labels.len() * classes];
    for model in &models {
        for (counts, &class) in counts.chunks_exact_mut(classes.max(1)).zip(&model.predictions.classes) {
            counts[usize::from(class)] += 1;
        }
    }
    let all = models.len() as f64;
    let image = |(image, (counts, &label)): (usize, (&[u32], &u8))| {
        let from_half = (f64::from(counts[usize::from(label)]) / all - 0.5).abs();
        let entropy = entropy(counts.iter().map(|&count| f64::from(count)));
        (counts.iter().filter(|count| **count > 0).count() > 1).then_some((from_half, entropy, image))
    };
    let images = counts.chunks_exact(classes.max(1)).zip(&records.labels).enumerate();
    let mut ranked: Vec<(f64, f64, usize)> = images.filter_map(image).collect();
    ranked.sort_by(|a, b| a.0.total_cmp(&b.0).then(b.1.total_cmp(&a.1)).then(a.2.cmp(&b.2)));
    ranked.truncate(most);
    let configurations = Configurations::of(records).0;
    let votes_of = |image: usize, of: Option<Configuration>| {
        let counted = models.iter().filter(|model| of.is_none_or(|of| model.model.configuration == of));
        votes(counted.map(|model| model.predictions.classes[image]))
    };
    let disputed = |(_, _, image): (f64, f64, usize)| DisputedImage {
        image,
        label: records.labels[image],
        votes: votes_of(image, None),
        by_configuration: configurations
            .iter()
            .map(|&configuration| ConfigurationVotes { configuration, votes: votes_of(image, Some(configuration)) })
            .filter(|votes| !votes.votes.is_empty())
            .collect(),
    };
    ranked.into_iter().map(disputed).collect()
}

/// Votes from predicted classes, the most frequent first, of equal ones the lower class.
fn votes(predicted: impl Iterator<Item = u8>) -> Vec<Vote> {
    let mut counts = [0usize; 256];
    predicted.for_each(|class| counts[usize::from(class)] += 1);
    let cast = (0..=u8::MAX).zip(counts).filter(|(_, models)| *models > 0);
    let mut votes: Vec<Vote> = cast.map(|(class, models)| Vote { class, models }).collect();
    votes.sort_by_key(|vote| (std::cmp::Reverse(vote.models), vote.class));
    votes
}

/// Rows of `disputed.csv`, from [`disputed`] images.
pub fn disputed_rows(images: &[DisputedImage]) -> Vec<DisputedRow> {
    let rows = images.iter().zip(1..).flat_map(|(image, rank)| {
        image.by_configuration.iter().map(move |of| DisputedRow {
            configuration: of.configuration,
            rank,
            image: image.image,
            label: image.label,
            models: of.votes.iter().map(|vote| vote.models).sum(),
            right: right(&of.votes, image.label),
            other: of.votes.iter().map(|vote| vote.class).find(|class| *class != image.label),
            right_of_all: image.right(),
            entropy: image.entropy(),
        })
    });
    rows.collect()
}
