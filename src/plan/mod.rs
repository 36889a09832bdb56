//! A network compiled once: buffers, and programs of operations over them.
//!
//! A [`Plan`] holds every buffer, and [`Program`]s that share one state of parameters: `train_step` (one batch:
//! gather, forward, loss, backward, Adam), `evaluate` (forward and loss over more rows at once, of the test set),
//! `probe` (the same over images that are uploaded when they are asked about) and `features` (one such image, every
//! activation readable). No buffer is allocated and nothing looked up or decided while a program runs; a backend
//! runs the operations in order.
//!
//! A step of a program is a [`StepRecord`]: where its samples start in the order, how many rows are
//! active, Adam's α, where its results go. All `R` replicas of a plan take the same steps; each has
//! its own parameters, sample order and results.

mod backward;
mod build;
pub(crate) mod patterns;
pub mod upload;

use crate::error::Result;
use crate::model::geometry::elements;
pub use crate::ops::{BufferId, Op, View};
pub use build::{PlanOptions, TrainingPlan};

/// Alignment of a tensor inside a parameter buffer, in elements: 256 bytes.
const ALIGNMENT: usize = 64;

/// What a buffer's elements are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// 32-bit floats.
    F32,
    /// 32-bit unsigned integers.
    U32,
    /// Bytes; a shader reads four to a word.
    U8,
}

impl Element {
    /// Bytes of one element.
    pub fn bytes(self) -> usize {
        match self {
            Element::F32 | Element::U32 => 4,
            Element::U8 => 1,
        }
    }
}

/// A buffer of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Buffer {
    /// For messages and labels.
    pub name: String,
    /// Type of its elements.
    pub element: Element,
    /// Elements of one replica.
    pub len: usize,
    /// Copies of it, one after the other: the plan's replicas, or 1 where all share it.
    pub replicas: usize,
}

impl Buffer {
    /// Bytes of all replicas, rounded up to whole words.
    pub fn bytes(&self) -> u64 {
        let factors = [self.element.bytes(), self.len, self.replicas];
        let bytes = factors.into_iter().fold(1, |bytes: u64, n| bytes.saturating_mul(n as u64));
        bytes.checked_next_multiple_of(4).unwrap_or(u64::MAX)
    }
}

/// A trained tensor's place in each of the parameter buffers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// `conv1.weight`, …
    pub name: String,
    /// `[kh, kw, C, O]`, `[in, out]` or `[out]`.
    pub shape: Vec<usize>,
    /// Where it lies, in elements of one replica.
    pub offset: usize,
    /// Number of elements.
    pub len: usize,
}

/// The four buffers of the optimiser's state, of equal layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Parameters.
    pub parameters: BufferId,
    /// Gradients.
    pub gradients: BufferId,
    /// Adam's first moment.
    pub first_moment: BufferId,
    /// Adam's second moment.
    pub second_moment: BufferId,
}

/// A data set's buffers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Samples {
    /// Number of samples.
    pub count: usize,
    /// `[count, pixels]` bytes, shared by all replicas.
    pub images: BufferId,
    /// `[count]`, shared by all replicas.
    pub labels: BufferId,
    /// `[count]` sample indices, one order a replica.
    pub order: BufferId,
    /// `[count]` losses, one a sample in the order of use.
    pub losses: BufferId,
    /// `[count]` predicted classes, likewise.
    pub predicted: BufferId,
}

/// One step of a program. Laid out as the shaders' `Step`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Default, bytemuck::Pod, bytemuck::Zeroable)]
pub struct StepRecord {
    /// First sample, as an index into the order.
    pub start: u32,
    /// Active rows, at most the program's capacity.
    pub n: u32,
    /// Adam's step size α.
    pub alpha: f32,
    /// Where the first row's results go.
    pub out: u32,
}

/// Names a program of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ProgramId(pub usize);

/// A list of operations that run in order, once a step.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    /// For messages and labels.
    pub name: &'static str,
    /// Rows of its batch.
    pub capacity: usize,
    /// Most steps that can be recorded at once.
    pub max_steps: usize,
    /// The operations.
    pub ops: Vec<Op>,
    /// Whether every activation must be there to be read afterwards: its operations stay plain.
    pub readable: bool,
    /// Layer outputs after ReLU, by layer, `[capacity, …]`, then `logits`.
    pub activations: Vec<(String, View)>,
}

/// Buffers and programs; see the module.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Every buffer, indexed by [`BufferId`].
    pub buffers: Vec<Buffer>,
    /// Every program, indexed by [`ProgramId`].
    pub programs: Vec<Program>,
    /// Trained tensors, in the order of the layers.
    pub parameters: Vec<Parameter>,
    /// Elements of one replica of each parameter buffer, with the gaps of alignment.
    pub parameters_len: usize,
    /// Copies of the model trained side by side.
    pub replicas: usize,
    /// Whether a backend may replace runs of operations by faster ones of its own.
    pub fuse: bool,
}

impl Plan {
    /// A plan without buffers or programs.
    pub fn new(replicas: usize) -> Self {
        Plan { replicas, ..Plan::default() }
    }

    /// Adds a buffer of which every replica has its own.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] past 2³¹ − 1 elements.
    pub fn buffer(&mut self, name: impl Into<String>, element: Element, shape: &[usize]) -> Result<View> {
        let len = elements(shape)?;
        elements(&[len, self.replicas])?;
        Ok(self.push(Buffer { name: name.into(), element, len, replicas: self.replicas }))
    }

    /// Adds a buffer that all replicas share.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] past 2³¹ − 1 elements.
    pub fn shared_buffer(&mut self, name: impl Into<String>, element: Element, shape: &[usize]) -> Result<View> {
        let len = elements(shape)?;
        Ok(self.push(Buffer { name: name.into(), element, len, replicas: 1 }))
    }

    fn push(&mut self, buffer: Buffer) -> View {
        let view = View { buffer: BufferId(self.buffers.len()), offset: 0, len: buffer.len };
        self.buffers.push(buffer);
        view
    }

    /// Adds a program.
    pub fn program(&mut self, program: Program) -> ProgramId {
        self.programs.push(program);
        ProgramId(self.programs.len() - 1)
    }

    /// All elements of a buffer.
    pub fn whole(&self, buffer: BufferId) -> View {
        View { buffer, offset: 0, len: self.buffers[buffer.0].len }
    }

    /// The trained tensor of that name inside one of the parameter buffers.
    pub fn parameter(&self, name: &str, buffer: BufferId) -> View {
        let parameter = self.parameters.iter().find(|p| p.name == name);
        let parameter = parameter.unwrap_or_else(|| panic!("no parameter named {name}"));
        View { buffer, offset: parameter.offset, len: parameter.len }
    }

    /// Bytes of all buffers together.
    pub fn bytes(&self) -> u64 {
        self.buffers.iter().map(Buffer::bytes).fold(0, u64::saturating_add)
    }
}
