//! The GPU backend: a plan's operations as compute dispatches through wgpu.

mod cache;
mod context;
mod executor;
mod fused;
mod kernel;
mod peak;
mod pipeline;
mod stamps;
mod wait;

pub use context::{AdapterSummary, Gpu, adapters, choose, is_real, open};
pub use executor::Executor;
pub use kernel::SHADERS;
pub use peak::Peak;

#[cfg(test)]
mod tests;
