//! Tensors of an operation: where they lie and what the operation does with them.

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

/// What an operation does with a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It reads the tensor.
    Read,
    /// It overwrites the tensor without reading it.
    Write,
    /// It reads the tensor and writes the result in its place.
    Update,
}

/// A tensor of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operand {
    /// The tensor's name in the operation's equation.
    pub name: &'static str,
    /// Where it lies.
    pub view: View,
    /// What the operation does with it.
    pub access: Access,
    /// How many of its elements one run touches; fewer than it has where a run takes one batch of it.
    pub touched: usize,
}

impl Operand {
    /// A tensor that is read.
    pub(super) fn read(name: &'static str, view: View) -> Self {
        Operand { name, view, access: Access::Read, touched: view.len }
    }

    /// A tensor that is overwritten.
    pub(super) fn write(name: &'static str, view: View) -> Self {
        Operand { access: Access::Write, ..Operand::read(name, view) }
    }

    /// A tensor that is updated in place.
    pub(super) fn update(name: &'static str, view: View) -> Self {
        Operand { access: Access::Update, ..Operand::read(name, view) }
    }

    /// The same, of which one run touches only so many elements.
    pub(super) fn touching(self, elements: usize) -> Self {
        Operand { touched: elements, ..self }
    }

    /// Elements that one run moves between the memory and the device: twice those that are updated in place.
    pub fn traffic(&self) -> usize {
        match self.access {
            Access::Read | Access::Write => self.touched,
            Access::Update => self.touched.saturating_mul(2),
        }
    }
}
