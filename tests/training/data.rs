//! The reader of data sets: every corruption is an error that names the file, and none is a panic.

use std::fs;
use std::io::Write;
use std::path::{MAIN_SEPARATOR, Path};

use crate::common::files::{gzip, idx};
use flate2::Compression;
use flate2::write::GzEncoder;
use stridelab::data::{Dataset, FILES};
use stridelab::random::Stream;
use stridelab::{Error, Result};

/// Three training and two test images of 3×5.
pub(super) fn small() -> [Vec<u8>; 4] {
    let pixels: Vec<u8> = (0..45).map(|i| i * 5).collect();
    [idx(&[3, 3, 5], &pixels), idx(&[3], &[0, 9, 4]), idx(&[2, 3, 5], &pixels[7..37]), idx(&[2], &[7, 2])]
}

pub(super) fn parse(files: &[Vec<u8>; 4]) -> Result<Dataset> {
    Dataset::from_bytes("small", std::array::from_fn(|i| (FILES[i], &files[i][..])))
}

/// Replaces file `i` of the small set by `bytes`, plain and gzipped. The reader must refuse the set with one
/// line that names the file and contains `words`.
#[track_caller]
pub(super) fn refused(i: usize, bytes: &[u8], words: &str) {
    for bytes in [bytes.to_vec(), gzip(bytes)] {
        let mut files = small();
        files[i] = bytes;
        check(parse(&files), FILES[i], words);
    }
}

#[track_caller]
pub(super) fn check<T: std::fmt::Debug>(result: Result<T>, file: &str, words: &str) {
    let error = result.expect_err(words);
    let text = error.to_string();
    assert!(matches!(error, Error::Data(_)), "{error:?}");
    assert!(text.starts_with(file) || text.contains(&format!("{MAIN_SEPARATOR}{file}")), "names no {file}: {text}");
    assert!(text.contains(words), "does not say \"{words}\": {text}");
    assert!(!text.contains('\n') && text.contains("; "), "{text}");
}

#[test]
fn a_sound_set_is_read_plain_and_gzipped() {
    let plain = parse(&small()).unwrap();
    assert_eq!((plain.train.count, plain.train.height, plain.train.width), (3, 3, 5));
    assert_eq!(plain.train.view()[[2, 1, 3]], (2 * 15 + 5 + 3) * 5);
    assert_eq!(plain.test.view()[[1, 2, 4]], (7 + 29) * 5);
    assert_eq!((&plain.train.labels[..], &plain.test.labels[..]), (&[0, 9, 4][..], &[7, 2][..]));
    assert_eq!(plain.name, "small");
    assert_eq!(plain, parse(&small().map(|file| gzip(&file))).unwrap());
    // Two gzip members, one after the other, are one gzip file.
    let mut files = small();
    files[0] = [gzip(&files[0][..20]), gzip(&files[0][20..])].concat();
    assert_eq!(plain, parse(&files).unwrap());
}

#[test]
fn files_in_memory_are_told_apart_by_name() {
    let [a, b, c, d] = small();
    let c_name = "t10k-images.idx3-ubyte";
    let b_name = "train-labels.idx1-ubyte.gz";
    let mixed = [(FILES[3], &d[..]), (c_name, &c), (b_name, &b), (FILES[0], &a)];
    assert_eq!(Dataset::from_bytes("small", mixed).unwrap(), parse(&small()).unwrap());
    let twice = [(FILES[3], &d[..]), (c_name, &c), (c_name, &c), (FILES[0], &a)];
    check(Dataset::from_bytes("small", twice), FILES[1], "is missing");
}

#[test]
fn bad_headers_are_refused() {
    for i in 0..4 {
        let good = &small()[i];
        refused(i, &[], "ends within its header");
        refused(i, &good[..7], "ends within its header");
        for at in 0..4 {
            let mut bytes = good.clone();
            bytes[at] ^= 0x41;
            refused(i, &bytes, "the magic number of");
        }
        refused(i, &small()[i ^ 1], "the magic number of"); // Images and labels are swapped.
    }
    let none: [u32; 0] = [];
    refused(0, &idx(&none, &[]), "begins with 0x00000800");
    for dimensions in [[0, 3, 5], [3, 0, 5], [3, 3, 0]] {
        refused(0, &idx(&dimensions, &[0; 45]), "announces nothing");
    }
    refused(1, &idx(&[0], &[]), "announces nothing");
    refused(0, &idx(&[1, 4097, 1], &[0; 4097]), "announces images of 4097×1");
    refused(0, &idx(&[1, 1, 4097], &[0; 4097]), "announces images of 1×4097");
    refused(0, &idx(&[u32::MAX; 3], &[0; 45]), "announces images of");
    refused(0, &idx(&[u32::MAX, 4096, 4096], &[0; 45]), "at most 512 MiB");
    refused(0, &idx(&[33, 4096, 4096], &[0; 45]), "at most 512 MiB");
    refused(0, &idx(&[32, 4096, 4096], &[0; 45]), "45 bytes follow its header");
}

