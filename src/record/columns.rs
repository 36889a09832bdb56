//! How a row's model stands in a CSV file: as the first columns, `stride, padding, kernel, pool, head, crop, seed`.
//!
//! Every file has all of these columns, whatever its networks are, so that files of different runs can be joined. A
//! reader takes the tutorial's value for one of `kernel, pool, head, crop` that a file does not have.
//!
//! A row type holds one [`ModelId`](crate::model::ModelId) (or one configuration), its file has a column for each of
//! its parts. The macro writes the struct of those columns and the conversions both ways, so that the same code
//! writes and reads.

/// A CSV file's row type.
pub trait Row: serde::Serialize + serde::de::DeserializeOwned {
    /// Names of the columns, in order; a file without rows has them too.
    const COLUMNS: &'static [&'static str];
}

/// Columns that a file may lack: its networks are as in the tutorial there.
pub const OPTIONAL_COLUMNS: [&str; 4] = ["kernel", "pool", "head", "crop"];

/// `row!(EpochRow { model } epoch: u32, …)` for a row with a model, `row!(ShapeRow { configuration } …)` for one
/// that does not depend on a seed.
macro_rules! row {
    ($row:ident { model } $($field:ident: $type:ty),* $(,)?) => {
        $crate::record::columns::row!(@columns $row [seed: u64] $($field: $type),*);

        impl From<$row> for Columns {
            fn from(row: $row) -> Self {
                let $crate::model::ModelId { configuration, seed } = row.model;
                let $crate::model::Configuration { strides, padding, kernel, pool, head, crop } = configuration;
                Columns { stride: strides, padding, kernel, pool, head, crop, seed, $($field: row.$field),* }
            }
        }

        impl From<Columns> for $row {
            fn from(columns: Columns) -> Self {
                let Columns { stride: strides, padding, kernel, pool, head, crop, seed, $($field),* } = columns;
                let configuration = $crate::model::Configuration { strides, padding, kernel, pool, head, crop };
                $row { model: $crate::model::ModelId { configuration, seed }, $($field),* }
            }
        }
    };
    ($row:ident { configuration } $($field:ident: $type:ty),* $(,)?) => {
        $crate::record::columns::row!(@columns $row [] $($field: $type),*);

        impl From<$row> for Columns {
            fn from(row: $row) -> Self {
                let $crate::model::Configuration { strides, padding, kernel, pool, head, crop } = row.configuration;
                Columns { stride: strides, padding, kernel, pool, head, crop, $($field: row.$field),* }
            }
        }

        impl From<Columns> for $row {
            fn from(columns: Columns) -> Self {
                let Columns { stride: strides, padding, kernel, pool, head, crop, $($field),* } = columns;
                $row { configuration: $crate::model::Configuration { strides, padding, kernel, pool, head, crop }, $($field),* }
            }
        }
    };
    (@columns $row:ident [$($seed:ident: $number:ty)?] $($field:ident: $type:ty),*) => {
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        struct Columns {
            stride: $crate::model::Strides,
            padding: $crate::model::geometry::Padding,
            #[serde(default = "crate::model::configuration::tutorial_kernel")]
            kernel: usize,
            #[serde(default)]
            pool: $crate::model::Pooling,
            #[serde(default)]
            head: $crate::model::Head,
            #[serde(default)]
            crop: usize,
            $($seed: $number,)?
            $($field: $type,)*
        }

        impl $crate::record::Row for $row {
            const COLUMNS: &'static [&'static str] =
                &["stride", "padding", "kernel", "pool", "head", "crop", $(stringify!($seed),)? $(stringify!($field)),*];
        }
    };
}

pub(super) use row;
