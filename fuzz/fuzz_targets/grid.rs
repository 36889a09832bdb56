//! `--grid` files, and the names of what they make.
#![no_main]

use libfuzzer_sys::fuzz_target;
use stridelab::model::Configuration;
use stridelab::store::grid_from_text;

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    match grid_from_text("grid.toml", &text) {
        Ok(grid) => {
            let configurations = grid.configurations().expect("the reader has looked");
            for configuration in configurations {
                for name in [configuration.to_string(), configuration.slug()] {
                    assert_eq!(name.parse::<Configuration>().as_ref(), Ok(&configuration));
                }
            }
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
    if let Ok(configuration) = text.parse::<Configuration>() {
        assert_eq!(configuration.slug().parse::<Configuration>(), Ok(configuration));
    }
});
