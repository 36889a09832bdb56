//! The shape of a workgroup's tile.

use crate::gpu::shaders::constant;
use crate::gpu::tuning::Tuning;

/// Rows and columns of a matrix product that a workgroup computes; each invocation computes 4 × 4.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    pub rows: usize,
    pub columns: usize,
}

impl Tile {
    /// The tile that the tuning asks for.
    pub(super) fn of(tuning: &Tuning) -> Self {
        Tile { rows: tuning.tile_rows, columns: tuning.tile_columns }
    }

    /// The tile of as many elements that is 32 columns wide.
    pub(super) fn narrow(self) -> Self {
        Tile { rows: self.rows * self.columns / 32, columns: 32 }
    }

    /// Tiles of a product of so many rows and columns.
    pub(super) fn count(self, rows: usize, columns: usize) -> usize {
        rows.div_ceil(self.rows) * columns.div_ceil(self.columns)
    }

    /// Invocations of a workgroup.
    pub(super) fn invocations(self) -> usize {
        self.rows * self.columns / 16
    }

    /// Vectors of workgroup memory: two steps of both factors, a row of each a vector longer than it need be.
    fn shared(self, shader: &str) -> usize {
        2 * constant(shader, "STEP") * (self.rows / 4 + 1 + self.columns / 4 + 1)
    }
}

/// The constants of a shader that works by these tiles, which have as many elements each.
pub(super) fn constants(shader: &str, tiles: &[Tile]) -> [(&'static str, f64); 2] {
    let most = |of: &dyn Fn(Tile) -> usize| tiles.iter().map(|&tile| of(tile)).max().unwrap_or_default() as f64;
    [("WORKGROUP", most(&|tile| tile.invocations())), ("SHARED", most(&|tile| tile.shared(shader)))]
}
