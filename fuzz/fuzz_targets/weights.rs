//! A weights file. After an even first byte the input is the file; after an odd one it is the header, and the elements
//! are zeros, as many as the network's.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use stridelab::model::geometry::Padding;
use stridelab::model::{Configuration, Network, init, weights};

/// A small network.
static NETWORK: LazyLock<Network> =
    LazyLock::new(|| Network::new([12, 12], Configuration::new(2, Padding::Same)).expect("a network"));

static BYTES: LazyLock<usize> =
    LazyLock::new(|| init::parameters(&NETWORK, 0).iter().map(|tensor| 4 * tensor.data.len()).sum());

fuzz_target!(|data: &[u8]| {
    let Some((&choice, input)) = data.split_first() else { return };
    let mut file = Vec::new();
    if choice % 2 == 1 {
        file.extend((input.len() as u64).to_le_bytes());
    }
    file.extend(input);
    if choice % 2 == 1 {
        file.resize(file.len() + *BYTES, 0);
    }
    let metadata = weights::metadata_from_bytes("fuzz", &file);
    match weights::from_bytes("fuzz", &file, &NETWORK) {
        Ok(tensors) => {
            metadata.expect("a sound file has metadata");
            let again = weights::to_bytes(&tensors, &[]);
            assert_eq!(weights::from_bytes("fuzz", &again, &NETWORK).as_ref(), Ok(&tensors));
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
});
