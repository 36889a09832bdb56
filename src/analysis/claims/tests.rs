//! Claims of records whose answers are known.
