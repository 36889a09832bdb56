//! Gradients of [`super::conv_pool`], from the pooled gradient and each window's winner.
//!
//! At most one of a window's four convolution outputs has a gradient, and none where ReLU cut: for
//! each image and output channel the windows that have one are listed first, and only these are
//! multiplied. A list walks over one channel's kernel, whose weights, or sums of gradients, stay in
//! the registers.

use pulp::{Arch, Simd, WithSimd};

use super::images::Padded;
use crate::cpu::aligned::Aligned;
use crate::geometry::{ConvShape, PoolShape};

/// Images of one task: the partial sums of tasks are added in order, whatever the number of threads.
pub const IMAGES: usize = 4;

/// The tensors of a backward pass; `dx` may be empty, where nobody asks for it.
pub struct Tensors<'a> {
    pub x: &'a [f32],
    pub w: &'a [f32],
    pub y: &'a [f32],
    pub argmax: &'a [u32],
    pub dy: &'a [f32],
    pub dx: &'a mut [f32],
    pub dw: &'a mut [f32],
    pub db: &'a mut [f32],
}

/// Memory that a plan's steps share.
#[derive(Default)]
pub struct Scratch {
    /// Weights as `[O, kh, kw, C]`.
    transposed: Aligned,
    /// `dw` as `[O, kh, kw, C]` and `db`, one of each a task.
    pub(super) partial: Aligned,
}

/// A window of one channel with a gradient: where the patch it read starts, and the gradient.
type Entry = (u32, f32);

/// `dw`, `db` and `dx` of convolution, bias, ReLU and pooling.
pub fn backward(arch: Arch, (conv, pool): (&ConvShape, &PoolShape), tensors: Tensors<'_>, scratch: &mut Scratch) {
    let Tensors { x, w, y, argmax, dy, dx, dw, db } = tensors;
    let (co, patch) = (conv.out_channels, conv.kernel[0] * conv.kernel[1] * conv.in_channels);
    let padded = Padded::new(conv);
    let tasks = (dy.len() / pool.output_len()).div_ceil(IMAGES);
    let width = co * (patch + 1);
    scratch.partial.resize(tasks * width);
    scratch.transposed.resize(w.len());
    transpose(w, co, scratch.transposed.as_mut_slice());
    let transposed = scratch.transposed.as_slice();
    let run = |task: usize, partial: &mut [f32], dx: &mut [f32]| {
        let images = |len: usize, all: usize| (task * IMAGES * len).min(all)..((task + 1) * IMAGES * len).min(all);
        let outputs = images(pool.output_len(), dy.len());
        partial.fill(0.0);
        let (dw, db) = partial.split_at_mut(co * patch);
        let task = Task {
            conv,
            pool,
            padded: &padded,
            x: &x[images(conv.input_len(), x.len())],
            w: transposed,
            y: &y[outputs.clone()],
            argmax: &argmax[outputs.clone()],
            dy: &dy[outputs],
            dx,
            dw,
            db,
        };
        arch.dispatch(task);
    };
    let partials = &mut scratch.partial.as_mut_slice::<f32>()[..tasks * width];
    if dx.is_empty() {
        crate::cpu::for_each_chunk(partials, width, |task, partial| run(task, partial, &mut []));
    } else {
        crate::cpu::for_each_two(partials, width, dx, conv.input_len() * IMAGES, run);
    }
    // Tasks in order, then back to `[kh, kw, C, O]`.
    let (sums, others) = scratch.partial.as_mut_slice::<f32>().split_at_mut(width);
    for partial in others.chunks_exact(width) {
        sums.iter_mut().zip(partial).for_each(|(sum, &part)| *sum += part);
    }
    let (sums, biases) = sums.split_at(co * patch);
    db.copy_from_slice(biases);
    transpose(sums, patch, dw);
}

/// `[rows, columns]` to `[columns, rows]`, in blocks that stay in the cache.
fn transpose(from: &[f32], columns: usize, to: &mut [f32]) {
    const BLOCK: usize = 16;
    let rows = from.len() / columns;
    for block in (0..rows).step_by(BLOCK) {
        for column in 0..columns {
            for row in block..(block + BLOCK).min(rows) {
                to[column * rows + row] = from[row * columns + column];
            }
        }
    }
}

struct Task<'a> {
    conv: &'a ConvShape,
    pool: &'a PoolShape,
    padded: &'a Padded,
    x: &'a [f32],
    w: &'a [f32],
    y: &'a [f32],
    argmax: &'a [u32],
    dy: &'a [f32],
    dx: &'a mut [f32],
    dw: &'a mut [f32],
    db: &'a mut [f32],
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let row = self.conv.kernel[1] * self.conv.in_channels / S::F32_LANES;
        match row {
            6 if S::REGISTER_COUNT >= 32 && self.conv.kernel[0] == 3 => images::<S, 3, 6>(simd, self),
            6 => images::<S, 1, 6>(simd, self),
            12 => images::<S, 1, 12>(simd, self),
            24 => images::<S, 1, 24>(simd, self),
            _ => images::<S, 1, 96>(simd, self),
        }
    }
}

