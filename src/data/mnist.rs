//! A data set of four files in MNIST's format: MNIST itself, Fashion-MNIST, or any other.

use std::borrow::Cow;
use std::fmt;
use std::io::Cursor;
use std::ops::Range;

use ndarray::ArrayView3;

#[cfg(feature = "embedded-data")]
use super::embedded;
use super::idx::{self, Source};
use super::names::FileName;
use crate::error::{Error, Remedy, Result, one_line};
use crate::model::geometry::cropped;
use crate::model::network::CLASSES;

/// Names of the four files: training images and labels, test images and labels.
pub const FILES: [&str; 4] =
    ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"];

/// SHA-256 of MNIST's own files, unpacked.
const MNIST: [&str; 4] = [
    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
];

/// Images with their labels.
#[derive(Clone, PartialEq, Eq)]
pub struct Split {
    /// Pixels `[count, height, width]`, 0 to 255, row-major.
    pub images: Vec<u8>,
    /// One class a sample, from 0.
    pub labels: Vec<u8>,
    /// Samples, at least 1.
    pub count: usize,
    /// Rows of an image.
    pub height: usize,
    /// Columns of an image.
    pub width: usize,
}

impl Split {
    /// Whether these are images of `[height, width]` with labels below `classes`: kernels index by
    /// labels without asking.
    ///
    /// # Errors
    /// [`crate::Error::Data`] for another image size, another number of pixels or labels than the
    /// count says, or a label that is no class.
    pub fn check(&self, [height, width]: [usize; 2], classes: usize) -> Result<()> {
        let Split { count, .. } = *self;
        if [self.height, self.width] != [height, width] {
            let size = format!("{}×{}", self.height, self.width);
            return Err(Error::data(format!("images of {size} pixels, the network takes {height}×{width}")));
        }
        let wanted = height.checked_mul(width).and_then(|pixels| pixels.checked_mul(count));
        if (Some(self.images.len()), self.labels.len()) != (wanted, count) {
            let (pixels, labels) = (self.images.len(), self.labels.len());
            return Err(Error::data(format!(
                "{count} samples of {height}×{width}, but {pixels} pixels and {labels} labels"
            )));
        }
        match self.labels.iter().find(|&&label| usize::from(label) >= classes) {
            Some(label) if classes == 0 => Err(Error::data(format!("label {label}, but there are no classes"))),
            Some(label) => Err(Error::data(format!("label {label}, but the classes are 0 to {}", classes - 1))),
            None => Ok(()),
        }
    }

    /// Some of the samples.
    ///
    /// # Panics
    /// Where there are not so many.
    pub fn range(&self, samples: Range<usize>) -> Split {
        assert!(samples.end <= self.count, "samples {samples:?} of {}", self.count);
        let pixels = self.height * self.width;
        Split {
            images: self.images[samples.start * pixels..samples.end * pixels].to_vec(),
            labels: self.labels[samples.clone()].to_vec(),
            count: samples.len(),
            height: self.height,
            width: self.width,
        }
    }

    /// The same samples without `crop` rows and columns on each side of their images; see [`crop`].
    ///
    /// # Errors
    /// [`Error::Usage`] where nothing is left of them.
    pub fn crop(&self, crop: usize) -> Result<Cow<'_, Split>> {
        let [height, width] = cropped([self.height, self.width], crop)?;
        Ok(match crop {
            0 => Cow::Borrowed(self),
            _ => Cow::Owned(Split {
                images: self::crop(&self.images, [self.height, self.width], crop)?.into_owned(),
                labels: self.labels.clone(),
                count: self.count,
                height,
                width,
            }),
        })
    }

    /// The pixels of one image.
    ///
    /// # Panics
    /// Where there are not so many.
    pub fn image(&self, sample: usize) -> &[u8] {
        assert!(sample < self.count, "sample {sample} of {}", self.count);
        let pixels = self.height * self.width;
        &self.images[sample * pixels..(sample + 1) * pixels]
    }

    /// The images as an `ndarray` view `[count, height, width]`.
    ///
    /// # Panics
    /// Where `images` is not as long as the shape says.
    pub fn view(&self) -> ArrayView3<'_, u8> {
        let shape = (self.count, self.height, self.width);
        ArrayView3::from_shape(shape, &self.images)
            .unwrap_or_else(|_| panic!("{} pixels cannot be of shape {shape:?}", self.images.len()))
    }
}

