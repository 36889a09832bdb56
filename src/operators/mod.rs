//! Every operator on plain slices: a call is a plan of one operation, run by the kernels that train.
//!
//! Activations are `[N, H, W, C]`, convolution weights `[kh, kw, C, O]`, matrices row-major. Each
//! function says which shapes it takes and returns [`crate::Error::Usage`] where a slice has
//! another length, [`crate::Error::Failure`] where the backend fails. Outputs are poisoned with
//! NaN before the kernel runs, so an element that no invocation owns shows.

mod adam;
mod bias;
mod call;
mod conv2d;
mod gather;
mod matmul;
mod max_pool;
mod relu;
mod softmax_cross_entropy;

pub use adam::adam;
pub use bias::{bias, bias_backward};
pub use conv2d::{conv2d, conv2d_backward_input, conv2d_backward_weights};
pub use gather::gather;
pub use matmul::matmul;
pub use max_pool::{max_pool, max_pool_backward};
pub use relu::{relu, relu_backward};
pub use softmax_cross_entropy::{
    log_softmax, negative_log_likelihood, softmax, softmax_cross_entropy, softmax_cross_entropy_backward,
};
