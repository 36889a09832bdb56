//! A user's picture: PNG or JPEG of any size and colour, as grey pixels.

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};

use super::photo::GreyImage;
use crate::error::{Error, Result, one_line};
use crate::formats::known;

/// Most bytes of a picture's file.
pub const MOST_BYTES: u64 = 64 << 20;
/// Most pixels of a picture: a phone's camera has fewer.
const MOST_PIXELS: u64 = 64_000_000;
/// Most bytes of memory for its pixels, of 16 bits in four channels.
const MOST_MEMORY: u64 = 8 * MOST_PIXELS;

/// What a picture is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Transparent pixels are whatever makes the opaque ones visible: white behind dark ones, black behind light ones.
    Contrast,
    /// Transparent pixels are black.
    Black,
}

/// Reads a PNG or JPEG from its bytes, turned as its EXIF orientation says. Messages call the file `name`. The size is
/// checked before anything is decoded.
///
/// # Errors
/// [`Error::Data`] where it is neither, damaged, or larger than 64 million pixels.
pub fn picture(name: &str, bytes: &[u8], background: Background) -> Result<GreyImage> {
    let bad = |what: String| Error::data(format!("{name}: {what}"));
    let broken = |e: ImageError| {
        let error = bad(format!("is no whole picture: {}", one_line(e)));
        error.advice("give a whole PNG or JPEG")
    };
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| broken(e.into()))?;
    if !matches!(reader.format(), Some(ImageFormat::Png | ImageFormat::Jpeg)) {
        let what = match (bytes.is_empty(), known(bytes)) {
            (true, _) => "is empty".to_string(),
            (_, Some(format)) => format!("is {format}, not a picture"),
            _ => "is no PNG or JPEG".into(),
        };
        return Err(bad(what).advice("save the picture as PNG or JPEG"));
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(broken)?;
    let (width, height) = decoder.dimensions();
    if u64::from(width) * u64::from(height) > MOST_PIXELS {
        let error = bad(format!("has {width}×{height} pixels, a picture may have {} million", MOST_PIXELS / 1_000_000));
        return Err(error.advice("make it smaller"));
    }
    // A damaged note on the camera's position is no reason to refuse a picture.
    let orientation = decoder.orientation().ok();
    let mut image = DynamicImage::from_decoder(decoder).map_err(broken)?;
    if let Some(orientation) = orientation {
        image.apply_orientation(orientation);
    }
    Ok(grey(&image, background))
}

/// Brightness of each pixel, without colour and transparency.
fn grey(image: &DynamicImage, background: Background) -> GreyImage {
    let (width, height) = (image.width() as usize, image.height() as usize);
    if !image.color().has_alpha() {
        return GreyImage { width, height, pixels: image.to_luma8().into_raw() };
    }
    let pixels = image.to_luma_alpha8();
    let (mut light, mut opaque) = (0, 0);
    for pixel in pixels.pixels() {
        let [value, alpha] = pixel.0.map(u64::from);
        light += value * alpha;
        opaque += alpha;
    }
    let behind = match background {
        Background::Contrast if light < 128 * opaque => 255,
        _ => 0,
    };
    let over = |pixel: &image::LumaA<u8>| {
        let [value, alpha] = pixel.0.map(u32::from);
        ((value * alpha + behind * (255 - alpha) + 127) / 255) as u8
    };
    GreyImage { width, height, pixels: pixels.pixels().map(over).collect() }
}

#[cfg(test)]
mod tests {
    use image::{GrayImage, ImageBuffer, Luma, LumaA, Rgb, Rgba};

    use super::*;

    fn png(image: &DynamicImage) -> Vec<u8> {
        let mut bytes = Vec::new();
        image.write_to(&mut Cursor::new(&mut bytes), ImageFormat::Png).unwrap();
        bytes
    }

    fn read(image: impl Into<DynamicImage>, background: Background) -> Vec<u8> {
        picture("p", &png(&image.into()), background).unwrap().pixels
    }