/// The pixels of images of size `[height, width]`, one after the other, without `crop` rows and columns on each side.
///
/// # Errors
/// [`Error::Usage`] where nothing is left of them.
pub fn crop(images: &[u8], [height, width]: [usize; 2], crop: usize) -> Result<Cow<'_, [u8]>> {
    cropped([height, width], crop)?;
    if crop == 0 {
        return Ok(Cow::Borrowed(images));
    }
    let inner = |image: &[u8]| {
        let rows = image.chunks_exact(width).skip(crop).take(height - 2 * crop);
        rows.flat_map(|row| &row[crop..width - crop]).copied().collect::<Vec<u8>>()
    };
    Ok(Cow::Owned(images.chunks_exact(height * width).flat_map(inner).collect()))
}

/// The sizes, without the millions of pixels.
impl fmt::Debug for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} images of {}×{}", self.count, self.height, self.width)
    }
}

/// Training and test data with images of one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dataset {
    /// What the network learns from.
    pub train: Split,
    /// What it is validated on.
    pub test: Split,
    /// `MNIST` where the files are MNIST's, else what the files were called together.
    pub name: String,
    /// For each of [`FILES`], its name and the SHA-256 of its unpacked bytes in hexadecimal.
    pub sha256: [(String, String); 4],
}

impl Dataset {
    /// MNIST from inside the binary.
    ///
    /// # Errors
    /// [`Error::Data`] where the binary was built from other files than MNIST's.
    #[cfg(feature = "embedded-data")]
    pub fn embedded() -> Result<Self> {
        let dataset = Self::read("embedded data", embedded::source)?;
        match dataset.sha256.iter().zip(MNIST).find(|((_, found), expected)| found != expected) {
            Some(((file, found), _)) => {
                let what = format!("has SHA-256 {found}, which is not MNIST's");
                Err(idx::error(&format!("embedded {file}"), &what, embedded::ADVICE).remedy(Remedy::OtherData))
            }
            None => Ok(dataset),
        }
    }

    /// A set from four files already in memory, as a browser has them; plain or gzipped, in any
    /// order, told apart by their names as by [`Dataset::open`]. Its name is `name` unless the files are MNIST's.
    ///
    /// # Errors
    /// [`Error::Data`] naming the file that is missing or bad.
    pub fn from_bytes(name: &str, files: [(&str, &[u8]); 4]) -> Result<Self> {
        Self::read(name, |i| {
            let found = files.iter().find(|(name, _)| FileName::read(name).is_some_and(|name| name.role == i));
            let given = || one_line(files.map(|(name, _)| name).join(", "));
            let (name, bytes) = found.ok_or_else(|| {
                idx::error(FILES[i], "is missing", &format!("give it, plain or as .gz, beside {}", given()))
            })?;
            Ok(source(one_line(name), bytes))
        })
    }

    /// Number of classes that the labels make: ten as in MNIST, or more where labels are higher. Every class from the
    /// lowest label to the highest must have a sample then, as in EMNIST, whose letters are 1 to 26: a damaged
    /// label makes no network of two hundred classes.
    ///
    /// # Errors
    /// [`Error::Data`] naming the highest label and a class without samples.
    pub fn classes(&self) -> Result<usize> {
        let mut seen = [false; 256];
        for &label in self.train.labels.iter().chain(&self.test.labels) {
            seen[usize::from(label)] = true;
        }
        let lowest = seen.iter().position(|seen| *seen).unwrap_or_default();
        let classes = seen.iter().rposition(|seen| *seen).map_or(0, |highest| highest + 1);
        if classes <= CLASSES {
            return Ok(CLASSES);
        }
        match (lowest..classes).find(|class| !seen[*class]) {
            None => Ok(classes),
            Some(gap) => {
                let what = format!(" would be of {classes} classes, and no sample is of class {gap}");
                Err(self.label_from(classes - 1).and(&what).advice("mend the file").remedy(Remedy::Classes(classes)))
            }
        }
    }

