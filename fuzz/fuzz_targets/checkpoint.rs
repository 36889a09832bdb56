//! A checkpoint, whose hash is made right so that what follows is reached.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};
use stridelab::store::{checkpoint_from_bytes, checkpoint_to_bytes};

fuzz_target!(|data: &[u8]| {
    read(data);
    const BEFORE: &[u8] = b"\"sha256\":\"";
    let Some(at) = data.windows(BEFORE.len()).position(|window| window == BEFORE) else { return };
    let (start, end) = (at + BEFORE.len(), at + BEFORE.len() + 64);
    if end > data.len() {
        return;
    }
    let mut data = data.to_vec();
    data[start..end].fill(b'0');
    let hash: String = Sha256::digest(&data).iter().map(|byte| format!("{byte:02x}")).collect();
    data[start..end].copy_from_slice(hash.as_bytes());
    read(&data);
});

fn read(data: &[u8]) {
    match checkpoint_from_bytes("fuzz", data) {
        Ok(checkpoint) => {
            let written = checkpoint_to_bytes(&checkpoint).expect("what was read can be written");
            let again = checkpoint_from_bytes("again", &written).expect("what was written can be read");
            assert_eq!((again.head, again.predicted), (checkpoint.head, checkpoint.predicted));
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
