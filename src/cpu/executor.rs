//! Runs the programs of a plan over buffers in memory.

use std::ops::Range;

use web_time::Instant;

use crate::error::Result;
use crate::plan::{Plan, ProgramId, StepRecord, View};

use super::fused::{FusedOp, fuse};
use super::memory::Memory;
use super::threads;

/// How many seconds of steps run before `progress` is asked again whether to go on.
const PROGRESS_SECONDS: f64 = 0.02;

/// How many seconds of steps one replica runs before the next replica's turn, at most.
const TURN_SECONDS: f64 = 0.005;

/// A plan made ready on the CPU: its buffers, its programs with fused operations, its step records.
pub struct CpuExecutor {
    memory: Memory,
    /// Operations of each program, by [`ProgramId`].
    programs: Vec<Vec<FusedOp>>,
    /// Step records of each program, by [`ProgramId`].
    records: Vec<Vec<StepRecord>>,
    replicas: usize,
}

impl CpuExecutor {
    /// Allocates every buffer, zeroed, and decides which operations are fused.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where memory is refused.
    pub fn new(plan: &Plan) -> Result<Self> {
        let mut forwards = Vec::new();
        let programs = plan.programs.iter().map(|program| match plan.fuse && !program.readable {
            true => fuse(&program.ops, &mut forwards),
            false => program.ops.iter().copied().map(FusedOp::Plain).collect(),
        });
        Ok(CpuExecutor {
            programs: programs.collect(),
            memory: Memory::new(plan)?,
            records: vec![Vec::new(); plan.programs.len()],
            replicas: plan.replicas,
        })
    }

    /// Copies bytes into a view of one replica.
    pub fn write(&mut self, view: View, replica: usize, bytes: &[u8]) {
        self.memory.write(view, replica, bytes);
    }

    /// Copies a view of one replica out.
    pub fn read(&self, view: View, replica: usize) -> Vec<u8> {
        self.memory.read(view, replica)
    }

    /// Sets a program's step records.
    pub fn set_records(&mut self, program: ProgramId, records: &[StepRecord]) {
        self.records[program.0] = records.to_vec();
    }

    /// Runs a range of a program's steps. `progress(steps done)` is asked now and then whether to go on.
    pub fn run(&mut self, program: ProgramId, steps: Range<usize>, progress: &mut dyn FnMut(usize) -> bool) {
        let mut next = steps.start;
        while next < steps.end {
            next = threads::run_in_pool(|| self.run_for(PROGRESS_SECONDS, program, next..steps.end));
            if !progress(next - steps.start) {
                break;
            }
        }
    }

    /// Runs steps, at least one, until they have taken so many seconds, and returns the step to go on with.
    ///
    /// The replicas take turns of a few steps, so that one replica's memory stays in the cache for several
    /// steps. Replica 0 runs until its turn is over and thereby sets how many steps a turn has.
    fn run_for(&mut self, seconds: f64, program: ProgramId, steps: Range<usize>) -> usize {
        let start = Instant::now();
        let turn_seconds = TURN_SECONDS.min(seconds / self.replicas as f64);
        let mut next = steps.start;
        while next < steps.end {
            let turn_start = Instant::now();
            let mut end = next;
            while end < steps.end && (end == next || turn_start.elapsed().as_secs_f64() < turn_seconds) {
                self.run_step(program, end, 0);
                end += 1;
            }
            for replica in 1..self.replicas {
                (next..end).for_each(|step| self.run_step(program, step, replica));
            }
            next = end;
            if start.elapsed().as_secs_f64() >= seconds {
                break;
            }
        }
        next
    }

    /// Runs one step of one replica.
    fn run_step(&mut self, program: ProgramId, step: usize, replica: usize) {
        let record = self.records[program.0][step];
        let mut memory = self.memory.replica(replica);
        for op in &mut self.programs[program.0] {
            op.run(&mut memory, &record);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Configuration, Network};
    use crate::plan::{PlanOptions, TrainingPlan};
    use crate::random::Stream;

    /// The bits do not depend on how many steps one replica runs before the next one's turn.
    #[test]
    fn turns_of_replicas_do_not_change_the_results() {
        let options = PlanOptions {
            batch: 4,
            train_samples: 22,
            test_samples: 1,
            replicas: 3,
            evaluate_capacity: 1,
            max_binding_bytes: u64::MAX,
            adam: Default::default(),
            fuse: true,
        };
        let network = Network::new([13, 12], Configuration::TUTORIAL[1]).unwrap();
        let TrainingPlan { plan, state, train, train_step, .. } = TrainingPlan::new(&network, &options).unwrap();
        let whole = |buffer| plan.whole(buffer);
        let run = |times: &[(f64, usize)]| {
            let mut executor = CpuExecutor::new(&plan).unwrap();
            let images: Vec<u8> = (0..22 * 13 * 12).map(|i| (i * 31 % 251) as u8).collect();
            executor.write(whole(train.images), 0, &images);
            for replica in 0..3 {
                let mut stream = Stream::new(replica as u64, "weights");
                let weights: Vec<f32> =
                    (0..whole(state.parameters).len).map(|_| stream.uniform() as f32 - 0.5).collect();
                executor.write(whole(state.parameters), replica, bytemuck::cast_slice(&weights));
                let order: Vec<u32> = (0..22).map(|i| (i * 7 + replica as u32) % 22).collect();
                executor.write(whole(train.order), replica, bytemuck::cast_slice(&order));
            }
            let records: Vec<StepRecord> =
                (0..6).map(|i| StepRecord { start: i * 4, n: (22 - i * 4).min(4), alpha: 1e-3, out: i * 4 }).collect();
            executor.set_records(train_step, &records);
            let mut next = 0;
            for &(seconds, until) in times {
                while next < until {
                    next = executor.run_for(seconds, train_step, next..until);
                }
            }
            [0, 1, 2].map(|r| [state.parameters, state.second_moment, train.losses].map(|b| executor.read(whole(b), r)))
        };
        let alternating = run(&[(0.0, 6)]);
        assert_ne!(alternating[0], alternating[1]);
        assert!(alternating == run(&[(1e9, 6)]) && alternating == run(&[(1e9, 1), (0.0, 3), (1e9, 6)]));
    }
}
