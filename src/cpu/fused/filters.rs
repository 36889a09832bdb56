//! The matrices of minimal filtering, two outputs of a kernel of three along an axis: the patch is `Bᵀ d`,
//! the kernel `G g`, their products give `Aᵀ m`.
//!
//! Along an axis of stride 1 this is F(2, 3):
//! `Bᵀ = [1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1]`, `G = [1 0 0; ½ ½ ½; ½ −½ ½; 0 0 1]`,
//! `Aᵀ = [1 1 1 0; 0 1 −1 −1]`.
//! At stride 2 the kernel's ends meet only even pixels, which is F(2, 2), and its middle only odd ones; the
//! even pixels' three products come first, then the odd ones' two:
//! `Bᵀ = [1 0 −1 0 0; 0 0 1 0 0; 0 0 1 0 −1; 0 1 0 0 0; 0 0 0 1 0]`,
//! `G = [1 0 0; 1 0 1; 0 0 1; 0 1 0; 0 1 0]`, `Aᵀ = [1 1 0 1 0; 0 1 −1 0 1]`.
//!
//! Sources: Winograd, Arithmetic Complexity of Computations, 1980, for F(2, 2) and F(2, 3); Lavin and Gray,
//! Fast Algorithms for Convolutional Neural Networks, 2016, section 4.1, for F(2×2, 3×3). That stride 2 splits
//! into even and odd pixels follows from `y_i = Σ_k d_{2i+k} g_k`.

use pulp::{Simd, WithSimd};

use crate::model::geometry::ConvShape;

/// Products along an axis that differ in their weights: at stride 2 the last two share them.
pub const WEIGHTS: usize = 4;

/// Pixels that a 2×2 block of outputs reads along an axis of this stride; at strides 1 and 2 also its
/// products.
pub const fn points(stride: usize) -> usize {
    stride + 3
}

/// `G v` along an axis of stride `T`, without the last row of stride 2, which is the one before.
#[inline(always)]
pub fn g<S: Simd, const T: usize>(simd: S, [a, b, c]: [S::f32s; 3]) -> [S::f32s; WEIGHTS] {
    if T == 2 {
        return [a, simd.add_f32s(a, c), c, b];
    }
    let half = simd.splat_f32s(0.5);
    let (ends, middle) = (simd.mul_f32s(half, simd.add_f32s(a, c)), simd.mul_f32s(half, b));
    [a, simd.add_f32s(ends, middle), simd.sub_f32s(ends, middle), c]
}

/// `Bᵀ v`; the fifth is there at stride 2 only.
#[inline(always)]
pub fn bt<S: Simd, const T: usize>(simd: S, [a, b, c, d, e]: [S::f32s; 5]) -> [S::f32s; 5] {
    if T == 2 {
        return [simd.sub_f32s(a, c), c, simd.sub_f32s(c, e), b, d];
    }
    [simd.sub_f32s(a, c), simd.add_f32s(b, c), simd.sub_f32s(c, b), simd.sub_f32s(b, d), e]
}

/// `Aᵀ v`
#[inline(always)]
pub fn at<S: Simd, const T: usize>(simd: S, [a, b, c, d, e]: [S::f32s; 5]) -> [S::f32s; 2] {
    if T == 2 {
        return [simd.add_f32s(simd.add_f32s(a, b), d), simd.add_f32s(simd.sub_f32s(b, c), e)];
    }
    [simd.add_f32s(simd.add_f32s(a, b), c), simd.sub_f32s(simd.sub_f32s(b, c), d)]
}

/// A kernel for the strides of a convolution, down and right.
pub trait Strided: Sized {
    type Output;

    fn run<S: Simd, const D: usize, const R: usize>(self, simd: S) -> Self::Output;
}

/// Runs a kernel for the strides that it is given.
pub struct At<K>(pub [usize; 2], pub K);

impl<K: Strided> WithSimd for At<K> {
    type Output = K::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> K::Output {
        match self.0 {
            [1, 1] => self.1.run::<S, 1, 1>(simd),
            [1, _] => self.1.run::<S, 1, 2>(simd),
            [_, 1] => self.1.run::<S, 2, 1>(simd),
            _ => self.1.run::<S, 2, 2>(simd),
        }
    }
}

/// Whether a convolution's strides are among those that are filtered.
pub fn fits(conv: &ConvShape) -> bool {
    conv.stride.iter().all(|stride| [1, 2].contains(stride))
}
