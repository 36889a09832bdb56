//! Data sets in directories: files of many names, and what is said where one is not there.

use std::fs;
use std::path::Path;

use super::data::{check, parse, small, write};
use crate::common::files::gzip;
use stridelab::data::{Dataset, FILES};
use stridelab::error::Remedy;

/// Writes the small set with each name changed.
fn put(directory: &Path, name: impl Fn(&str) -> String) {
    fs::create_dir_all(directory).unwrap();
    for (file, bytes) in FILES.iter().zip(small()) {
        write(directory, &name(file), &bytes);
    }
}

fn emnist(set: &str, file: &str) -> String {
    format!("emnist-{set}-{}", file.replace("t10k", "test"))
}

#[test]
fn names_of_other_sets_are_read() {
    let sound = parse(&small()).unwrap();
    let rename: [fn(&str) -> String; 4] = [
        |file| file.replace("-idx", ".idx"),
        |file| file.replace("t10k", "test"),
        |file| emnist("balanced", file),
        |file| file.replace('-', "_").to_uppercase(),
    ];
    for name in rename {
        let directory = tempfile::tempdir().unwrap();
        put(directory.path(), name);
        write(directory.path(), "emnist-balanced-mapping.txt", b"0 48\n");
        // macOS puts such a file beside each.
        FILES.iter().for_each(|file| write(directory.path(), &format!("._{}", name(file)), b"\0\x05\x16\x07"));
        let set = Dataset::open(directory.path()).unwrap_or_else(|error| panic!("{}: {error}", name(FILES[0])));
        assert_eq!((&set.train, &set.test), (&sound.train, &sound.test));
    }
    let set = tempfile::tempdir().unwrap();
    put(set.path(), |file| emnist("balanced", file));
    assert_eq!(Dataset::open(set.path()).unwrap().name, "emnist-balanced");
}

#[test]
fn one_of_several_sets_is_named() {
    let directory = tempfile::tempdir().unwrap();
    for set in ["letters", "digits"] {
        put(directory.path(), |file| emnist(set, file));
    }
    let error = Dataset::open(directory.path()).unwrap_err();
    assert!(error.to_string().contains("holds several sets: emnist-digits, emnist-letters"), "{error}");
    let one = directory.path().join("emnist-letters");
    assert_eq!(Dataset::open(&one).unwrap().name, "emnist-letters");
    assert!(Dataset::open(&directory.path().join("emnist-mnist")).is_err());
    // The usual names are read whatever else is there.
    put(directory.path(), str::to_string);
    Dataset::open(directory.path()).unwrap();
}

#[test]
fn a_missing_file_lists_what_is_there_and_what_was_looked_for() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    check(Dataset::open(path), FILES[0], "holds nothing");
    for i in 0..4 {
        put(path, str::to_string);
        fs::remove_file(path.join(FILES[i])).unwrap();
        write(path, "notes\n.txt", b"");
        for words in ["is missing, also as .gz", ".idx", "EMNIST", "holds notes\\n.txt, ", FILES[(i + 1) % 4]] {
            check(Dataset::open(path), FILES[i], words);
        }
    }
    let many = tempfile::tempdir().unwrap();
    (0..30).for_each(|i| write(many.path(), &format!("{i:02}.png"), b""));
    check(
        Dataset::open(many.path()),
        FILES[0],
        "holds 00.png, 01.png, 02.png, 03.png, 04.png, 05.png, 06.png, 07.png and 22 more",
    );
    let letters = tempfile::tempdir().unwrap();
    put(letters.path(), |file| emnist("letters", file));
    fs::remove_file(letters.path().join(emnist("letters", FILES[2]))).unwrap();
    check(Dataset::open(letters.path()), &emnist("letters", FILES[2]), "is missing");
}

/// torchvision puts the files into `MNIST/raw` below the directory that it is given.
#[test]
fn data_one_or_two_levels_below_is_named() {
    for below in ["raw", "MNIST/raw"] {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join(below);
        put(&place, |file| format!("{file}.gz"));
        let error = Dataset::open(directory.path()).unwrap_err();
        let remedies = &error.problem().unwrap().remedies;
        assert_eq!(remedies[..], [Remedy::DataIn(place.display().to_string())], "{error}");
        Dataset::open(&place).unwrap();
    }
}

#[test]
fn a_file_in_place_of_the_directory_says_which_directory() {
    let directory = tempfile::tempdir().unwrap();
    put(directory.path(), str::to_string);
    let file = directory.path().join(FILES[2]);
    let error = Dataset::open(&file).unwrap_err();
    assert_eq!(error.problem().unwrap().remedies, [Remedy::DataIn(directory.path().display().to_string())], "{error}");
    write(directory.path(), "mnist.zip", b"PK\x03\x04 four files");
    check(
        Dataset::open(&directory.path().join("mnist.zip")),
        "mnist.zip",
        "is not a directory but a zip archive; give a directory",
    );
}

#[test]
fn a_damaged_file_does_not_hide_a_sound_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    for (file, bytes) in FILES.into_iter().zip(small()) {
        put(path, str::to_string);
        let gzipped = format!("{}.gz", file);
        write(path, file, &bytes[..bytes.len() - 1]);
        write(path, &gzipped, &gzip(&bytes));
        let words = format!("remove {}, so that the sound {gzipped} beside it is read", file);
        check(Dataset::open(path), file, "is cut off");
        check(Dataset::open(path), file, &words);
        // A gzipped file that is no better is not recommended.
        write(path, &gzipped, &gzip(&bytes[..bytes.len() - 1]));
        let error = Dataset::open(path).unwrap_err().to_string();
        assert!(!error.contains("remove"), "{error}");
        fs::remove_file(path.join(gzipped)).unwrap();
    }
    // All four at once.
    for (file, bytes) in FILES.iter().zip(small()) {
        write(path, file, &bytes[..9]);
        write(path, &format!("{file}.gz"), &gzip(&bytes));
    }
    check(Dataset::open(path), FILES[0], &format!("remove {}", FILES[3]));
}

#[cfg(unix)]
#[test]
fn a_link_to_nothing_is_called_one() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    put(path, str::to_string);
    fs::remove_file(path.join(FILES[1])).unwrap();
    std::os::unix::fs::symlink("/no/where", path.join(FILES[1])).unwrap();
    check(Dataset::open(path), FILES[1], "is a link to /no/where, which is not there");
    std::os::unix::fs::symlink("/no/where", path.join("data")).unwrap();
    check(Dataset::open(&path.join("data")), "data", "is a link to /no/where");
    // A link to a sound file is as good as the file.
    fs::remove_file(path.join(FILES[1])).unwrap();
    write(path, "labels", &small()[1]);
    std::os::unix::fs::symlink("labels", path.join(FILES[1])).unwrap();
    Dataset::open(path).unwrap();
}

/// Some tools unpack a file into a directory of its name.
#[test]
fn files_in_directories_of_their_names_are_read() {
    let directory = tempfile::tempdir().unwrap();
    for (file, bytes) in FILES.iter().zip(small()) {
        let own = directory.path().join(file);
        fs::create_dir_all(&own).unwrap();
        write(&own, file, &bytes);
    }
    Dataset::open(directory.path()).unwrap();
    fs::remove_file(directory.path().join(FILES[1]).join(FILES[1])).unwrap();
    check(Dataset::open(directory.path()), FILES[1], "is not a file but a directory");
}
