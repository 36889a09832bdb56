//! The images that networks are asked about.

use std::path::Path;

use stridelab::data::photo::{GreyImage, Polarity, PreparedImage, prepare};
use stridelab::data::{Background, MOST_BYTES, picture};
use stridelab::error::one_line;
use stridelab::files::read_bounded;
use stridelab::report::text::counted;
use stridelab::{Error, Result};

use super::TrainedRun;
use crate::args::PredictArgs;
use crate::terminal::say;

/// An image as the networks see it.
pub(super) struct SeenImage {
    /// The file, or which test image it is.
    pub name: String,
    /// The class of a test image.
    pub label: Option<u8>,
    /// Rows and columns.
    pub size: [usize; 2],
    /// Pixels, 0 to 255, row-major.
    pub pixels: Vec<u8>,
    /// What was found in a file that was prepared.
    pub found: Option<FoundDigit>,
}

/// Where the digit lies in a picture.
pub(super) struct FoundDigit {
    /// Columns and rows of the picture.
    pub picture: [usize; 2],
    pub polarity: Polarity,
    /// Left, top, width and height of the ink.
    pub ink: [usize; 4],
}

/// The images that are asked about, and the error of the last one that is none. Those of others are told here.
///
/// # Errors
/// [`Error::Data`] where the run's data cannot be read; [`Error::Usage`] where there is no such test image.
pub(super) fn read(args: &PredictArgs, run: &TrainedRun) -> Result<(Vec<SeenImage>, Option<Error>)> {
    if let Some(sample) = args.test_image {
        let data = run.data(args.data.as_deref())?;
        if sample >= data.test.count {
            let count = counted(data.test.count, "test image");
            let what = format!("--test-image {sample}: {} has {count}", one_line(&data.name));
            return Err(Error::usage(what).advice(format!("choose from 0 to {}", data.test.count - 1)));
        }
        let (label, pixels) = (Some(data.test.labels[sample]), data.test.image(sample).to_vec());
        let name = format!("{}, test image {sample}", one_line(&data.name));
        return Ok((vec![SeenImage { name, label, size: run.size, pixels, found: None }], None));
    }
    let (mut images, mut failed) = (Vec::new(), None::<Error>);
    for path in &args.images {
        match file(path, args.as_is, run.size) {
            Ok(image) => images.push(image),
            Err(error) => {
                if let Some(earlier) = failed.replace(error) {
                    say(&format!("error: {earlier}"));
                }
            }
        }
    }
    Ok((images, failed))
}

/// A file, prepared as MNIST's images were unless it is to be taken as it is.
fn file(path: &Path, as_is: bool, size: [usize; 2]) -> Result<SeenImage> {
    let name = one_line(path.display());
    let bytes = read_bounded(path, MOST_BYTES).map_err(|error| error.advice("give a PNG or JPEG"))?;
    let background = if as_is { Background::Black } else { Background::Contrast };
    let image = picture(&name, &bytes, background)?;
    if as_is {
        let [height, width] = size;
        let GreyImage { width: columns, height: rows, pixels } = image;
        if [rows, columns] != size {
            let what = format!("{name}: has {columns}×{rows} pixels, the networks take {width}×{height}");
            return Err(Error::data(what).advice("leave out --as-is, so that the picture is cut and scaled"));
        }
        return Ok(SeenImage { name, label: None, size, pixels, found: None });
    }
    let picture = [image.width, image.height];
    let PreparedImage { pixels, polarity, ink, .. } = prepare(&image, size).map_err(|error| error.at(&name))?;
    Ok(SeenImage { name, label: None, size, pixels, found: Some(FoundDigit { picture, polarity, ink }) })
}