#[test]
fn bodies_of_another_length_are_refused() {
    for i in 0..4 {
        let good = &small()[i];
        refused(i, &good[..good.len() - 1], "is cut off");
        refused(i, &[&good[..], &[0]].concat(), "goes on after");
    }
}

#[test]
fn there_are_as_many_labels_as_images() {
    refused(1, &idx(&[2], &[0, 9]), "announces 2 labels, but train-images-idx3-ubyte has 3 images");
    refused(3, &idx(&[3], &[0, 9, 1]), "announces 3 labels, but t10k-images-idx3-ubyte has 2 images");
}

/// Ten classes, or as many as the labels make; a label beyond a class that no sample has is a damaged one.
#[test]
fn classes_are_counted_from_the_labels() {
    let of = |train: &[u8], test: &[u8]| {
        let mut set = parse(&small()).unwrap();
        (set.train.labels, set.test.labels) = (train.to_vec(), test.to_vec());
        set
    };
    let letters: Vec<u8> = (1..=26).collect();
    let all: Vec<u8> = (0..=255).collect();
    for (train, test, classes) in [
        (&[0, 1, 1][..], &[1][..], 10),
        (&[9, 3, 3], &[9], 10),
        (&letters, &[26], 27),
        (&letters[..25], &[26], 27),
        (&all, &[0], 256),
    ] {
        assert_eq!(of(train, test).classes(), Ok(classes), "{train:?} {test:?}");
        assert_eq!(of(train, test).check_classes(classes), Ok(()));
    }
    let damaged = of(&[0, 10, 4], &[7, 2]);
    check(
        damaged.classes(),
        FILES[1],
        "label 10 of sample 1 (from 0) would be of 11 classes, and no sample is of class 1;",
    );
    check(
        damaged.check_classes(10),
        FILES[1],
        "label 10 of sample 1 (from 0) is none of the classes 0 to 9, and the highest is 10; use 11 classes",
    );
    check(of(&[0, 1, 2], &[3, 255]).classes(), FILES[3], "label 255 of sample 1 (from 0) would be of 256 classes");
    let few = of(&[0, 1, 2], &[3, 4]).check_classes(2);
    check(
        few,
        FILES[1],
        "label 2 of sample 2 (from 0) is none of the classes 0 to 1, and the highest is 4; use 5 classes",
    );
}

#[test]
fn test_images_must_be_as_large_as_training_images() {
    refused(2, &idx(&[2, 5, 3], &[0; 30]), "has images of 5×3, but train-images-idx3-ubyte of 3×5");
}

#[test]
fn bad_gzip_is_refused() {
    for i in 0..4 {
        let whole = gzip(&small()[i]);
        let mut files = small();
        for length in 2..whole.len() {
            files[i] = whole[..length].to_vec();
            check(parse(&files), FILES[i], "");
        }
        for garbage in [&b"x"[..], b"\0\0x", &whole[..5], &gzip(b"x"), &[&[0; 9], &gzip(b"x")[..]].concat()] {
            files[i] = [&whole[..], garbage].concat();
            check(parse(&files), FILES[i], "");
        }
        // Tapes and some servers fill a file up with zeros, which gzip ignores.
        files[i] = [&whole[..], &[0; 9000]].concat();
        assert_eq!(parse(&files).unwrap(), parse(&small()).unwrap());
        files[i] = whole.clone();
        let crc = whole.len() - 8;
        files[i][crc] ^= 1;
        check(parse(&files), FILES[i], "cannot be unpacked");
    }
}

