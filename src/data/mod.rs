//! Training and test data: checked, decoded in memory, the same for the embedded copy, a directory
//! and a browser.

mod idx;
mod mnist;
#[cfg(feature = "files")]
mod open;
mod order;

pub use mnist::{Dataset, FILES, Split};
pub use order::order;
