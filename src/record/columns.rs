//! How a row's model stands in a CSV file: as the first columns, `stride, padding, seed`.
//!
//! A row type holds one [`ModelId`](crate::model::ModelId) (or one configuration), its file has a column for each of
//! its parts. The macro writes the struct of those columns and the conversions both ways, so that the same code
//! writes and reads.

/// A CSV file's row type.
pub trait Row: serde::Serialize + serde::de::DeserializeOwned {
    /// Names of the columns, in order; a file without rows has them too.
    const COLUMNS: &'static [&'static str];
}

/// `row!(EpochRow { model } epoch: u32, …)` for a row with a model, `row!(ShapeRow { configuration } …)` for one
/// that does not depend on a seed.
macro_rules! row {
    ($row:ident { model } $($field:ident: $type:ty),* $(,)?) => {
        $crate::record::columns::row!(@columns $row [seed: u64] $($field: $type),*);

        impl From<$row> for Columns {
            fn from(row: $row) -> Self {
                let $crate::model::ModelId { configuration, seed } = row.model;
                let $crate::model::Configuration { strides, padding, kernel, head } = configuration;
                Columns { stride: strides, padding, kernel, head, seed, $($field: row.$field),* }
            }
        }

        impl From<Columns> for $row {
            fn from(columns: Columns) -> Self {
                let Columns { stride: strides, padding, kernel, head, seed, $($field),* } = columns;
                let configuration = $crate::model::Configuration { strides, padding, kernel, head };
                $row { model: $crate::model::ModelId { configuration, seed }, $($field),* }
            }
        }
    };
    ($row:ident { configuration } $($field:ident: $type:ty),* $(,)?) => {
        $crate::record::columns::row!(@columns $row [] $($field: $type),*);

        impl From<$row> for Columns {
            fn from(row: $row) -> Self {
                let $crate::model::Configuration { strides, padding, kernel, head } = row.configuration;
                Columns { stride: strides, padding, kernel, head, $($field: row.$field),* }
            }
        }

        impl From<Columns> for $row {
            fn from(columns: Columns) -> Self {
                let Columns { stride: strides, padding, kernel, head, $($field),* } = columns;
                $row { configuration: $crate::model::Configuration { strides, padding, kernel, head }, $($field),* }
            }
        }
    };
    (@columns $row:ident [$($seed:ident: $number:ty)?] $($field:ident: $type:ty),*) => {
        #[derive(Clone, serde::Serialize, serde::Deserialize)]
        struct Columns {
            stride: $crate::model::Strides,
            padding: $crate::model::geometry::Padding,
            // Columns of their own would stand empty in every file of the tutorial's networks.
            #[serde(default = "crate::model::configuration::tutorial_kernel")]
            #[serde(skip_serializing_if = "crate::model::configuration::is_tutorial_kernel")]
            kernel: usize,
            #[serde(default, skip_serializing_if = "crate::model::Head::is_tutorial")]
            head: $crate::model::Head,
            $($seed: $number,)?
            $($field: $type,)*
        }

        impl $crate::record::Row for $row {
            const COLUMNS: &'static [&'static str] =
                &["stride", "padding", $(stringify!($seed),)? $(stringify!($field)),*];
        }
    };
}

pub(super) use row;
