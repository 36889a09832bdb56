//! Training and test data. The same reader checks and decodes the embedded files, those of a directory and
//! those that a browser holds in memory.

#[cfg(feature = "embedded-data")]
mod embedded;
mod gzip;
mod idx;
mod mnist;
mod names;
#[cfg(feature = "files")]
mod open;
mod order;
pub mod photo;
#[cfg(feature = "cli")]
mod picture;
mod transform;

pub use mnist::{Dataset, FILES, Split, crop};
pub use order::order;
#[cfg(feature = "cli")]
pub use picture::{Background, MOST_BYTES, picture};
