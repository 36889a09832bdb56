//! MNIST itself: the files in `assets/mnist`, against the specification and an independent reader.

use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use flate2::read::GzDecoder;
use stridelab::data::{Dataset, FILES};

fn assets() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("assets/mnist")
}

#[test]
fn mnist_is_the_specifications() {
    let set = Dataset::open(&assets()).unwrap();
    assert_eq!(set.name, "MNIST");
    assert_eq!(format!("{:?}, {:?}", set.train, set.test), "60000 images of 28×28, 10000 images of 28×28");
    assert_eq!(set.test.labels[0], 7);
    let notice = fs::read_to_string(assets().join("NOTICE")).unwrap();
    for (file, (name, hash)) in FILES.iter().zip(&set.sha256) {
        assert_eq!(file, name);
        assert!(notice.contains(&format!("{hash}  {name}\n")), "NOTICE does not say {hash} of {name}");
    }
    #[cfg(feature = "embedded-data")]
    assert!(Dataset::embedded().unwrap() == set, "the embedded copy differs from the files");
}

/// The `mnist` crate reads plain files of exactly this size from a disk.
#[test]
fn the_mnist_crate_reads_the_same() {
    let directory = tempfile::tempdir().unwrap();
    for file in FILES {
        let packed = File::open(assets().join(format!("{file}.gz"))).unwrap();
        io::copy(&mut GzDecoder::new(packed), &mut File::create(directory.path().join(file)).unwrap()).unwrap();
    }
    let theirs = mnist::MnistBuilder::new()
        .base_path(directory.path().to_str().unwrap())
        .label_format_digit()
        .training_set_length(60_000)
        .validation_set_length(0)
        .test_set_length(10_000)
        .finalize();
    let ours = Dataset::open(directory.path()).unwrap();
    for (ours, images, labels) in
        [(&ours.train, theirs.trn_img, theirs.trn_lbl), (&ours.test, theirs.tst_img, theirs.tst_lbl)]
    {
        assert!(ours.images == images, "pixels of {ours:?} differ");
        assert!(ours.labels == labels, "labels of {ours:?} differ");
    }
    assert!(ours == Dataset::open(&assets()).unwrap(), "plain and gzipped files differ");
}
