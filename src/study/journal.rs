//! The interface through which a study reports what happens.

use crate::error::Result;
use crate::model::tensor::Tensor;
use crate::model::{Configuration, ModelId, Network};
use crate::train::{Divergence, Epoch, Evaluation, Snapshot, TrainedGroup, TrainedModel};

/// Hears what happens in a study, as it happens. An error of the journal ends the study.
#[expect(async_fn_in_trait, reason = "a study awaits its journal in place; nobody needs the future to be Send")]
pub trait Journal {
    /// A network is about to train, with so many steps an epoch; again for each group of seeds that train
    /// side by side.
    ///
    /// # Errors
    /// Whatever the journal fails at, as for all that follow.
    fn start(&mut self, configuration: &Configuration, network: &Network, steps_per_epoch: usize) -> Result<()>;

    /// What was started took so many seconds to be made ready, before its first step: memory, compilation, uploads.
    fn ready(&mut self, _configuration: &Configuration, _setup_seconds: f64) {}

    /// So many steps of epoch `epoch` (from 1; 0 where nothing is trained) are done; `false` stops at this step
    /// boundary.
    fn steps(&mut self, epoch: u32, done: usize) -> bool;

    /// Models that train side by side have finished epoch `epoch`; 0 is the evaluation of their initial weights. A model
    /// that diverged is among them for the epoch in which it did, and for none after it.
    ///
    /// # Errors
    /// As [`Journal::start`].
    fn epoch(&mut self, epoch: u32, results: &[(ModelId, &Epoch)]) -> Result<()>;

    /// Models are about to train side by side that a checkpoint has: the snapshot of exactly these, in this order,
    /// from which they go on. None, and they begin.
    ///
    /// # Errors
    /// As [`Journal::start`].
    fn resume(&mut self, _models: &[ModelId]) -> Result<Option<Snapshot>> {
        Ok(None)
    }

    /// What a model that went on after its last epoch came to in that epoch's validation.
    fn validated(&mut self, _model: ModelId, _validation: &Evaluation) {}

    /// All models of a group stand at this point, after an epoch of which the journal has heard, or within one. What it
    /// keeps of that, it may give back in [`Journal::resume`].
    ///
    /// # Errors
    /// As [`Journal::start`].
    fn checkpoint(&mut self, _configuration: &Configuration, _snapshot: &Snapshot) -> Result<()> {
        Ok(())
    }

    /// Each of these models, which trained side by side, is finished or has diverged: no checkpoint of them is needed
    /// any more.
    ///
    /// # Errors
    /// As [`Journal::start`].
    fn settled(&mut self, _models: &[ModelId]) -> Result<()> {
        Ok(())
    }

    /// The models of a group have finished their training, and can be asked about together: those that a backend
    /// computes side by side. `models` are in the order of the group's replicas, those that diverged among them. Told
    /// before [`Journal::trained`] of each, unless all have diverged.
    ///
    /// # Errors
    /// As [`Journal::start`].
    async fn measure(&mut self, models: &[ModelId], group: TrainedGroup<'_>) -> Result<()>;

    /// A model has finished its training, and can be asked about. A journal may keep it until [`Journal::settled`], before
    /// which nothing but the journal itself ends the study.
    ///
    /// # Errors
    /// As [`Journal::start`].
    async fn trained(&mut self, id: ModelId, model: TrainedModel<'_>) -> Result<()>;

    /// A model's training ends before its time: these are its weights after its last whole epoch, `epoch`. It is told
    /// of every model that trained side by side and has a whole epoch, and of none that has diverged.
    ///
    /// # Errors
    /// As [`Journal::start`].
    fn unfinished(&mut self, id: ModelId, epoch: u32, weights: &[Tensor]) -> Result<()>;

    /// The same model, to be asked about, where the backend still answers.
    ///
    /// # Errors
    /// Nobody hears of them: training has ended for another reason.
    async fn inspect(&mut self, id: ModelId, model: TrainedModel<'_>) -> Result<()>;

    /// A model's loss is no finite number any more; its training ends here, that of the others goes on.
    ///
    /// # Errors
    /// As [`Journal::start`].
    fn diverged(&mut self, model: ModelId, divergence: &Divergence) -> Result<()>;
}
