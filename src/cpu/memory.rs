//! The buffers of a plan, in memory.

use crate::error::{Error, Remedy, Result};
use crate::plan::{Buffer, BufferId, Element, Plan, View};

use super::aligned::Aligned;

/// One buffer: its copies for all replicas, one after the other.
struct BufferMemory {
    words: Aligned,
    element: Element,
    /// Bytes from one replica's copy to the next; 0 where all replicas share one copy.
    stride: usize,
}

impl BufferMemory {
    fn bytes(&self, view: View, replica: usize) -> &[u8] {
        let size = self.element.bytes();
        let start = self.stride * replica + view.offset * size;
        &self.words.as_slice()[start..start + view.len * size]
    }

    fn bytes_mut(&mut self, view: View, replica: usize) -> &mut [u8] {
        let size = self.element.bytes();
        let start = self.stride * replica + view.offset * size;
        &mut self.words.as_mut_slice()[start..start + view.len * size]
    }
}

/// All buffers of a plan, by [`BufferId`].
pub(super) struct Memory {
    buffers: Vec<BufferMemory>,
}

impl Memory {
    /// Allocates every buffer of a plan, zeroed.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where memory is refused.
    pub(super) fn new(plan: &Plan) -> Result<Self> {
        let made = |buffer: &Buffer| {
            Ok(BufferMemory {
                words: Aligned::new(&buffer.name, buffer.bytes() as usize / 4)?,
                element: buffer.element,
                stride: if buffer.replicas == 1 { 0 } else { buffer.len * buffer.element.bytes() },
            })
        };
        let buffers = plan.buffers.iter().map(made).collect::<Result<_>>();
        let whole = plan.bytes() >> 20;
        let refused = |error: Error| error.and(&format!(" of {whole} MiB in all")).remedy(Remedy::SmallerBatch);
        Ok(Memory { buffers: buffers.map_err(refused)? })
    }

    /// Copies bytes into a view of one replica.
    pub(super) fn write(&mut self, view: View, replica: usize, bytes: &[u8]) {
        self.buffers[view.buffer.0].bytes_mut(view, replica).copy_from_slice(bytes);
    }

    /// Copies a view of one replica out.
    pub(super) fn read(&self, view: View, replica: usize) -> Vec<u8> {
        self.buffers[view.buffer.0].bytes(view, replica).to_vec()
    }

    /// The buffers as one replica sees them.
    pub(super) fn replica(&mut self, replica: usize) -> ReplicaMemory<'_> {
        ReplicaMemory { memory: self, replica }
    }
}

/// The buffers of a plan as one replica sees them: its own copies, and what all replicas share.
pub(super) struct ReplicaMemory<'a> {
    memory: &'a mut Memory,
    replica: usize,
}

impl ReplicaMemory<'_> {
    /// A view as bytes.
    pub(super) fn u8(&self, view: View) -> &[u8] {
        self.memory.buffers[view.buffer.0].bytes(view, self.replica)
    }

    /// A view as floats.
    pub(super) fn f32(&self, view: View) -> &[f32] {
        bytemuck::cast_slice(self.u8(view))
    }

    /// A view as integers.
    pub(super) fn u32(&self, view: View) -> &[u32] {
        bytemuck::cast_slice(self.u8(view))
    }

    /// Lends `f` one view to write, and the other buffers to read or to lend in turn.
    ///
    /// The view's whole buffer is absent meanwhile: `f` must not ask for another view of it. No operation of
    /// a plan reads a buffer that it writes, except in place, where it reads through the same view.
    pub(super) fn lend<T: bytemuck::Pod>(&mut self, out: View, f: impl FnOnce(&mut Self, &mut [T])) {
        let BufferId(i) = out.buffer;
        let element = self.memory.buffers[i].element;
        let absent = BufferMemory { words: Aligned::default(), element, stride: 0 };
        let mut lent = std::mem::replace(&mut self.memory.buffers[i], absent);
        f(self, bytemuck::cast_slice_mut(lent.bytes_mut(out, self.replica)));
        self.memory.buffers[i] = lent;
    }
}
