//! A data set of which one file is the input: the first byte says which.
#![no_main]

#[path = "../small.rs"]
mod small;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some((&choice, file)) = data.split_first() {
        small::read_with(usize::from(choice) % 4, file);
    }
});
