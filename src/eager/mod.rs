//! Every operator as a function on plain slices. A call runs a plan of one operation, with the same
//! kernels as training.
//!
//! | | forward | backward |
//! |---|---|---|
//! | convolution | [`conv2d()`] | [`conv2d_backward_input()`], [`conv2d_backward_weights()`] |
//! | max pooling | [`max_pool()`] | [`max_pool_backward()`] |
//! | global average pooling | [`global_average_pool()`] | [`global_average_pool_backward()`] |
//! | dense layer | [`matmul()`], [`bias()`] | [`matmul()`] with a factor transposed, [`bias_backward()`] |
//! | rectifier | [`relu()`] | [`relu_backward()`] |
//! | loss | [`softmax_cross_entropy()`] | [`softmax_cross_entropy_backward()`] |
//! | parts of the loss | [`softmax()`], [`log_softmax()`], [`negative_log_likelihood()`] | |
//! | optimiser | [`adam()`] | |
//! | batches | [`gather()`] | |
//!
//! Slices are row-major, the last axis varying fastest: activations `[N, H, W, C]`, convolution
//! weights `[kh, kw, C, O]`, dense weights `[in, out]`. The functions are `async` because the host
//! waits for the GPU; `pollster::block_on` runs one to its end.
//!
//! A call allocates buffers, compiles shaders, uploads the inputs, runs the operation once and reads the
//! outputs back. This suits checks and experiments; for many steps over data that stays on the device,
//! use [`crate::train`] or [`crate::plan`]. Outputs are filled with NaN before the kernel runs, so that
//! an element that no invocation writes is noticed.
//!
//! # Errors
//!
//! Every function returns [`crate::Error::Usage`] where a slice has another length than its shape, a
//! tensor has no elements or more than 2³¹ − 1, or a tensor is larger than the backend can bind; the
//! message names the tensor. [`crate::Error::Failure`] means that the backend itself failed. Each
//! function documents its further errors.

mod adam;
mod bias;
mod call;
mod conv2d;
mod gather;
mod global_average_pool;
mod matmul;
mod max_pool;
mod relu;
mod softmax_cross_entropy;

pub use adam::{AdamState, adam};
pub use bias::{bias, bias_backward};
pub use conv2d::{conv2d, conv2d_backward_input, conv2d_backward_weights};
pub use gather::{LabelledImages, gather};
pub use global_average_pool::{global_average_pool, global_average_pool_backward};
pub use matmul::{Product, matmul};
pub use max_pool::{max_pool, max_pool_backward};
pub use relu::{relu, relu_backward};
pub use softmax_cross_entropy::{
    log_softmax, negative_log_likelihood, softmax, softmax_cross_entropy, softmax_cross_entropy_backward,
};
