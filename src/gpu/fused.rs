//! Kernels that replace runs of plain operations, where the adapter and the shapes allow.
//!
//! [`fuse`] is the one place that decides. What the kernels keep in between (partial sums of slices of
//! the batch, or of a long sum) lies in buffers of their own, after the plan's. The order of every sum is
//! fixed by shapes alone. Results differ from the plain ones by rounding only.

use crate::geometry::{ConvShape, PoolShape};
use crate::ops::conv2d::sizes;
use crate::ops::{Grid, Kernel, MatMul, Op, View, constants, operand};
use crate::plan::runs::{ConvPool, ConvPoolBackward, Dense, RectifiedBias};
use crate::plan::{Buffer, BufferId, Element, Plan};

use super::Gpu;

/// Lanes of a subgroup that the kernels share numbers among.
const LANES: u32 = 8;

/// Slices of a batch whose gradients are summed side by side, at most, and the fewest windows of one.
const SLICES: usize = 32;
const FEWEST_WINDOWS: usize = 16;

/// Workgroups that a product should have at least, and the fewest terms of a slice of its sums.
const WORKGROUPS: usize = 64;
const SHORTEST: usize = 128;

/// Channels of a tile, TILE_CHANNELS of the shaders.
const TILE_CHANNELS: usize = 32;

/// The kernels of a plan's programs, and the buffers they need beyond the plan's.
pub(super) struct Fused {
    pub programs: Vec<Vec<Kernel>>,
    pub scratch: Vec<Buffer>,
}

/// Where scratch memory is taken from.
struct Scratch {
    buffers: Vec<Buffer>,
    first: usize,
    replicas: usize,
}

impl Scratch {
    /// A buffer of `len` numbers. Runs come one after the other, so those of equal length share it.
    fn view(&mut self, len: usize) -> View {
        let found = self.buffers.iter().position(|buffer| buffer.len == len);
        let index = found.unwrap_or_else(|| {
            let name = "partial sums".into();
            self.buffers.push(Buffer { name, element: Element::F32, len, replicas: self.replicas });
            self.buffers.len() - 1
        });
        View { buffer: BufferId(self.first + index), offset: 0, len }
    }
}

impl Gpu {
    /// Whether the adapter can run fused kernels.
    fn fuses(&self) -> bool {
        self.device.features().contains(wgpu::Features::SUBGROUP) && self.info.subgroup_min_size >= LANES
    }

    /// What runs for each program of a plan.
    pub(super) fn fuse(&self, plan: &Plan) -> Fused {
        let mut scratch = Scratch { buffers: Vec::new(), first: plan.buffers.len(), replicas: plan.replicas };
        let mut forwards = Vec::new();
        let programs = plan.programs.iter().map(|program| match plan.fuse && !program.readable && self.fuses() {
            true => self.fuse_program(&program.ops, &mut forwards, &mut scratch),
            false => program.ops.iter().map(Op::kernel).collect(),
        });
        Fused { programs: programs.collect(), scratch: scratch.buffers }
    }

    /// `forwards` holds the runs replaced so far, in this program or an earlier one: a backward pass may
    /// stand in another program than its forward pass.
    fn fuse_program(&self, ops: &[Op], forwards: &mut Vec<ConvPool>, scratch: &mut Scratch) -> Vec<Kernel> {
        let mut kernels = Vec::new();
        let mut rest = ops;
        while let Some(op) = rest.first() {
            let taken = if let Some((run, taken)) = ConvPool::at(rest).filter(|(run, _)| fits(&run.conv, &run.pool)) {
                forwards.push(run);
                kernels.push(conv_pool(&run));
                taken
            } else if let Some((run, taken)) = ConvPoolBackward::at(rest, forwards) {
                self.conv_pool_backward(&run, scratch, &mut kernels);
                taken
            } else if let Some((run, taken)) = Dense::at(rest).filter(|(run, _)| multiplies(&run.product)) {
                self.dense(&run, scratch, &mut kernels);
                taken
            } else if let Some((run, taken)) = RectifiedBias::at(rest) {
                kernels.push(rectified_bias(&run));
                taken
            } else {
                match op {
                    Op::MatMul(op) if multiplies(op) && self.slices(op) == 1 => kernels.push(multiply(op, 1, op.y)),
                    _ => kernels.push(op.kernel()),
                }
                1
            };
            rest = &rest[taken..];
        }
        kernels
    }

