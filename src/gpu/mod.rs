//! The GPU backend: a plan's operations as compute dispatches through wgpu.
//!
//! - `adapter` lists the adapters and chooses one, `real` says which are hardware, `absent` says why there is none;
//!   `device` opens it; `boundary` turns panics of wgpu into errors.
//! - `tuning` holds every choice that depends on the adapter; `measure` times those that a clock may make.
//! - `shaders` assembles the WGSL files and reads off them what they declare.
//! - `kernels` says how each plain operation is dispatched, `fused` which operations faster kernels replace.
//! - `pipeline` compiles kernels and binds their buffers; `program` holds a program's dispatches and step
//!   records; `executor` runs them.
//! - `readback` waits for the device and copies its memory to the host; `clock` reads its timestamps, `timing` says by
//!   them what steps and kernels take, `peak` measures the most that the device can do, `cache` keeps compiled pipelines
//!   between processes.

mod absent;
mod adapter;
mod boundary;
#[cfg(feature = "files")]
mod cache;
mod clock;
mod device;
mod executor;
mod fused;
mod kernels;
mod measure;
mod peak;
mod pipeline;
mod program;
mod readback;
mod real;
mod shaders;
mod timing;
mod tuning;

pub use adapter::{AdapterSummary, adapters, choose};
pub use boundary::{panics_become_errors, silent_for};
pub use device::{Gpu, open};
pub use executor::GpuExecutor;
pub use measure::measure;
pub use peak::Peak;
pub use real::is_real;
pub use shaders::{SHADERS, shader_source};
pub use timing::KernelSeconds;
#[cfg(feature = "files")]
pub use tuning::KeptTuning;
pub use tuning::{Measured, Tuning};

#[cfg(test)]
mod tests;
