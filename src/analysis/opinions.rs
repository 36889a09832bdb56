//! What the models of a configuration make of one image together.

use super::by_configuration::Configurations;
use crate::model::Configuration;
use crate::record::ModelOpinion;

/// The models of one configuration, of all seeds.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationOpinion {
    /// The configuration.
    pub configuration: Configuration,
    /// The mean over its models of the probability of each class.
    pub probabilities: Vec<f64>,
    /// The class of the greatest mean probability.
    pub class: u8,
    /// Its models.
    pub models: usize,
    /// Models that give the greatest probability to that class.
    pub agree: usize,
}

/// By configuration, in the order in which these are met. Models of another number of classes than the first of their
/// configuration are passed over.
pub fn opinions(models: &[ModelOpinion]) -> Vec<ConfigurationOpinion> {
    let mut configurations = Configurations(Vec::new());
    let mut groups: Vec<Vec<&[f64]>> = Vec::new();
    for opinion in models {
        let index = configurations.index(opinion.model.configuration);
        groups.resize(groups.len().max(index + 1), Vec::new());
        if groups[index].first().is_none_or(|first| first.len() == opinion.probabilities.len()) {
            groups[index].push(&opinion.probabilities);
        }
    }
    let opinion = |(configuration, group): (Configuration, Vec<&[f64]>)| {
        let classes = group.first().map_or(0, |first| first.len());
        let mean = |class: usize| group.iter().map(|model| model[class]).sum::<f64>() / group.len() as f64;
        let probabilities: Vec<f64> = (0..classes).map(mean).collect();
        let class = first_choice(&probabilities);
        let agree = group.iter().filter(|model| first_choice(model) == class).count();
        ConfigurationOpinion { configuration, probabilities, class, models: group.len(), agree }
    };
    configurations.0.into_iter().zip(groups).map(opinion).collect()
}

/// The classes with their probabilities, the greatest first; of equal ones the lower class first.
pub fn ranked(probabilities: &[f64]) -> Vec<(u8, f64)> {
    let mut ranked: Vec<(u8, f64)> = (0..=u8::MAX).zip(probabilities.iter().copied()).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

fn first_choice(probabilities: &[f64]) -> u8 {
    ranked(probabilities).first().map_or(0, |first| first.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelId;

    #[test]
    fn the_models_of_a_configuration_vote() {
        let model = |place: usize, seed: u64, probabilities: [f64; 3]| ModelOpinion {
            model: ModelId { configuration: Configuration::TUTORIAL[place], seed },
            probabilities: probabilities.to_vec(),
        };
        let all = opinions(&[
            model(1, 0, [0.2, 0.3, 0.5]),
            model(0, 0, [0.5, 0.5, 0.0]),
            model(1, 1, [0.6, 0.4, 0.0]),
            model(1, 2, [0.1, 0.8, 0.1]),
        ]);
        let [first, second] = &all[..] else { panic!("{all:?}") };
        assert_eq!(
            (first.configuration, first.class, first.models, first.agree),
            (Configuration::TUTORIAL[1], 1, 3, 1)
        );
        let expected = [0.3, 0.5, 0.2];
        assert!(first.probabilities.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{first:?}");
        // Of two equal probabilities the lower class.
        assert_eq!((second.class, second.models, second.agree), (0, 1, 1));
        assert_eq!(ranked(&[0.1, 0.8, 0.1]), [(1, 0.8), (0, 0.1), (2, 0.1)]);
        assert!(opinions(&[]).is_empty());
    }
}
