//! What training changes, to and from the backend: parameters, gradients, Adam's moments.

use super::Trainer;
use crate::error::{Error, Result};
use crate::model::tensor::Tensor;
use crate::plan::{BufferId, Parameter};

impl Trainer {
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

    async fn tensors(&self, buffer: BufferId, replica: usize) -> Result<Vec<Tensor>> {
        let mut tensors = Vec::new();
        for parameter in &self.training.plan.parameters {
            let data = self.executor.read(self.training.plan.parameter(&parameter.name, buffer), replica).await?;
            tensors.push(Tensor { name: parameter.name.clone(), shape: parameter.shape.clone(), data });
        }
        Ok(tensors)
    }

    /// The trained tensors of a replica.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the backend fails.
    pub async fn weights(&self, replica: usize) -> Result<Vec<Tensor>> {
        self.tensors(self.training.state.parameters, replica).await
    }

    /// The gradients of the last step of a replica.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the backend fails.
    pub async fn gradients(&self, replica: usize) -> Result<Vec<Tensor>> {
        self.tensors(self.training.state.gradients, replica).await
    }

    /// Adam's first and second moments of a replica.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the backend fails.
    pub async fn moments(&self, replica: usize) -> Result<[Vec<Tensor>; 2]> {
        let state = self.training.state;
        Ok([self.tensors(state.first_moment, replica).await?, self.tensors(state.second_moment, replica).await?])
    }

    /// Sets Adam's moments in every replica, and the number of steps taken so far.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the backend fails.
    pub fn set_moments(&mut self, first: &[Tensor], second: &[Tensor], steps: u32) -> Result<()> {
        let state = self.training.state;
        for replica in 0..self.training.plan.replicas {
            self.set_parameters(state.first_moment, replica, first)?;
            self.set_parameters(state.second_moment, replica, second)?;
        }
        self.steps = steps;
        Ok(())
    }
}