    #[test]
    fn every_kind_of_pixel_becomes_grey() {
        let contrast = Background::Contrast;
        assert_eq!(read(GrayImage::from_raw(3, 1, vec![0, 100, 255]).unwrap(), contrast), [0, 100, 255]);
        let deep = ImageBuffer::<Luma<u16>, _>::from_raw(2, 1, vec![0, 65535]).unwrap();
        assert_eq!(read(deep, contrast), [0, 255]);
        let colours = ImageBuffer::<Rgb<u8>, _>::from_raw(2, 1, vec![255, 255, 255, 0, 0, 255]).unwrap();
        let grey = read(colours, contrast);
        assert!(grey[0] == 255 && grey[1] < 60, "{grey:?}");
        let deep = ImageBuffer::<Rgba<u16>, _>::from_raw(1, 1, vec![65535, 65535, 65535, 65535]).unwrap();
        assert_eq!(read(deep, contrast), [255]);
    }

    #[test]
    fn what_is_transparent_sets_off_the_ink() {
        let of = |ink: u8, background| {
            read(ImageBuffer::<LumaA<u8>, _>::from_raw(2, 1, vec![ink, 255, ink, 0]).unwrap(), background)
        };
        assert_eq!(of(20, Background::Contrast), [20, 255]);
        assert_eq!(of(240, Background::Contrast), [240, 0]);
        assert_eq!(of(20, Background::Black), [20, 0]);
    }

    /// A JPEG of 24×16 whose left half is dark, with an EXIF orientation.
    fn jpeg(orientation: u8) -> Vec<u8> {
        let image = GrayImage::from_fn(24, 16, |x, _| Luma([if x < 12 { 0 } else { 255 }]));
        let mut bytes = Vec::new();
        DynamicImage::from(image).write_to(&mut Cursor::new(&mut bytes), ImageFormat::Jpeg).unwrap();
        let mut exif = b"\xff\xe1\0\x22Exif\0\0MM\0\x2a\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend([orientation, 0, 0, 0, 0, 0, 0]);
        [&bytes[..2], &exif, &bytes[2..]].concat()
    }

    #[test]
    fn a_turned_camera_is_turned_back() {
        let corners = |image: &GreyImage| {
            let at = |x: usize, y: usize| image.pixels[y * image.width + x] > 127;
            let (right, bottom) = (image.width - 1, image.height - 1);
            [at(0, 0), at(right, 0), at(0, bottom), at(right, bottom)]
        };
        // 6: the top of the scene is at the right of the file.
        for (orientation, size, light) in [
            (1, (24, 16), [false, true, false, true]),
            (3, (24, 16), [true, false, true, false]),
            (6, (16, 24), [false, false, true, true]),
        ] {
            let image = picture("p", &jpeg(orientation), Background::Contrast).unwrap();
            assert_eq!(((image.width, image.height), corners(&image)), (size, light), "{orientation}");
        }
    }

    #[test]
    fn what_is_no_picture_is_one_line() {
        let whole = png(&GrayImage::new(40, 40).into());
        // Width and height follow the chunk's name; then comes a checksum, which is not looked at before them.
        let mut bomb = whole.clone();
        bomb[16..24].copy_from_slice(&[0, 1, 0, 0, 0, 1, 0, 0]);
        let checksum = crc(&bomb[12..29]).to_be_bytes();
        bomb[29..33].copy_from_slice(&checksum);
        for (bytes, words) in [
            (&b""[..], "is empty"),
            (b"GIF89a\x01\0\x01\0", "no PNG or JPEG"),
            (b"%PDF-1.7", "is a PDF"),
            (&whole[..50], "no whole picture"),
            (&jpeg(1)[..30], "no whole picture"),
            (&bomb, "65536×65536"),
        ] {
            let text = picture("file", bytes, Background::Contrast).unwrap_err().to_string();
            assert!(text.starts_with("file: ") && text.contains(words) && !text.contains('\n'), "{words}: {text}");
        }
    }

    /// The checksum of a PNG's chunk.
    fn crc(bytes: &[u8]) -> u32 {
        let step = |c: u32| if c & 1 == 1 { c >> 1 ^ 0xedb8_8320 } else { c >> 1 };
        !bytes.iter().fold(!0, |sum, &byte| (0..8).fold(sum ^ u32::from(byte), |c, _| step(c)))
    }
}
