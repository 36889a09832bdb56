//! The networks that are trained: shapes, configurations, layers, initial weights, tensors and weights files.

mod choices;
pub mod configuration;
pub mod geometry;
mod grid;
pub mod init;
mod model_id;
pub mod network;
mod possible;
mod strides;
pub mod tensor;
pub mod weights;

pub use choices::{Head, Pooling};
pub use configuration::{Configuration, Convolution};
pub use grid::{ConfigurationGrid, MOST_CONFIGURATIONS};
pub use model_id::ModelId;
pub use network::Network;
pub use possible::{LeftOut, MOST_SIDE, Possible, possible};
pub use strides::Strides;