/// The reader stops after the 46th byte of pixels of a file that unpacks to 256 MiB and announces 45 pixels.
#[test]
fn a_gzip_bomb_is_not_unpacked() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(&idx(&[3, 3, 5], &[])).unwrap();
    (0..256).for_each(|_| encoder.write_all(&[0; 1 << 20]).unwrap());
    let mut files = small();
    files[0] = encoder.finish().unwrap();
    let start = std::time::Instant::now();
    (0..50).for_each(|_| check(parse(&files), FILES[0], "goes on after the 45 bytes"));
    assert!(start.elapsed().as_secs() < 2, "it was unpacked: {:?}", start.elapsed());
}

#[test]
fn limit_keeps_the_first_samples() {
    let whole = parse(&small()).unwrap();
    let mut set = whole.clone();
    for n in [0, 4, usize::MAX] {
        let error = set.limit(n).unwrap_err();
        assert!(
            matches!(&error, Error::Usage(t) if t.to_string().contains(&n.to_string()) && t.to_string().contains("1 to 3")),
            "{error:?}"
        );
        assert!(set == whole);
    }
    set.limit(2).unwrap();
    assert_eq!((set.train.count, set.train.labels.as_slice()), (2, &[0, 9][..]));
    assert_eq!(set.train.view(), whole.train.view().slice(ndarray::s![..2, .., ..]));
    assert_eq!(set.test, whole.test);
}

pub(super) fn write(directory: &Path, name: &str, bytes: &[u8]) {
    fs::write(directory.join(name), bytes).unwrap();
}

#[test]
fn a_directory_is_read_in_every_spelling() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b, c, d] = small();
    write(directory.path(), "train-images.idx3-ubyte", &a);
    // Some unpacking tools make a directory of the usual name beside the file.
    fs::create_dir(directory.path().join("train-images-idx3-ubyte")).unwrap();
    write(directory.path(), "train-labels-idx1-ubyte.gz", &gzip(&b));
    write(directory.path(), "t10k-images-idx3-ubyte", &gzip(&c)); // Gzipped, although the name does not say so.
    write(directory.path(), "t10k-labels.idx1-ubyte.gz", &d); // Plain, although the name says gzip.
    let mut set = Dataset::open(directory.path()).unwrap();
    assert_eq!(set.name, directory.path().file_name().unwrap().to_str().unwrap());
    set.name = "small".into();
    assert_eq!(set, parse(&small()).unwrap());
}

#[test]
fn what_is_wrong_in_a_directory_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let parts = small();
    for i in 0..4 {
        (0..4).for_each(|j| write(path, FILES[j], &parts[j]));
        fs::remove_file(path.join(FILES[i])).unwrap();
        check(Dataset::open(path), FILES[i], "is missing");
        fs::create_dir(path.join(FILES[i])).unwrap();
        check(Dataset::open(path), FILES[i], "is not a file");
        fs::remove_dir(path.join(FILES[i])).unwrap();
        write(path, FILES[i], &parts[i][..parts[i].len() - 1]);
        check(Dataset::open(path), FILES[i], "is cut off");
    }
    let file = path.join(FILES[0]);
    check(Dataset::open(&file), FILES[0], "is not a directory");
    check(Dataset::open(&path.join("no\nwhere")), "no\\nwhere", "cannot be read");
}

/// Deterministic fuzzing: flipped bits, changed bytes, cuts and insertions never cause a panic, and a set that
/// the reader accepts is consistent.
#[test]
fn mutated_files_never_panic() {
    let mut stream = Stream::new(0, "fuzz");
    let gzipped = small().map(|file| gzip(&file));
    let mut taken = 0;
    for round in 0..6000 {
        let mut files = if round % 2 == 0 { small() } else { gzipped.clone() };
        let file = &mut files[stream.below(4) as usize];
        for _ in 0..=stream.below(3) {
            let at = stream.below(file.len() as u32) as usize;
            match stream.below(5) {
                0 => file[at] ^= 1 << stream.below(8),
                1 => file[at] = stream.word() as u8,
                2 => file.truncate(at.max(1)),
                3 => file.insert(at, stream.word() as u8),
                _ => file[at] = [0, 1, 0x7f, 0x80, 0xff][stream.below(5) as usize],
            }
        }
        if let Ok(set) = parse(&files) {
            taken += 1;
            assert!(
                set.classes().is_ok_and(|classes| set.check_classes(classes).is_ok()) || set.check_classes(256).is_ok()
            );
            for split in [&set.train, &set.test] {
                assert_eq!(split.view().dim(), (split.labels.len(), split.height, split.width));
                assert!(split.count > 0);
            }
        }
    }
    assert!((100..5000).contains(&taken), "{taken} of 6000 taken: the mutations test nothing");
}