    fn conv_pool_backward(&self, run: &ConvPoolBackward, scratch: &mut Scratch, kernels: &mut Vec<Kernel>) {
        let ConvPoolBackward { forward, dy, dw, db, .. } = *run;
        let ConvPool { conv, pool, batch, x, argmax, .. } = forward;
        let first_layer = conv.in_channels == 1;
        let windows_of_image = pool.output[0] * pool.output[1];
        let images = batch.div_ceil(SLICES).max(FEWEST_WINDOWS.div_ceil(windows_of_image)).min(batch);
        let slices = batch.div_ceil(images);
        let len = dw.len + db.len;
        let partial = scratch.view(slices * len);
        let channels = (conv.out_channels, Some("TILE_CHANNELS"));
        let rows = (conv.weights_len() / conv.out_channels, Some("TILE_ROWS"));
        let mut extents = vec![channels, rows, (slices, None)];
        let shader = if first_layer {
            extents.remove(1);
            "fused/first_layer"
        } else {
            "fused/conv_pool"
        };
        kernels.push(Kernel {
            shader,
            entry: "backward_weights",
            constants: windows(&conv, &pool, batch, images),
            operands: vec![operand("x", x), operand("dy", dy), operand("winner", argmax), operand("partial", partial)],
            grid: Grid::workgroups(&extents),
        });
        kernels.push(Kernel {
            shader: "fused/partial",
            entry: "gradients",
            constants: constants([
                ("SLICES", slices),
                ("LEN", len),
                ("WEIGHTS", dw.len),
                ("CHANNELS", db.len),
                ("RECTIFIED", 0),
                ("db_offset", db.offset),
            ]),
            operands: vec![operand("partial", partial), operand("dw", dw)],
            grid: Grid::elements(len),
        });
        if let Some(dx) = run.dx {
            // ReLU's part is done: a window that it cut has no winner.
            kernels.push(unpool(run));
            kernels.push(backward_input(run, dx));
        }
    }

    /// Parts of a long sum, summed side by side where there are too few tiles to go round.
    fn slices(&self, op: &MatMul) -> usize {
        let tile = |n: usize, name| n.div_ceil(self.shader_constant("fused/matmul", name) as usize);
        let tiles = tile(op.columns, "TILE_COLUMNS") * tile(op.rows, "TILE_ROWS");
        let slices = WORKGROUPS.div_ceil(tiles);
        op.inner.div_ceil(op.inner.div_ceil(slices).max(SHORTEST).next_multiple_of(4))
    }

    fn dense(&self, run: &Dense, scratch: &mut Scratch, kernels: &mut Vec<Kernel>) {
        let Dense { product, b, rectified } = *run;
        let slices = self.slices(&product);
        let partial = scratch.view(slices * product.y.len);
        kernels.push(multiply(&product, slices, partial));
        kernels.push(Kernel {
            shader: "fused/partial",
            entry: "dense",
            constants: constants([
                ("SLICES", slices),
                ("LEN", product.y.len),
                ("WEIGHTS", 0),
                ("CHANNELS", product.columns),
                ("RECTIFIED", usize::from(rectified)),
            ]),
            operands: vec![operand("partial", partial), operand("b", b), operand("y", product.y)],
            grid: Grid::elements(product.y.len),
        });
    }
}

/// What the convolution kernels are written for, forward and backward alike: any stride, padding, image
/// and kernel size, or a 3×3 kernel over a single channel.
fn fits(conv: &ConvShape, pool: &PoolShape) -> bool {
    let first_layer = conv.in_channels == 1 && conv.kernel == [3, 3];
    let simple_pool = (pool.kernel, pool.stride) == ([2, 2], [2, 2]) && pool.pads == Default::default();
    simple_pool
        && (first_layer || conv.in_channels.is_multiple_of(TILE_CHANNELS))
        && conv.out_channels.is_multiple_of(TILE_CHANNELS)
}