/// Every window of an image with a gradient, by channel; returns how many each channel has.
#[inline(always)]
fn list(task: &Task<'_>, n: usize, lists: &mut [Entry], counts: &mut [usize]) {
    let (pool, padded, co) = (task.pool, task.padded, task.conv.out_channels);
    let windows = pool.output[0] * pool.output[1];
    let outputs = n * pool.output_len()..(n + 1) * pool.output_len();
    let (y, argmax, dy) = (&task.y[outputs.clone()], &task.argmax[outputs.clone()], &task.dy[outputs]);
    counts.fill(0);
    for window in 0..windows {
        let (oh, ow) = (window / pool.output[1] * 2, window % pool.output[1] * 2);
        let at = [0, 1, 2, 3].map(|p| (padded.pixel([oh + p / 2, ow + p % 2], [0, 0]) * task.conv.in_channels) as u32);
        let row = window * co..(window + 1) * co;
        let rows = y[row.clone()].iter().zip(&argmax[row.clone()]).zip(&dy[row]);
        for (o, (((&y, &argmax), &dy), count)) in rows.zip(&mut *counts).enumerate() {
            // Written without a branch: whether a window has a gradient is as good as random.
            lists[o * windows + *count] = (at[(argmax & 3) as usize], dy);
            *count += usize::from((y > 0.0 || y.is_nan()) && dy != 0.0);
        }
    }
}

/// `R` rows of a kernel, of `N` vectors each, at a time.
#[inline(always)]
fn images<S: Simd, const R: usize, const N: usize>(simd: S, mut task: Task<'_>) {
    let (conv, padded) = (task.conv, task.padded);
    let (co, patch, row) = (conv.out_channels, task.w.len() / conv.out_channels, padded.row());
    let windows = task.pool.output[0] * task.pool.output[1];
    let (mut image, mut gradient) = (Aligned::new(padded.len()), Aligned::new(padded.len()));
    let (image, gradient) = (image.as_mut_slice::<f32>(), gradient.as_mut_slice::<f32>());
    let (mut lists, mut counts) = (vec![(0, 0.0); co * windows], vec![0; co]);
    let dx = std::mem::take(&mut task.dx);
    for n in 0..task.x.len() / conv.input_len() {
        padded.fill(&task.x[n * conv.input_len()..][..conv.input_len()], image);
        list(&task, n, &mut lists, &mut counts);
        gradient.fill(0.0);
        for o in 0..co {
            let entries = &lists[o * windows..][..counts[o]];
            for &(_, g) in entries {
                task.db[o] += g;
            }
            let w = S::as_simd_f32s(&task.w[o * patch..][..patch]).0;
            let dw = S::as_mut_simd_f32s(&mut task.dw[o * patch..][..patch]).0;
            for first in (0..conv.kernel[0]).step_by(R) {
                let mut sums = [[simd.splat_f32s(0.0); N]; R];
                for r in 0..R {
                    sums[r].copy_from_slice(&dw[(first + r) * N..][..N]);
                }
                for &(at, g) in entries {
                    let g = simd.splat_f32s(g);
                    for r in 0..R {
                        let x = &S::as_simd_f32s(&image[at as usize + (first + r) * row..]).0[..N];
                        for v in 0..N {
                            sums[r][v] = simd.mul_add_f32s(g, x[v], sums[r][v]);
                        }
                    }
                }
                for r in 0..R {
                    dw[(first + r) * N..][..N].copy_from_slice(&sums[r]);
                }
                if dx.is_empty() {
                    continue;
                }
                let mut kernel = [[simd.splat_f32s(0.0); N]; R];
                for r in 0..R {
                    kernel[r].copy_from_slice(&w[(first + r) * N..][..N]);
                }
                for &(at, g) in entries {
                    let g = simd.splat_f32s(g);
                    for r in 0..R {
                        let dx = &mut S::as_mut_simd_f32s(&mut gradient[at as usize + (first + r) * row..]).0[..N];
                        for v in 0..N {
                            dx[v] = simd.mul_add_f32s(g, kernel[r][v], dx[v]);
                        }
                    }
                }
            }
        }
        if !dx.is_empty() {
            padded.extract(gradient, &mut dx[n * conv.input_len()..][..conv.input_len()]);
        }
    }
}
