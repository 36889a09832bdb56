//! The GPU backend: a plan's operations as compute dispatches through wgpu.
//!
//! - `adapter` lists the adapters and chooses one; `device` opens it.
//! - `tuning` holds every choice that depends on the adapter.
//! - `shaders` assembles the WGSL files and reads off them what they declare.
//! - `kernels` says how each plain operation is dispatched, `fused` which operations faster kernels replace.
//! - `pipeline` compiles kernels and binds their buffers; `program` holds a program's dispatches and step
//!   records; `executor` runs them.
//! - `readback` waits for the device and copies its memory to the host; `clock` reads its timestamps, `peak`
//!   measures the most that it can do, `cache` keeps compiled pipelines between processes.

mod adapter;
#[cfg(feature = "files")]
mod cache;
mod clock;
mod device;
mod executor;
mod fused;
mod kernels;
mod peak;
mod pipeline;
mod program;
mod readback;
mod shaders;
mod tuning;

pub use adapter::{AdapterSummary, adapters, choose, is_real};
pub use device::{Gpu, open};
pub use executor::GpuExecutor;
pub use peak::Peak;
pub use shaders::{SHADERS, shader_source};
pub use tuning::Tuning;

#[cfg(test)]
mod tests;
