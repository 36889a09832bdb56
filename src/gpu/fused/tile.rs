//! The shapes of workgroups' tiles. None changes the order of a sum.

use crate::gpu::kernels::sizes;
use crate::gpu::tuning::{TILE_CANDIDATES, Tuning};

/// Rows and columns of a matrix product that a workgroup computes, and how many 4 × 4 blocks of them an invocation
/// does: the more, the fewer numbers it reads of workgroup memory for each product, and the fewer invocations there
/// are to hide its waiting behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    pub rows: usize,
    pub columns: usize,
    pub high: usize,
    pub wide: usize,
}

/// The tiles of a shader's products, of as many invocations each, and the terms of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tiles {
    /// Of products as wide as the output channels.
    pub wide: Tile,
    /// Of the input's gradient, which is as wide as the input channels.
    pub narrow: Tile,
    pub step: usize,
}

const fn tile(rows: usize, columns: usize, high: usize, wide: usize) -> Tile {
    Tile { rows, columns, high, wide }
}

const fn tiles(wide: Tile, narrow: Tile, step: usize) -> Tiles {
    Tiles { wide, narrow, step }
}

/// What there is to choose from. Each takes at most 16 KiB of workgroup memory and 256 invocations, as all of
/// WebGPU's adapters grant.
const CANDIDATES: [Tiles; TILE_CANDIDATES] = [
    tiles(tile(32, 64, 1, 1), tile(64, 32, 1, 1), 16),
    tiles(tile(32, 64, 2, 1), tile(64, 32, 2, 1), 16),
    tiles(tile(64, 64, 2, 2), tile(64, 32, 2, 1), 8),
    tiles(tile(96, 64, 2, 2), tile(96, 32, 2, 1), 8),
    tiles(tile(64, 64, 2, 1), tile(128, 32, 2, 1), 8),
    tiles(tile(16, 64, 1, 1), tile(32, 32, 1, 1), 16),
];

impl Tile {
    /// Tiles of a product of so many rows and columns.
    pub(super) fn count(self, rows: usize, columns: usize) -> usize {
        rows.div_ceil(self.rows) * columns.div_ceil(self.columns)
    }

    fn invocations(self) -> usize {
        self.rows * self.columns / (16 * self.high * self.wide)
    }

    /// Vectors of workgroup memory: two steps of both factors, a row of each a vector longer than it need be. By whole
    /// vectors a factor may lie along the terms as well.
    fn shared(self, step: usize, whole_vectors: bool) -> usize {
        let along_terms = |len: usize| if whole_vectors { len * (step / 4 + 1) } else { 0 };
        let factor = |len: usize| (step * (len / 4 + 1)).max(along_terms(len));
        2 * (factor(self.rows) + factor(self.columns))
    }
}

impl Tiles {
    /// The tiles of dense layers, which have few rows.
    pub(super) fn dense() -> Self {
        CANDIDATES[0]
    }

    /// The tiles of a convolution of which there would be so many of the small kind: large ones where these fill the
    /// device as well.
    pub(super) fn forward(tuning: &Tuning, small_tiles: usize) -> Self {
        let large = small_tiles >= tuning.large_from;
        CANDIDATES[if large { tuning.large_forward_tile } else { tuning.forward_tile }]
    }

    /// The same for its gradients.
    pub(super) fn backward(tuning: &Tuning, small_tiles: usize) -> Self {
        let large = small_tiles >= tuning.large_from;
        CANDIDATES[if large { tuning.large_backward_tile } else { tuning.backward_tile }]
    }

    /// Invocations of a workgroup.
    pub(super) fn invocations(self) -> usize {
        self.wide.invocations()
    }

    /// The constants that every shader of such products has.
    pub(super) fn constants(self, tuning: &Tuning) -> Vec<(&'static str, f64)> {
        let whole_vectors = tuning.whole_vectors == 1;
        let shared = self.wide.shared(self.step, whole_vectors).max(self.narrow.shared(self.step, whole_vectors));
        sizes([
            ("WORKGROUP", self.invocations()),
            ("SHARED", shared),
            ("STEP", self.step),
            ("WHOLE_VECTORS", tuning.whole_vectors),
        ])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_candidate_runs_on_webgpus_core() {
        for tiles in CANDIDATES {
            let Tiles { wide, narrow, step } = tiles;
            assert_eq!(wide.invocations(), narrow.invocations(), "{tiles:?}");
            assert_eq!(narrow.wide, 1, "{tiles:?}: shaders/tiled/conv_pool_backward.wgsl stores one block of columns");
            assert!((32..=256).contains(&wide.invocations()), "{tiles:?}");
            for tile in [wide, narrow] {
                assert!(
                    16 * tile.shared(step, true) <= 16 << 10,
                    "{tile:?} takes {} bytes",
                    16 * tile.shared(step, true)
                );
                // An invocation fetches at most four vectors of a factor's step.
                assert!(tile.rows.max(tile.columns) * step / 4 <= 4 * tile.invocations(), "{tile:?}");
                // Thirty-two neighbours fill whole rows of blocks.
                let across = tile.columns / (4 * tile.wide);
                assert_eq!(tile.rows / (4 * tile.high) % (32 / across.min(8)), 0, "{tile:?}");
            }
        }
    }
}
