//! The operations of a plan: each file holds one operation's equation, shapes, constants, buffers.
//!
//! An operation is plain data and knows no backend. A CPU backend matches on [`Op`] and runs its
//! twin in `src/cpu`; a GPU backend asks [`Op::kernel`] which entry point of which shader computes
//! it, with which constants, over how many invocations. Tensors are `f32`, activations
//! `[N, H, W, C]`, convolution weights `[kh, kw, C, O]`, dense weights `[in, out]`.

pub mod adam;
pub mod bias;
pub mod conv2d;
mod cost;
pub mod gather;
pub mod matmul;
pub mod max_pool;
pub mod relu;
pub mod softmax_cross_entropy;

pub use adam::Adam;
pub use bias::Bias;
pub use conv2d::Conv2d;
pub use gather::Gather;
pub use matmul::MatMul;
pub use max_pool::MaxPool;
pub use relu::Relu;
pub use softmax_cross_entropy::SoftmaxCrossEntropy;

/// Names one buffer of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BufferId(pub usize);

/// A range of a buffer, the same in every replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct View {
    /// The buffer.
    pub buffer: BufferId,
    /// First element, counted from the start of the replica's part.
    pub offset: usize,
    /// Number of elements.
    pub len: usize,
}

/// One operation of a program.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Op {
    /// Samples of the dataset to a batch.
    Gather(Gather),
    /// Convolution, a pass of it.
    Conv2d(Conv2d),
    /// Bias over the last axis.
    Bias(Bias),
    /// Rectifier.
    Relu(Relu),
    /// Max pooling.
    MaxPool(MaxPool),
    /// Matrix product, of a dense layer's passes.
    MatMul(MatMul),
    /// The loss.
    SoftmaxCrossEntropy(SoftmaxCrossEntropy),
    /// The optimiser.
    Adam(Adam),
}

/// A tensor of an operation under the name that its shader binds it by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    /// Name of the shader's global variable.
    pub name: &'static str,
    /// What is bound to it.
    pub view: View,
}

/// How many invocations a kernel wants: the product of all extents, each divided (rounding up) by
/// the shader constant that says how many of its elements one invocation computes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// Elements along an axis, and the shader's constant with the tile along it, if tiled.
    /// The first varies fastest, as in the shader's decoding.
    pub extents: Vec<(usize, Option<&'static str>)>,
    /// Whether a whole workgroup computes such a tile, rather than one invocation.
    pub by_workgroup: bool,
}

impl Grid {
    /// One invocation an element.
    pub fn elements(n: usize) -> Self {
        Grid { extents: vec![(n, None)], by_workgroup: false }
    }

    /// One invocation a tile.
    pub fn tiles(extents: &[(usize, Option<&'static str>)]) -> Self {
        Grid { extents: extents.to_vec(), by_workgroup: false }
    }

    /// One workgroup a tile.
    pub fn workgroups(extents: &[(usize, Option<&'static str>)]) -> Self {
        Grid { extents: extents.to_vec(), by_workgroup: true }
    }
}

/// What a GPU runs for an operation: an entry point of `shaders/<shader>.wgsl`.
#[derive(Debug, Clone, PartialEq)]
pub struct Kernel {
    /// Stem of the shader's file.
    pub shader: &'static str,
    /// Entry point, the pass.
    pub entry: &'static str,
    /// Values of the shader's `override` constants, by name.
    pub constants: Vec<(&'static str, f64)>,
    /// Tensors, by the name of the shader's global variable.
    pub operands: Vec<Operand>,
    /// Invocations of one replica.
    pub grid: Grid,
}

impl Op {
    /// What a GPU runs for this operation.
    pub fn kernel(&self) -> Kernel {
        match self {
            Op::Gather(op) => op.kernel(),
            Op::Conv2d(op) => op.kernel(),
            Op::Bias(op) => op.kernel(),
            Op::Relu(op) => op.kernel(),
            Op::MaxPool(op) => op.kernel(),
            Op::MatMul(op) => op.kernel(),
            Op::SoftmaxCrossEntropy(op) => op.kernel(),
            Op::Adam(op) => op.kernel(),
        }
    }
}

/// A tensor under its shader's name.
pub(crate) fn operand(name: &'static str, view: View) -> Operand {
    Operand { name, view }
}

/// Constants of a shader.
pub(crate) fn constants<const N: usize>(values: [(&'static str, usize); N]) -> Vec<(&'static str, f64)> {
    values.into_iter().map(|(name, value)| (name, value as f64)).collect()
}
