//! The matrices of minimal filtering: two outputs of a kernel with three taps along one axis.
//!
//! From the kernel `g` and the input patch `d`, the outputs are `y = Aᵀ[(G g) ⊙ (Bᵀ d)]`.
//!
//! Along an axis of stride 1 this is F(2, 3), with 4 products for 2 outputs × 3 taps:
//!
//! - `Bᵀ = [1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1]`
//! - `G = [1 0 0; ½ ½ ½; ½ −½ ½; 0 0 1]`
//! - `Aᵀ = [1 1 1 0; 0 1 −1 −1]`
//!
//! At stride 2 the outputs are `y_i = Σ_k d_{2i+k} g_k`. The kernel's outer taps meet only even pixels, which is
//! F(2, 2), with 3 products, and its middle tap meets only odd pixels, with 2 products. The products of the even
//! pixels come first:
//!
//! - `Bᵀ = [1 0 −1 0 0; 0 0 1 0 0; 0 0 1 0 −1; 0 1 0 0 0; 0 0 0 1 0]`
//! - `G = [1 0 0; 1 0 1; 0 0 1; 0 1 0; 0 1 0]`
//! - `Aᵀ = [1 1 0 1 0; 0 1 −1 0 1]`
//!
//! Sources: Winograd, Arithmetic Complexity of Computations, 1980, for F(2, 2) and F(2, 3); Lavin and Gray,
//! Fast Algorithms for Convolutional Neural Networks, 2016, section 4.1, for F(2×2, 3×3).

use pulp::{Simd, WithSimd};

use crate::model::geometry::ConvShape;

/// Distinct rows of `G`. At stride 2 the last row equals the one before and is left out.
pub(super) const WEIGHTS: usize = 4;

/// Pixels that a window of two outputs reads along an axis of this stride. At strides 1 and 2 this is also the
/// number of products, the "points" of minimal filtering.
pub(super) const fn points(stride: usize) -> usize {
    stride + 3
}

/// Whether minimal filtering is implemented for a convolution's strides: 1 and 2.
pub(super) fn fits(conv: &ConvShape) -> bool {
    conv.stride.iter().all(|stride| [1, 2].contains(stride))
}

/// The first [`WEIGHTS`] rows of `G v` along an axis of stride `T`.
#[inline(always)]
pub(super) fn g<S: Simd, const T: usize>(simd: S, [a, b, c]: [S::f32s; 3]) -> [S::f32s; WEIGHTS] {
    if T == 2 {
        return [a, simd.add_f32s(a, c), c, b];
    }
    let half = simd.splat_f32s(0.5);
    let outer = simd.mul_f32s(half, simd.add_f32s(a, c));
    let middle = simd.mul_f32s(half, b);
    [a, simd.add_f32s(outer, middle), simd.sub_f32s(outer, middle), c]
}

/// `Bᵀ v` along an axis of stride `T`. At stride 1 the fifth element means nothing.
#[inline(always)]
pub(super) fn bt<S: Simd, const T: usize>(simd: S, [a, b, c, d, e]: [S::f32s; 5]) -> [S::f32s; 5] {
    if T == 2 {
        return [simd.sub_f32s(a, c), c, simd.sub_f32s(c, e), b, d];
    }
    [simd.sub_f32s(a, c), simd.add_f32s(b, c), simd.sub_f32s(c, b), simd.sub_f32s(b, d), e]
}

/// `Aᵀ v` along an axis of stride `T`. At stride 1 the fifth element is not read.
#[inline(always)]
pub(super) fn at<S: Simd, const T: usize>(simd: S, [a, b, c, d, e]: [S::f32s; 5]) -> [S::f32s; 2] {
    if T == 2 {
        return [simd.add_f32s(simd.add_f32s(a, b), d), simd.add_f32s(simd.sub_f32s(b, c), e)];
    }
    [simd.add_f32s(simd.add_f32s(a, b), c), simd.sub_f32s(simd.sub_f32s(b, c), d)]
}

/// A kernel that is compiled for the strides of a convolution: `D` down, `R` to the right.
pub(super) trait StridedKernel: Sized {
    fn run<S: Simd, const D: usize, const R: usize>(self, simd: S);
}

/// Runs a kernel at the given strides, each of which is 1 or 2.
pub(super) struct AtStrides<K> {
    pub strides: [usize; 2],
    pub kernel: K,
}

impl<K: StridedKernel> WithSimd for AtStrides<K> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.strides {
            [1, 1] => self.kernel.run::<S, 1, 1>(simd),
            [1, _] => self.kernel.run::<S, 1, 2>(simd),
            [_, 1] => self.kernel.run::<S, 2, 1>(simd),
            _ => self.kernel.run::<S, 2, 2>(simd),
        }
    }
}
