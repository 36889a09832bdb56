//! The names of a set's four files, as MNIST, Fashion-MNIST, Kuzushiji-MNIST, EMNIST and their mirrors have them.

use super::mnist::FILES;

/// What the name of a file says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(not(feature = "files"), allow(dead_code, reason = "files in memory are of one set, each of one name"))]
pub(super) struct FileName {
    /// Its place in [`FILES`].
    pub role: usize,
    /// What precedes the part that all sets share: `emnist-letters` of `emnist-letters-train-images-idx3-ubyte`,
    /// empty in [`FILES`].
    pub set: String,
    /// Whether the name ends in `.gz`.
    pub gzip: bool,
    /// Whether, but for `.gz`, the name is the one in [`FILES`].
    usual: bool,
}

impl FileName {
    /// Reads a name such as `train-images-idx3-ubyte` or `emnist-letters-test-labels-idx1-ubyte.gz`, in upper or lower
    /// case, with a dot or an underscore in place of any hyphen. Hidden files are none of a set: macOS puts one
    /// (`._train-…`) beside each file of an archive.
    pub(super) fn read(name: &str) -> Option<Self> {
        let lower = (!name.starts_with('.')).then(|| name.to_ascii_lowercase())?;
        let (stem, gzip) = lower.strip_suffix(".gz").map_or((lower.as_str(), false), |stem| (stem, true));
        let even = stem.replace(['.', '_'], "-");
        let roles =
            [("train", "images-idx3"), ("train", "labels-idx1"), ("t10k", "images-idx3"), ("t10k", "labels-idx1")];
        let (role, set) = roles.into_iter().enumerate().find_map(|(role, (split, kind))| {
            let rest = even.strip_suffix("-ubyte")?.strip_suffix(kind)?.strip_suffix('-')?;
            let set = rest.strip_suffix(split).or_else(|| rest.strip_suffix("test").filter(|_| split == "t10k"))?;
            // The set's own part ends in a hyphen, which nothing precedes where there is none.
            if set.is_empty() { Some((role, set)) } else { Some((role, set.strip_suffix('-')?)) }
        })?;
        Some(FileName { role, set: stem[..set.len()].to_string(), gzip, usual: stem == FILES[role] })
    }

    /// Of several files of one role and set, the lowest is read: the usual name first, plain before gzipped.
    #[cfg(any(test, feature = "files"))]
    pub(super) fn rank(&self) -> (bool, bool) {
        (!self.usual, self.gzip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_many_mirrors_are_read() {
        let of = |name: &str| FileName::read(name).map(|name| (name.role, name.set, name.gzip));
        for (role, file) in FILES.into_iter().enumerate() {
            assert_eq!(of(file), Some((role, String::new(), false)));
            assert_eq!(of(&format!("{file}.gz")), Some((role, String::new(), true)));
            assert_eq!(of(&file.replace("-idx", ".idx")), Some((role, String::new(), false)));
            assert_eq!(of(&format!("emnist-letters-{}", file.replace("t10k", "test"))).unwrap().0, role);
        }
        let balanced = Some((2, "emnist-balanced".to_string(), true));
        assert_eq!(of("emnist-balanced-test-images-idx3-ubyte.gz"), balanced);
        assert_eq!(of("EMNIST-balanced-test-images.idx3-ubyte.GZ"), balanced);
        assert_eq!(of("train_labels_idx1_ubyte"), Some((1, String::new(), false)));
        for name in [
            "",
            "train",
            "._train-images-idx3-ubyte",
            "mytrain-images-idx3-ubyte",
            "train-images-idx1-ubyte",
            "train-images-idx3-ubyte.zip",
            "é",
        ] {
            assert_eq!(of(name), None, "{name}");
        }
    }

    #[test]
    fn the_usual_plain_name_comes_first() {
        let rank = |name: &str| FileName::read(name).unwrap().rank();
        let order = [
            "train-images-idx3-ubyte",
            "train-images-idx3-ubyte.gz",
            "train-images.idx3-ubyte",
            "train-images.idx3-ubyte.gz",
        ];
        assert!(order.map(rank).is_sorted());
    }
}
