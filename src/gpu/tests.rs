//! When pipelines are made, and how many.

mod gaps;

use super::*;
use crate::ops::relu::{Relu, ReluPass};
use crate::ops::{MatMul, Op, View};
use crate::plan::{Element, Plan, Program, ProgramId, StepRecord};
use crate::{Error, Result};

fn program(ops: Vec<Op>) -> Program {
    Program { name: "program", capacity: 1, max_steps: 1, ops, readable: true, activations: Vec::new() }
}

fn relu(y: View) -> Op {
    Op::Relu(Relu { len: y.len, pass: ReluPass::Forward { y } })
}

#[test]
fn kernels_that_are_alike_share_a_pipeline() {
    let gpu = std::sync::Arc::new(pollster::block_on(open(None, false)).unwrap());
    let mut plan = Plan::new(1);
    let a = plan.buffer("a", Element::F32, &[5]).unwrap();
    let b = plan.buffer("b", Element::F32, &[5]).unwrap();
    let c = plan.buffer("c", Element::F32, &[6]).unwrap();
    plan.program(program(vec![relu(a), relu(b), relu(a)]));
    let second = plan.program(program(vec![relu(b), relu(c)]));
    let mut executor = pollster::block_on(GpuExecutor::new(gpu.clone(), &plan)).unwrap();
    assert_eq!(executor.pipelines(), 1, "only the first program's");
    let sign = |i: usize| if i.is_multiple_of(2) { 1.0f32 } else { -1.0 };
    for view in [a, b, c] {
        let values: Vec<f32> = (0..view.len).map(sign).collect();
        executor.write(view, 0, bytemuck::cast_slice(&values)).unwrap();
    }
    executor.set_records(second, &[StepRecord::default()]).unwrap();
    assert_eq!(executor.pipelines(), 2, "of two lengths");
    pollster::block_on(executor.run(second, 0..1, &mut |_| true)).unwrap();
    let read =
        |view: View| -> Vec<f32> { bytemuck::pod_collect_to_vec(&pollster::block_on(executor.read(view, 0)).unwrap()) };
    let many = pollster::block_on(executor.read_many(&[c, View { offset: 1, len: 2, ..a }, b], 0)).unwrap();
    let many: Vec<Vec<f32>> = many.iter().map(|bytes| bytemuck::pod_collect_to_vec(bytes)).collect();
    assert_eq!(many, [read(c), vec![-1.0, 1.0], read(b)], "several views in one submission");
    assert!(pollster::block_on(executor.read_many(&[], 0)).unwrap().is_empty());
    assert_eq!(read(a), [1.0, -1.0, 1.0, -1.0, 1.0], "the first program has not run");
    assert_eq!(read(b), [1.0, 0.0, 1.0, 0.0, 1.0]);
    assert_eq!(read(c), [1.0, 0.0, 1.0, 0.0, 1.0, 0.0]);
}

/// A size that no shader can hold is refused by an error where its program is first used, on whichever
/// thread the pipeline is made.
#[test]
fn what_the_device_refuses_is_an_error() {
    let failed = |result: Result<()>| match result {
        Err(Error::Failure(problem)) => {
            let text = problem.to_string();
            assert!(text.starts_with("GPU ") && !text.contains('\n'), "{text}");
        }
        other => panic!("{other:?}"),
    };
    let mut plan = Plan::new(1);
    let y = plan.buffer("y", Element::F32, &[8]).unwrap();
    let impossible = MatMul {
        rows: 1 << 33,
        columns: 1,
        inner: 1,
        transpose_a: false,
        transpose_b: false,
        a: y,
        b: y,
        y: View { len: 1, ..y },
    };
    let first = plan.program(program(vec![relu(y)]));
    plan.program(program(vec![relu(y), Op::MatMul(impossible)]));
    let gpu = std::sync::Arc::new(pollster::block_on(open(None, false)).unwrap());
    let mut executor = pollster::block_on(GpuExecutor::new(gpu.clone(), &plan)).unwrap();
    executor.set_records(first, &[StepRecord::default()]).unwrap();
    failed(executor.set_records(ProgramId(1), &[StepRecord::default()]));

    plan.programs.swap(0, 1);
    let gpu = std::sync::Arc::new(pollster::block_on(open(None, false)).unwrap());
    failed(pollster::block_on(GpuExecutor::new(gpu.clone(), &plan)).map(|_| ()));
}

/// A device that has failed, or that is waited for no more, says so at every use, and can be dropped.
#[test]
fn a_failed_device_is_used_no_more() {
    let mut plan = Plan::new(1);
    let y = plan.buffer("y", Element::F32, &[8]).unwrap();
    plan.program(program(vec![relu(y)]));
    let gpu = std::sync::Arc::new(pollster::block_on(open(None, false)).unwrap());
    let mut executor = pollster::block_on(GpuExecutor::new(gpu.clone(), &plan)).unwrap();
    let failed: Result<()> = gpu.call(|_, _| panic!("Parent device has not enough\nmemory left."));
    let failed = failed.unwrap_err();
    let text = failed.to_string();
    assert!(text.ends_with("out of memory; use a smaller batch, or use the CPU backend"), "{text}");
    assert_eq!(executor.write(y, 0, &[0; 32]), Err(failed.clone()));
    assert_eq!(pollster::block_on(executor.read(y, 0)), Err(failed.clone()));
    assert_eq!(gpu.check(), Err(failed));
    drop((executor, gpu));
}

#[test]
fn asked_to_stop_it_begins_no_pipeline() {
    let mut plan = Plan::new(1);
    let y = plan.buffer("y", Element::F32, &[8]).unwrap();
    plan.program(program(vec![relu(y)]));
    let mut gpu = pollster::block_on(open(None, false)).unwrap();
    gpu.stop_when(|| true);
    let made = pollster::block_on(GpuExecutor::new(std::sync::Arc::new(gpu), &plan));
    assert_eq!(made.map(|_| ()), Err(Error::Interrupted));
}
