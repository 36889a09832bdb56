//! `metrics.csv`, `steps.csv` and `shapes.csv`: the first byte says which.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stridelab::record::{EpochRow, Row, ShapeRow, StepRow};
use stridelab::store::rows_from_bytes;

fuzz_target!(|data: &[u8]| {
    let Some((&choice, file)) = data.split_first() else { return };
    match choice % 3 {
        0 => read::<EpochRow>(file),
        1 => read::<StepRow>(file),
        _ => read::<ShapeRow>(file),
    }
});

fn read<R: Row>(file: &[u8]) {
    if let Err(error) = rows_from_bytes::<R>("fuzz", file) {
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}
