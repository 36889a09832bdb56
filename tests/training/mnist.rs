//! The embedded MNIST, against the specification and an independent reader.

use std::fs;
use std::path::Path;

use crate::common::files::idx;
use crate::common::training::mnist;
use stridelab::data::{Dataset, FILES, Split};

#[test]
fn mnist_is_the_specifications() {
    let set = mnist();
    assert_eq!(set.name, "MNIST");
    assert_eq!(format!("{:?}, {:?}", set.train, set.test), "60000 images of 28×28, 10000 images of 28×28");
    assert_eq!(set.test.labels[0], 7);
    let notice = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/mnist/NOTICE");
    let notice = fs::read_to_string(notice).unwrap();
    for (file, (name, hash)) in FILES.iter().zip(&set.sha256) {
        assert_eq!(file, name);
        assert!(notice.contains(&format!("{hash}  {name}\n")), "NOTICE does not say {hash} of {name}");
    }
}

/// The four plain IDX files, written from the embedded set, are MNIST's own by their hashes, and the `mnist` crate
/// reads the same from them. That crate reads plain files of exactly this size from a disk.
#[test]
fn the_mnist_crate_reads_the_same() {
    let ours = mnist();
    let files = |split: &Split| {
        let [count, height, width] = [split.count, split.height, split.width].map(|n| n as u32);
        [idx(&[count, height, width], &split.images), idx(&[count], &split.labels)]
    };
    let directory = tempfile::tempdir().unwrap();
    for (name, bytes) in FILES.iter().zip([files(&ours.train), files(&ours.test)].concat()) {
        fs::write(directory.path().join(name), bytes).unwrap();
    }
    assert!(Dataset::open(directory.path()).unwrap() == *ours, "the files differ from the embedded set");
    let theirs = mnist::MnistBuilder::new()
        .base_path(directory.path().to_str().unwrap())
        .label_format_digit()
        .training_set_length(60_000)
        .validation_set_length(0)
        .test_set_length(10_000)
        .finalize();
    for (ours, images, labels) in
        [(&ours.train, theirs.trn_img, theirs.trn_lbl), (&ours.test, theirs.tst_img, theirs.tst_lbl)]
    {
        assert!(ours.images == images, "pixels of {ours:?} differ");
        assert!(ours.labels == labels, "labels of {ours:?} differ");
    }
}
