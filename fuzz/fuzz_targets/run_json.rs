//! `run.json`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stridelab::record::{RunRecord, from_json, to_json};

fuzz_target!(|data: &[u8]| match from_json::<RunRecord>(data) {
    Ok(run) => {
        let text = to_json(&run).expect("what was read can be written");
        assert_eq!(from_json::<RunRecord>(text.as_bytes()).as_ref(), Ok(&run));
    }
    Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
});
