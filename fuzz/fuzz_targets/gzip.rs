//! A data set of which one file is gzipped: the first byte of the input says which, the rest is the gzip file. Half of
//! the mutations are made inside: unpacked, changed and packed again, so that they pass the checksum.
#![no_main]

#[path = "../small.rs"]
mod small;

use std::io::{Read, Write};

use flate2::Compression;
use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

/// Most bytes that are unpacked to be changed.
const MOST: usize = 4096;

fuzz_target!(|data: &[u8]| {
    if let Some((&choice, file)) = data.split_first() {
        small::read_with(usize::from(choice) % 4, file);
    }
});

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed % 2 == 0 {
        return fuzzer_mutate(data, size, max_size);
    }
    let mut inside = Vec::new();
    if size > 1 && MultiGzDecoder::new(&data[1..size]).take(MOST as u64).read_to_end(&mut inside).is_err() {
        inside.clear();
    }
    let len = inside.len();
    inside.resize(MOST, 0);
    let len = fuzzer_mutate(&mut inside, len, MOST);
    // One member or two, stored or deflated.
    let middle = if seed % 8 < 4 { len } else { (seed as usize / 8) % (len + 1) };
    let level = Compression::new(seed / 2 % 2 * 6);
    let mut packed = vec![if size > 0 { data[0] } else { 0 }];
    for part in [&inside[..middle], &inside[middle..len]] {
        let mut encoder = GzEncoder::new(&mut packed, level);
        encoder.write_all(part).and_then(|()| encoder.finish().map(|_| ())).expect("memory");
    }
    let size = packed.len().min(max_size);
    data[..size].copy_from_slice(&packed[..size]);
    size
});
