//! The common part of every operator call: it builds a plan of one operation, writes the inputs, runs the
//! plan and reads the outputs back.

use crate::backend::Backend;
use crate::error::{Error, Remedy, Result};
use crate::model::geometry::elements;
use crate::plan::{Element, Op, Plan, Program, StepRecord, View};

/// A plan of one operation under construction.
pub(super) struct Call<'a> {
    backend: &'a Backend,
    plan: Plan,
    writes: Vec<(View, &'a [u8])>,
}

impl<'a> Call<'a> {
    pub(super) fn new(backend: &'a Backend) -> Self {
        Call { backend, plan: Plan::new(1), writes: Vec::new() }
    }

    /// Adds a buffer that holds `data` when the operation runs.
    pub(super) fn input<T: bytemuck::Pod>(&mut self, name: &str, data: &'a [T], shape: &[usize]) -> Result<View> {
        let len = not_empty(name, shape)?;
        if data.len() != len {
            let what = format!("{name} has {} elements, its shape {shape:?} needs {len}", data.len());
            return Err(Error::usage(what).advice("pass a slice of that length"));
        }
        let element = if size_of::<T>() == 1 { Element::U8 } else { Element::F32 };
        let view = self.plan.buffer(name, element, shape)?;
        self.writes.push((view, bytemuck::cast_slice(data)));
        Ok(view)
    }

    /// Adds a buffer of floats that the operation writes.
    pub(super) fn output(&mut self, name: &str, shape: &[usize]) -> Result<View> {
        not_empty(name, shape)?;
        self.plan.buffer(name, Element::F32, shape)
    }

    /// Runs `op` as one step and reads `outputs` as 32-bit words.
    pub(super) async fn run<const N: usize>(
        mut self,
        op: Op,
        record: StepRecord,
        outputs: [View; N],
    ) -> Result<[Vec<u32>; N]> {
        let limit = self.backend.max_binding_bytes();
        if let Some(buffer) = self.plan.buffers.iter().find(|b| b.bytes() > limit) {
            let name = &buffer.name;
            let bytes = buffer.bytes();
            let error = Error::usage(format!("{name} needs {bytes} bytes, this backend binds at most {limit}"));
            return Err(error.advice("use a smaller tensor").remedy(Remedy::CpuBackend));
        }
        let id = self.plan.program(Program {
            name: "operator",
            capacity: 1,
            max_steps: 1,
            ops: vec![op],
            readable: true,
            activations: Vec::new(),
        });
        let mut executor = self.backend.prepare(&self.plan).await?;
        for view in outputs {
            executor.write(view, 0, &vec![f32::NAN; view.len])?;
        }
        for (view, bytes) in self.writes {
            executor.write(view, 0, bytes)?;
        }
        executor.set_records(id, &[record])?;
        executor.run(id, 0..1, &mut |_| true).await?;
        let mut results = [const { Vec::new() }; N];
        for (result, view) in results.iter_mut().zip(outputs) {
            *result = executor.read(view, 0).await?;
        }
        Ok(results)
    }

    /// [`Call::run`], with floats as outputs.
    pub(super) async fn run_f32<const N: usize>(
        self,
        op: Op,
        record: StepRecord,
        outputs: [View; N],
    ) -> Result<[Vec<f32>; N]> {
        Ok(self.run(op, record, outputs).await?.map(floats))
    }
}

/// The number of elements of a tensor, which must have some.
fn not_empty(name: &str, shape: &[usize]) -> Result<usize> {
    match elements(shape)? {
        0 => Err(Error::usage(format!("{name} would be of shape {shape:?}")).advice("use sizes of at least 1")),
        len => Ok(len),
    }
}

/// The floats that the words are the bits of.
pub(super) fn floats(words: Vec<u32>) -> Vec<f32> {
    bytemuck::cast_vec(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_length_and_an_empty_tensor_are_told_apart() {
        let input = |len: usize, shape: &[usize]| {
            let error = Call::new(&Backend::Cpu).input("x", &vec![0.0f32; len], shape).unwrap_err();
            error.to_string()
        };
        assert_eq!(input(5, &[2, 3]), "x has 5 elements, its shape [2, 3] needs 6; pass a slice of that length");
        assert_eq!(input(0, &[2, 3]), "x has 0 elements, its shape [2, 3] needs 6; pass a slice of that length");
        for len in [0, 5] {
            assert_eq!(input(len, &[0, 3]), "x would be of shape [0, 3]; use sizes of at least 1");
        }
        let error = Call::new(&Backend::Cpu).output("y", &[4, 0]).unwrap_err().to_string();
        assert_eq!(error, "y would be of shape [4, 0]; use sizes of at least 1");
    }
}
