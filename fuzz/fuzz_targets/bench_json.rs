//! `bench.json`, and what `bench --compare` makes of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stridelab::analysis::{comparable, compare};
use stridelab::model::Configuration;
use stridelab::record::{BenchRecord, from_json, to_json};
use stridelab::report::text::comparison_table;

fuzz_target!(|data: &[u8]| match from_json::<BenchRecord>(data) {
    Ok(bench) => {
        let text = to_json(&bench).expect("what was read can be written");
        assert_eq!(from_json::<BenchRecord>(text.as_bytes()).as_ref(), Ok(&bench));
        if let Err(error) = comparable(&Configuration::TUTORIAL, &[64], &bench.measured) {
            assert!(!error.to_string().contains('\n'), "{error}");
        }
        comparison_table(&compare(&bench.measured, &bench.measured), false);
    }
    Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
});
