//! From a kernel's elements to the workgroups of its dispatch.

/// Most rows of workgroups: WebGPU's default limit, which every adapter grants.
const MAX_ROWS: u64 = 65_535;

/// One axis of what a kernel computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TiledExtent {
    /// Elements along the axis.
    pub len: usize,
    /// The shader's constant that says how many of them one unit of the grid computes; without it, one.
    pub tile: Option<&'static str>,
}

impl TiledExtent {
    /// An axis of which a unit computes one element.
    pub(crate) fn of(len: usize) -> Self {
        TiledExtent { len, tile: None }
    }

    /// An axis of which a unit computes a tile.
    pub(crate) fn tiled(len: usize, tile: &'static str) -> Self {
        TiledExtent { len, tile: Some(tile) }
    }
}

/// Who computes one tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Invocation,
    Workgroup,
}

/// How much a kernel computes: the product of its extents, each divided (rounding up) by its tile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Grid {
    /// The first axis varies fastest, as in the shader's decoding of its invocation's number.
    extents: Vec<TiledExtent>,
    unit: Unit,
}

impl Grid {
    /// One invocation per element.
    pub(crate) fn elements(n: usize) -> Self {
        Grid::tiles(&[TiledExtent::of(n)])
    }

    /// One invocation per tile.
    pub(crate) fn tiles(extents: &[TiledExtent]) -> Self {
        Grid { extents: extents.to_vec(), unit: Unit::Invocation }
    }

    /// One workgroup per tile.
    pub(crate) fn workgroups(extents: &[TiledExtent]) -> Self {
        Grid { extents: extents.to_vec(), unit: Unit::Workgroup }
    }

    /// The workgroups to dispatch. This is the only place where invocations become workgroups. `constant` is
    /// the value of a constant of the shader, `workgroup` the number of invocations of its workgroup, `row` the most
    /// workgroups of a row, as far as possible. The last row may have more of them than there are tiles.
    pub(crate) fn groups(
        &self,
        constant: impl Fn(&str) -> u32,
        workgroup: u32,
        replicas: usize,
        row: usize,
    ) -> [u32; 3] {
        let tiles = self.extents.iter().map(|extent| {
            let tile = extent.tile.map_or(1, &constant);
            extent.len.div_ceil(tile as usize) as u64
        });
        let units: u64 = tiles.product();
        let groups = match self.unit {
            Unit::Invocation => units.div_ceil(u64::from(workgroup)),
            Unit::Workgroup => units,
        };
        let x = groups.min(row as u64).max(groups.div_ceil(MAX_ROWS));
        [x as u32, groups.div_ceil(x) as u32, replicas as u32]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_cover_all_workgroups() {
        let groups = |n, row| Grid::elements(n).groups(|_| 1, 64, 2, row);
        assert_eq!(groups(64 * 65_535, 65_535), [65_535, 1, 2]);
        assert_eq!(groups(64 * 65_535 + 1, 65_535), [65_535, 2, 2]);
        assert_eq!(groups(1, 3), [1, 1, 2]);
        assert_eq!(groups(64 * 10, 3), [3, 4, 2]);
        assert_eq!(groups(64 * 65_536 * 3, 1), [4, 49_152, 2], "not more rows than there may be");
    }
}
