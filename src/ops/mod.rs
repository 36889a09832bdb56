//! The operations of a plan: each file holds one operation's equation, shapes and operands.
//!
//! An operation is plain data and knows no backend. A CPU backend matches on [`Op`] and runs its
//! twin in `src/cpu`; a GPU backend derives the dispatch of a shader from it, in `src/gpu/kernels`.
//! What both need to know of any operation is here: [`Op::operands`] lists the tensors that it reads and
//! writes, [`Op::macs`] and [`Op::traffic`] say what it costs.
//!
//! Tensors are `f32`, activations `[N, H, W, C]`, convolution weights `[kh, kw, C, O]`, dense weights
//! `[in, out]`.

pub mod adam;
pub mod bias;
pub mod conv2d;
mod cost;
pub mod gather;
pub mod global_average_pool;
pub mod matmul;
pub mod max_pool;
mod operand;
pub mod relu;
pub mod softmax_cross_entropy;

pub use adam::Adam;
pub use bias::Bias;
pub use conv2d::Conv2d;
pub use gather::Gather;
pub use global_average_pool::GlobalAveragePool;
pub use matmul::MatMul;
pub use max_pool::MaxPool;
pub use operand::{Access, BufferId, Operand, View};
pub use relu::Relu;
pub use softmax_cross_entropy::SoftmaxCrossEntropy;

/// One operation of a program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Op {
    /// Copies samples of the dataset into a batch.
    Gather(Gather),
    /// One pass of a convolution.
    Conv2d(Conv2d),
    /// One pass of a bias over the last axis.
    Bias(Bias),
    /// One pass of a rectifier.
    Relu(Relu),
    /// One pass of max pooling.
    MaxPool(MaxPool),
    /// One pass of global average pooling.
    GlobalAveragePool(GlobalAveragePool),
    /// A matrix product; each pass of a dense layer is one.
    MatMul(MatMul),
    /// One pass of the softmax or the loss.
    SoftmaxCrossEntropy(SoftmaxCrossEntropy),
    /// One update by the optimiser.
    Adam(Adam),
}

impl Op {
    /// The operation's name, which its files have too: `conv2d`.
    pub fn name(&self) -> &'static str {
        match self {
            Op::Gather(_) => "gather",
            Op::Conv2d(_) => "conv2d",
            Op::Bias(_) => "bias",
            Op::Relu(_) => "relu",
            Op::MaxPool(_) => "max_pool",
            Op::GlobalAveragePool(_) => "global_average_pool",
            Op::MatMul(_) => "matmul",
            Op::SoftmaxCrossEntropy(_) => "softmax_cross_entropy",
            Op::Adam(_) => "adam",
        }
    }

    /// The name of the pass: `forward`, `backward_weights`, ….
    pub fn pass(&self) -> &'static str {
        match self {
            Op::Gather(_) => "forward",
            Op::Conv2d(op) => op.pass.name(),
            Op::Bias(op) => op.pass.name(),
            Op::Relu(op) => op.pass.name(),
            Op::MaxPool(op) => op.pass.name(),
            Op::GlobalAveragePool(op) => op.pass.name(),
            Op::MatMul(_) => "multiply",
            Op::SoftmaxCrossEntropy(op) => op.pass.name(),
            Op::Adam(_) => "update",
        }
    }

    /// The tensors that the operation reads and writes, inputs before outputs.
    pub fn operands(&self) -> Vec<Operand> {
        match self {
            Op::Gather(op) => op.operands(),
            Op::Conv2d(op) => op.operands(),
            Op::Bias(op) => op.operands(),
            Op::Relu(op) => op.operands(),
            Op::MaxPool(op) => op.operands(),
            Op::GlobalAveragePool(op) => op.operands(),
            Op::MatMul(op) => op.operands(),
            Op::SoftmaxCrossEntropy(op) => op.operands(),
            Op::Adam(op) => op.operands(),
        }
    }
}
