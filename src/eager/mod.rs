//! Every operator on plain slices: a call is a plan of one operation, run by the kernels that train.
//!
//! | | forward | backward |
//! |---|---|---|
//! | convolution | [`conv2d()`] | [`conv2d_backward_input()`], [`conv2d_backward_weights()`] |
//! | max pooling | [`max_pool()`] | [`max_pool_backward()`] |
//! | dense layer | [`matmul()`], [`bias()`] | [`matmul()`] with a factor transposed, [`bias_backward()`] |
//! | rectifier | [`relu()`] | [`relu_backward()`] |
//! | loss | [`softmax_cross_entropy()`] | [`softmax_cross_entropy_backward()`] |
//! | and its parts | [`softmax()`], [`log_softmax()`], [`negative_log_likelihood()`] | |
//! | optimiser | [`adam()`] | |
//! | batches | [`gather()`] | |
//!
//! Slices are row-major, the last axis varying fastest: activations `[N, H, W, C]`, convolution
//! weights `[kh, kw, C, O]`, dense weights `[in, out]`. The functions are `async` because a GPU
//! answers when it is done; `pollster::block_on` waits for one.
//!
//! A call allocates, compiles and uploads all it needs, runs once and reads back: made for checking
//! and exploring. Many steps over data that stays on the device are what [`crate::train`] and
//! [`crate::plan`] are for. Outputs are poisoned with NaN before the kernel runs, so an element that
//! no invocation owns shows.
//!
//! # Errors
//!
//! Every function returns [`crate::Error::Usage`] where a slice is not as long as its shape says, a
//! tensor has no elements or more than 2³¹ − 1, or it is larger than the backend can bind; the
//! message names the tensor. [`crate::Error::Failure`] means that the backend itself failed. What
//! else can be wrong stands at each function.

mod adam;
mod bias;
mod call;
mod conv2d;
mod gather;
mod matmul;
mod max_pool;
mod relu;
mod softmax_cross_entropy;

pub use adam::{AdamState, adam};
pub use bias::{bias, bias_backward};
pub use conv2d::{conv2d, conv2d_backward_input, conv2d_backward_weights};
pub use gather::{LabelledImages, gather};
pub use matmul::{Product, matmul};
pub use max_pool::{max_pool, max_pool_backward};
pub use relu::{relu, relu_backward};
pub use softmax_cross_entropy::{
    log_softmax, negative_log_likelihood, softmax, softmax_cross_entropy, softmax_cross_entropy_backward,
};
