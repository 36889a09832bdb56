//! What training changes, to and from the backend: parameters, gradients, Adam's moments, the step.

use super::Trainer;
use crate::error::{Error, Result};
use crate::model::tensor::Tensor;
use crate::plan::{BufferId, Parameter};

/// Everything that further training of one model starts from, beside the data and the options.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelState {
    /// The trained tensors, in the order of [`crate::model::tensor::parameter_shapes`].
    pub weights: Vec<Tensor>,
    /// Adam's first moment, in the same order and shapes.
    pub first_moment: Vec<Tensor>,
    /// Adam's second moment, likewise.
    pub second_moment: Vec<Tensor>,
    /// Steps taken, Adam's `t` of the last update.
    pub step: u32,
    /// Epochs finished.
    pub epoch: u32,
}

impl Trainer {
    /// The state of one replica, in one read-back.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails, or where the last epoch was interrupted: how many of its steps the
    /// backend has taken is not known.
    pub async fn state(&self, replica: usize) -> Result<ModelState> {
        self.check_not_interrupted()?;
        if self.begun.is_some() {
            return Err(Error::failure(format!("epoch {} is under way, only a snapshot has its step", self.epochs)));
        }
        let state = self.training.state;
        let buffers = [state.parameters, state.first_moment, state.second_moment];
        let [weights, first_moment, second_moment] = self.tensors(buffers, replica).await?;
        Ok(ModelState { weights, first_moment, second_moment, step: self.steps, epoch: self.epochs })
    }

    pub(super) fn check_not_interrupted(&self) -> Result<()> {
        match self.interrupted {
            true => Err(Error::failure(format!("epoch {} was interrupted, the state has no step", self.epochs))),
            false => Ok(()),
        }
    }

    /// Sets the state of one replica, as if it had just finished epoch `state.epoch`. All replicas of a trainer
    /// take their steps together: set each of them to a state of the same step and epoch.
    ///
    /// # Errors
    /// [`Error::Data`] where the weights or the moments are not exactly the network's tensors, and nothing is changed;
    /// [`Error::Failure`] where the backend fails.
    pub fn set_state(&mut self, replica: usize, state: &ModelState) -> Result<()> {
        for tensors in [&state.weights, &state.first_moment, &state.second_moment] {
            let parameters = &self.training.plan.parameters;
            let fits = |(parameter, tensor): (&Parameter, &Tensor)| {
                parameter.name == tensor.name && parameter.len == tensor.data.len()
            };
            if tensors.len() != parameters.len() || !parameters.iter().zip(tensors).all(fits) {
                return Err(Error::data("the state's tensors are not those of the network"));
            }
        }
        let buffers = self.training.state;
        self.set_parameters(buffers.parameters, replica, &state.weights)?;
        self.set_parameters(buffers.first_moment, replica, &state.first_moment)?;
        self.set_parameters(buffers.second_moment, replica, &state.second_moment)?;
        self.steps = state.step;
        self.epochs = state.epoch;
        self.diverged[replica] = None;
        self.first_loss[replica] = None;
        self.interrupted = false;
        self.begun = None;
        Ok(())
    }

    /// Sets the weights of one replica, for what is asked of it then: moments and step are as they were.
    ///
    /// # Errors
    /// [`Error::Data`] for a tensor that the network has not; [`Error::Failure`] where the backend fails.
    pub fn set_weights(&mut self, replica: usize, weights: &[Tensor]) -> Result<()> {
        self.set_parameters(self.training.state.parameters, replica, weights)
    }

    pub(super) fn set_parameters(&mut self, buffer: BufferId, replica: usize, tensors: &[Tensor]) -> Result<()> {
        for tensor in tensors {
            let known = |p: &Parameter| p.name == tensor.name && p.len == tensor.data.len();
            if !self.training.plan.parameters.iter().any(known) {
                let (name, len) = (&tensor.name, tensor.data.len());
                return Err(Error::data(format!("the network has no tensor {name} of {len} numbers")));
            }
            let view = self.training.plan.parameter(&tensor.name, buffer);
            self.executor.write(view, replica, &tensor.data)?;
        }
        Ok(())
    }

    /// The tensors in some of the parameter buffers, in one read-back.
    async fn tensors<const N: usize>(&self, buffers: [BufferId; N], replica: usize) -> Result<[Vec<Tensor>; N]> {
        let plan = &self.training.plan;
        let views = buffers.map(|buffer| plan.whole(buffer));
        let all = self.executor.read_many::<f32>(&views, replica).await?;
        let tensors = |values: &Vec<f32>| {
            let tensor = |p: &Parameter| Tensor {
                name: p.name.clone(),
                shape: p.shape.clone(),
                data: values[p.offset..p.offset + p.len].to_vec(),
            };
            plan.parameters.iter().map(tensor).collect()
        };
        Ok(std::array::from_fn(|i| tensors(&all[i])))
    }

    /// The trained tensors of a replica.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub async fn weights(&self, replica: usize) -> Result<Vec<Tensor>> {
        let [weights] = self.tensors([self.training.state.parameters], replica).await?;
        Ok(weights)
    }

    /// The gradients of the last step of a replica.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub async fn gradients(&self, replica: usize) -> Result<Vec<Tensor>> {
        let [gradients] = self.tensors([self.training.state.gradients], replica).await?;
        Ok(gradients)
    }
}