    /// Whether every label is below `classes`.
    ///
    /// # Errors
    /// [`Error::Data`] naming the first label that is not, and how many classes there are.
    pub fn check_classes(&self, classes: usize) -> Result<()> {
        let labels = || self.train.labels.iter().chain(&self.test.labels);
        let highest = usize::from(labels().copied().max().unwrap_or_default());
        if highest < classes {
            return Ok(());
        }
        let what = format!(" is none of the classes 0 to {}, and the highest is {highest}", classes.saturating_sub(1));
        Err(self.label_from(classes).and(&what).remedy(Remedy::Classes(highest + 1)))
    }

    /// An error that begins with the first label that is not below `least`.
    fn label_from(&self, least: usize) -> Error {
        let first = [(FILES[1], &self.train), (FILES[3], &self.test)].into_iter().find_map(|(file, split)| {
            let sample = split.labels.iter().position(|&label| usize::from(label) >= least)?;
            Some(format!("{file}: label {} of sample {sample} (from 0)", split.labels[sample]))
        });
        Error::data(first.unwrap_or_default())
    }

    /// Keeps the first `n` training samples.
    ///
    /// # Errors
    /// [`Error::Usage`] for none, and for more than there are; nothing is changed then.
    pub fn limit(&mut self, n: usize) -> Result<()> {
        let train = &mut self.train;
        if n == 0 || n > train.count {
            let what = format!("{n} training samples are asked for, the set has {}", train.count);
            return Err(Error::usage(what).advice(format!("choose from 1 to {}", train.count)));
        }
        train.images.truncate(n * train.height * train.width);
        train.labels.truncate(n);
        train.count = n;
        Ok(())
    }

    /// Reads the four files, the `i`-th of [`FILES`] from `open(i)`.
    pub(super) fn read<'a>(name: &str, open: impl Fn(usize) -> Result<Source<'a>> + Sync) -> Result<Self> {
        let part = |i: usize| split(open(i)?, open(i + 1)?);
        #[cfg(feature = "parallel")]
        let (train, test) = rayon::join(|| part(0), || part(2));
        #[cfg(not(feature = "parallel"))]
        let (train, test) = (part(0), part(2));
        let (train, train_images, [a, b]) = train?;
        let (test, test_images, [c, d]) = test?;
        if (train.height, train.width) != (test.height, test.width) {
            let what = format!(
                "has images of {}×{}, but {train_images} of {}×{}",
                test.height, test.width, train.height, train.width
            );
            return Err(idx::error(&test_images, &what, "use files that belong together"));
        }
        let hashes = [a, b, c, d];
        let name = if hashes.iter().eq(&MNIST) { "MNIST".into() } else { one_line(name) };
        let mut files = FILES.into_iter();
        let sha256 = hashes.map(|hash| (files.next().unwrap_or_default().to_string(), hash));
        Ok(Dataset { train, test, name, sha256 })
    }
}

fn source(name: String, bytes: &[u8]) -> Source<'_> {
    Source { name, len: bytes.len() as u64, reader: Box::new(Cursor::new(bytes)) }
}

/// Images and labels that belong together, the images' name, both hashes.
fn split(images: Source, labels: Source) -> Result<(Split, String, [String; 2])> {
    let name = images.name.clone();
    let images = idx::images(images)?;
    let [count, height, width] = images.shape;
    let (labels, labels_sha256) = idx::labels(labels, count, &name)?;
    Ok((Split { images: images.pixels, labels, count, height, width }, name, [images.sha256, labels_sha256]))
}
