//! The GPU backend: a plan's operations as compute dispatches through wgpu.

mod cache;
mod clock;
mod device;
mod executor;
mod fused;
mod kernels;
mod peak;
mod pipeline;
mod shaders;
mod wait;

pub use device::{AdapterSummary, Gpu, adapters, choose, is_real, open};
pub use executor::Executor;
pub use peak::Peak;
pub use shaders::SHADERS;

#[cfg(test)]
mod tests;
