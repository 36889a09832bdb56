//! The module that the copy of the crate is given: it knows which change is in force.

/// What the changed files call, as a module of the crate.
pub const MODULE: &str = r#"
#[doc(hidden)]
#[allow(missing_docs)]
pub mod mutation {
    use std::ops::{Range, RangeFrom, RangeFull, RangeTo};
    use std::sync::LazyLock;

    static ACTIVE: LazyLock<u32> =
        LazyLock::new(|| std::env::var("STRIDELAB_MUTANT").map_or(0, |text| text.parse().expect("a number")));

    #[inline]
    pub fn on(number: u32) -> bool {
        *ACTIVE == number
    }

    pub trait Shift: Sized {
        fn shift(self) -> Self;
    }
    impl Shift for usize {
        fn shift(self) -> usize {
            self + 1
        }
    }
    impl Shift for Range<usize> {
        fn shift(self) -> Self {
            self.start + 1..self.end + 1
        }
    }
    impl Shift for RangeFrom<usize> {
        fn shift(self) -> Self {
            self.start + 1..
        }
    }
    impl Shift for RangeTo<usize> {
        fn shift(self) -> Self {
            ..self.end + 1
        }
    }
    impl Shift for RangeFull {
        fn shift(self) -> Self {
            self
        }
    }

    #[inline]
    pub fn index<T: Shift>(index: T, number: u32) -> T {
        if on(number) { index.shift() } else { index }
    }
}
"#;
