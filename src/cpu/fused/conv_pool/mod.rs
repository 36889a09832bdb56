//! Convolution with a 3×3 kernel, bias, ReLU and 2×2 max pooling in one kernel, and the gradients of that run.
//!
//! The forward pass computes the four convolution outputs of a pool window together and stores only the pooled
//! output and the position of the window's winner. Rows and columns that the pool drops are not computed. The
//! backward pass starts from the pooled gradient: at most one of a window's four outputs has a gradient.
//!
//! | file | what it does |
//! |---|---|
//! | `forward`, `backward` | cut the batch into tasks and choose a kernel |
//! | `first_layer` | the kernels for one input channel, forward and backward |
//! | `winograd`, `winograd_matrices` | forward at strides 1 and 2, by minimal filtering |
//! | `direct` | forward at other strides |
//! | `gradients`, `gradient_lists`, `weight_layout` | backward with several input channels |
//! | `max_pool` | ReLU and max over a window, in vectors |
//! | `padded` | images with their zero padding written out |
//! | `nonzero` | finds the windows that read only zeros |
//! | `shapes` | the shapes of a run, and its scratch memory |

mod backward;
mod direct;
mod first_layer;
mod forward;
mod gradient_lists;
mod gradients;
mod max_pool;
mod nonzero;
mod padded;
mod shapes;
mod task;
#[cfg(test)]
pub(super) mod tests;
mod weight_layout;
mod winograd;
mod winograd_matrices;

pub(super) use backward::{BackwardInputs, GradientSlices, backward};
pub(super) use forward::{ForwardInputs, ForwardOutputs, forward};
pub(super) use gradient_lists::MOST_CHANNELS;
pub(super) use shapes::{ConvPoolScratch, ConvPoolShapes};
