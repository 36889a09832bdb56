//! The CPU backend.
//!
//! Every operation has a plain twin here, a naive and readable loop to which the GPU's shaders are held. For
//! training, kernels with vector instructions replace runs of plain operations (`fused`); the plain twins
//! judge these as well.
//!
//! | file | what it does |
//! |---|---|
//! | `executor` | runs the programs of a plan |
//! | `memory` | holds the buffers of a plan |
//! | `plain` | runs one plain operation |
//! | `conv2d`, `max_pool`, `matmul`, … | the plain twins |
//! | `sums` | adds terms of any number without losing any |
//! | `fused` | chooses which runs of operations are replaced, and holds the kernels that replace them |
//! | `threads`, `instruction_set`, `aligned` | parallel loops, vector instructions, memory at cache lines |
//! | `machine` | describes threads and vector instructions, for records |
//! | `peak` | measures the peak rate of multiply-adds |
//!
//! Work is cut by the shapes of tensors (images, tiles of a product, taps of a kernel, slices of a sum),
//! never by the number of threads, and every sum has a fixed order: the same input gives the same bits on
//! any number of threads.

pub mod adam;
mod aligned;
pub mod bias;
pub mod conv2d;
mod executor;
mod fused;
pub mod gather;
pub mod global_average_pool;
mod instruction_set;
mod machine;
pub mod matmul;
pub mod max_pool;
mod memory;
pub mod peak;
mod plain;
pub mod relu;
pub mod softmax_cross_entropy;
mod sums;
mod threads;

pub use executor::CpuExecutor;
pub use machine::{MachineInfo, machine};
pub use threads::start as start_threads;
