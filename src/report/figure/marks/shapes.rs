//! Places in a figure, in the SVG's units: x grows to the right, y grows downwards.

/// A point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// From the left edge.
    pub x: f64,
    /// From the top edge.
    pub y: f64,
}

impl Point {
    /// The point at `x` and `y`.
    pub const fn new(x: f64, y: f64) -> Point {
        Point { x, y }
    }
}

/// A rectangle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rect {
    /// Its left side.
    pub x: f64,
    /// Its upper side.
    pub y: f64,
    /// From its left to its right side.
    pub width: f64,
    /// From its upper to its lower side.
    pub height: f64,
}

impl Rect {
    /// Its right side.
    pub fn right(&self) -> f64 {
        self.x + self.width
    }

    /// Its lower side.
    pub fn bottom(&self) -> f64 {
        self.y + self.height
    }

    /// Halfway between its upper and its lower side.
    pub fn middle(&self) -> f64 {
        self.y + self.height / 2.0
    }
}

/// All values from `low` to `high`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// The least value.
    pub low: f64,
    /// The greatest value.
    pub high: f64,
}

impl Extent {
    /// From `low` to `high`.
    pub const fn new(low: f64, high: f64) -> Extent {
        Extent { low, high }
    }

    /// Whether both ends are.
    pub fn is_finite(&self) -> bool {
        self.low.is_finite() && self.high.is_finite()
    }

    /// From the least to the greatest finite value; `None` where no value is finite.
    pub fn of(values: &[f64]) -> Option<Extent> {
        let finite = values.iter().copied().filter(|v| v.is_finite());
        finite.fold(None, |extent, v| match extent {
            None => Some(Extent::new(v, v)),
            Some(Extent { low, high }) => Some(Extent::new(low.min(v), high.max(v))),
        })
    }
}