/// What `fused/matmul.wgsl` is written for.
fn multiplies(op: &MatMul) -> bool {
    op.columns.is_multiple_of(4) && op.inner.is_multiple_of(4)
}

/// Shapes of a run, and the images whose gradients are summed together.
fn windows(conv: &ConvShape, pool: &PoolShape, batch: usize, images: usize) -> Vec<(&'static str, f64)> {
    let mut values = sizes(conv, batch);
    values.extend(constants([("POOLED_H", pool.output[0]), ("POOLED_W", pool.output[1]), ("IMAGES", images)]));
    values
}

fn conv_pool(run: &ConvPool) -> Kernel {
    let windows_of_batch = run.batch * run.pool.output[0] * run.pool.output[1];
    Kernel {
        shader: "fused/conv_pool",
        entry: "forward",
        constants: windows(&run.conv, &run.pool, run.batch, run.batch),
        operands: vec![
            operand("x", run.x),
            operand("w", run.w),
            operand("b", run.b),
            operand("y", run.y),
            operand("argmax", run.argmax),
        ],
        grid: Grid::workgroups(&[
            (run.conv.out_channels, Some("TILE_CHANNELS")),
            (windows_of_batch, Some("WORKGROUP")),
        ]),
    }
}

fn unpool(run: &ConvPoolBackward) -> Kernel {
    let ConvPool { conv, batch, argmax, .. } = run.forward;
    let cells = conv.output.map(|n| n.div_ceil(2)).iter().product::<usize>();
    Kernel {
        shader: "fused/max_pool",
        entry: "backward",
        constants: constants([
            ("BATCH", batch),
            ("CHANNELS", conv.out_channels),
            ("OUT_H", conv.output[0]),
            ("OUT_W", conv.output[1]),
        ]),
        operands: vec![operand("dy", run.dy), operand("winner", argmax), operand("dx", run.unpooled)],
        grid: Grid::elements(batch * cells * conv.out_channels),
    }
}

fn rectified_bias(run: &RectifiedBias) -> Kernel {
    let RectifiedBias { rows, channels, activation, dy, db } = *run;
    Kernel {
        shader: "fused/dense",
        entry: "backward",
        constants: constants([("ROWS", rows), ("CHANNELS", channels)]),
        operands: vec![operand("activation", activation), operand("dy", dy), operand("db", db)],
        grid: Grid::elements(channels),
    }
}

fn backward_input(run: &ConvPoolBackward, dx: View) -> Kernel {
    let ConvPool { conv: s, batch, w, .. } = &run.forward;
    let phase = [0, 1].map(|a| s.input[a].div_ceil(s.stride[a]));
    Kernel {
        shader: "fused/conv2d",
        entry: "backward_input",
        constants: sizes(s, *batch),
        operands: vec![operand("dy", run.unpooled), operand("w", *w), operand("dx", dx)],
        grid: Grid::workgroups(&[
            (s.in_channels, Some("TILE_CHANNELS")),
            (batch * phase[0] * phase[1], Some("TILE_PIXELS")),
            (s.stride[0] * s.stride[1], None),
        ]),
    }
}

/// The product, its sums in slices.
fn multiply(op: &MatMul, slices: usize, y: View) -> Kernel {
    let ([a_row, a_column], [b_row, b_column]) = (op.strides_a(), op.strides_b());
    Kernel {
        shader: "fused/matmul",
        entry: "multiply",
        constants: constants([
            ("ROWS", op.rows),
            ("COLUMNS", op.columns),
            ("INNER", op.inner),
            ("A_ROW", a_row),
            ("A_COLUMN", a_column),
            ("B_ROW", b_row),
            ("B_COLUMN", b_column),
            ("SLICE", op.inner.div_ceil(slices).next_multiple_of(4)),
        ]),
        operands: vec![operand("a", op.a), operand("b", op.b), operand("y", y)],
        grid: Grid::workgroups(&[(op.columns, Some("TILE_COLUMNS")), (op.rows, Some("TILE_ROWS")), (slices, None)]),
    }
}
