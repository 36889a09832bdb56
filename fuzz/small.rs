//! A small sound data set, of which one file is replaced.

use stridelab::data::{Dataset, FILES};
use stridelab::model::network::MOST_CLASSES;

/// Two images of 2×3 with their labels, for training and testing.
const IMAGES: &[u8] = b"\0\0\x08\x03\0\0\0\x02\0\0\0\x02\0\0\0\x03\0\x01\x02\x03\x04\x05\xff\xfe\xfd\xfc\xfb\xfa";
const LABELS: &[u8] = b"\0\0\x08\x01\0\0\0\x02\x07\x09";

/// Reads the set with `file` in the place of the `i`-th of its files. What is accepted is sound.
pub fn read_with(i: usize, file: &[u8]) {
    let mut files = [IMAGES, LABELS, IMAGES, LABELS];
    files[i] = file;
    match Dataset::from_bytes("fuzz", std::array::from_fn(|i| (FILES[i], files[i]))) {
        Ok(set) => {
            match set.classes() {
                Ok(classes) => assert_eq!(set.check_classes(classes), Ok(())),
                Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
            }
            for split in [&set.train, &set.test] {
                split.check([split.height, split.width], MOST_CLASSES).expect("what is accepted is sound");
                assert!(split.count > 0 && split.images.len() == split.count * split.height * split.width);
            }
        }
        Err(error) => assert!(!error.to_string().contains('\n'), "{error}"),
    }
}
