//! Evaluation of weights that are not trained, and of training that changes nothing.

use super::training::{epoch, options, small};
use crate::common::ok;
use crate::common::training::{CPU, gpu, network, trainer};
use stridelab::Error;
use stridelab::backend::Backend;
use stridelab::model::tensor::Tensor;
use stridelab::model::{Configuration, ModelId, Network, init};
use stridelab::study::{self, Journal, Resume, Study};
use stridelab::train::{Divergence, Epoch, Evaluation, Features, TrainOptions, TrainedGroup, TrainedModel};

/// What a study tells.
#[derive(Default)]
struct Told {
    epochs: Vec<(ModelId, u32, Epoch)>,
    trained: Vec<ModelId>,
    group: Vec<(ModelId, Evaluation, Vec<Features>)>,
    stop: bool,
}

impl Journal for Told {
    fn start(&mut self, _: &Configuration, _: &Network, _: usize) -> stridelab::Result<()> {
        Ok(())
    }
    fn steps(&mut self, _: u32, _: usize) -> bool {
        !self.stop
    }
    fn epoch(&mut self, epoch: u32, results: &[(ModelId, &Epoch)]) -> stridelab::Result<()> {
        self.epochs.extend(results.iter().map(|&(model, result)| (model, epoch, result.clone())));
        Ok(())
    }
    async fn measure(&mut self, models: &[ModelId], mut group: TrainedGroup<'_>) -> stridelab::Result<()> {
        let evaluations = group.evaluate(&small().train, &mut |_| true).await?;
        let features = group.features(&["conv1", "pool2"], small().test.image(0)).await?;
        self.group.extend(evaluations.into_iter().zip(features).zip(models).map(|((e, f), &model)| (model, e, f)));
        Ok(())
    }
    async fn trained(&mut self, id: ModelId, _: TrainedModel<'_>) -> stridelab::Result<()> {
        self.trained.push(id);
        Ok(())
    }
    fn unfinished(&mut self, id: ModelId, _: u32, _: &[Tensor]) -> stridelab::Result<()> {
        panic!("{id} has no epoch to end early in")
    }
    async fn inspect(&mut self, _: ModelId, _: TrainedModel<'_>) -> stridelab::Result<()> {
        Ok(())
    }
    fn diverged(&mut self, _: ModelId, divergence: &Divergence) -> stridelab::Result<()> {
        panic!("{divergence}")
    }
}

/// A study of no epochs evaluates the weights that training would start from, on both sets.
fn of_no_epochs(backend: &Backend) {
    let data = small();
    let train = options(&[3, 4]);
    let configurations = vec![Configuration::TUTORIAL[3]];
    let study = Study {
        configurations,
        classes: 10,
        epochs: 0,
        train: train.clone(),
        weights: None,
        room: u64::MAX,
        checkpoint_seconds: None,
        resume: Resume::default(),
    };
    let mut told = Told::default();
    assert_eq!(ok(study::run(backend, &data, &study, &mut told)), []);
    assert_eq!(told.trained.iter().map(|id| id.seed).collect::<Vec<_>>(), [3, 4]);
    let mut trainer = trainer(backend, &network(2, "valid"), &data, &train, None);
    for (replica, (model, number, result)) in told.epochs.iter().enumerate() {
        assert_eq!((model.seed, *number), (train.seeds[replica], 0));
        let [training, validation] = [&data.train, &data.test].map(|split| ok(trainer.evaluate(split, replica)));
        assert_eq!((result.train_loss, result.train_accuracy), (training.loss, training.accuracy));
        assert_eq!((&result.validation, result.seconds, &result.step_losses), (&validation, 0.0, &Vec::new()));
        assert!((2.0..3.0).contains(&result.train_loss) && result.divergence.is_none(), "{}", result.train_loss);
    }
    assert_eq!(told.epochs.len(), 2);
    // Asked together, the models answer what each answers alone.
    for (replica, (model, evaluation, features)) in told.group.iter().enumerate() {
        assert_eq!((model.seed, told.group.len()), (train.seeds[replica], 2));
        assert_eq!(*evaluation, ok(trainer.evaluate(&data.train, replica)));
        for (layer, features) in ["conv1", "pool2"].iter().zip(features) {
            assert_eq!(*features, ok(trainer.features(layer, data.test.image(0), replica)));
        }
    }
    assert_ne!(told.group[0].1, told.group[1].1);
    told.stop = true;
    let stopped = pollster::block_on(study::run(backend, &data, &study, &mut told));
    assert_eq!(stopped, Err(Error::Interrupted));
}

/// With a learning rate of 0 every epoch finds the initial weights.
fn at_rate_0(backend: &Backend) {
    let network = network(2, "same");
    let options = TrainOptions { learning_rate: 0.0, ..options(&[5]) };
    let mut trainer = trainer(backend, &network, &small(), &options, None);
    let untrained = ok(trainer.untrained(&small(), &mut |_| true)).remove(0);
    let (first, second) = (epoch(&mut trainer).remove(0), epoch(&mut trainer).remove(0));
    assert_eq!(ok(trainer.weights(0)), init::parameters(&network, 5));
    assert_eq!((&untrained.validation, &first.validation), (&second.validation, &second.validation));
    assert!((untrained.train_loss - first.train_loss).abs() < 1e-6);
    assert_eq!(untrained.train_accuracy, first.train_accuracy);
}

#[test]
fn no_epochs_evaluate_on_the_cpu() {
    of_no_epochs(&CPU);
}

#[test]
fn no_epochs_evaluate_on_the_gpu() {
    of_no_epochs(gpu());
}

#[test]
fn a_rate_of_0_changes_nothing_on_the_cpu() {
    at_rate_0(&CPU);
}

#[test]
fn a_rate_of_0_changes_nothing_on_the_gpu() {
    at_rate_0(gpu());
}

#[test]
fn networks_that_cannot_be_made_are_left_out_of_a_study() {
    let data = small();
    let padding = stridelab::model::geometry::Padding::Valid;
    let all = [1, 3, 2].map(|stride| Configuration::new(stride, padding));
    let study = |configurations: &[Configuration]| Study {
        configurations: configurations.to_vec(),
        classes: 10,
        epochs: 1,
        train: options(&[0]),
        weights: None,
        room: u64::MAX,
        checkpoint_seconds: None,
        resume: Resume::default(),
    };
    let mut some = study(&all);
    let checked = some.check(&CPU, &data).unwrap();
    assert_eq!(some.configurations, [all[0], all[2]]);
    let [left_out] = &checked.left_out[..] else { panic!("{checked:?}") };
    assert_eq!(left_out.network, "stride 3, valid");
    assert!(left_out.error.to_string().starts_with("layer pool2, images of 28×28: "), "{}", left_out.error);
    assert!(checked.bytes > 0);
    let error = study(&all[1..2]).check(&CPU, &data).unwrap_err();
    assert!(
        matches!(error, Error::Usage(_)) && error.to_string().starts_with("stride 3, valid: layer pool2"),
        "{error}"
    );
    let error = Study { classes: 257, ..study(&all) }.check(&CPU, &data).unwrap_err();
    assert!(error.to_string().contains("none of the other 2 networks"), "{error}");
}
