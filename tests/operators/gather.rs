//! Batches of a data set on every backend. A byte over 255 must be correctly rounded, or a neighbour of that.

use crate::common::{FORWARD, backends, close, exact, integers, ok, refused, same_bits};
use stridelab::eager::{LabelledImages, gather};

fn bytes(name: &str, len: usize, n: u32) -> Vec<u8> {
    integers(name, len, n).into_iter().map(|v| v as u8).collect()
}

/// The columns are samples, pixels, capacity, start and count. With an odd number of pixels, images begin inside a
/// 32-bit word.
#[test]
fn rows_in_order_and_zeros_below() {
    for (samples, pixels, capacity, start, n) in [
        (1, 1, 1, 0, 1),
        (5, 3, 4, 1, 3),
        (7, 1, 9, 0, 7),
        (11, 5, 3, 8, 3),
        (13, 784, 8, 2, 5),
        (97, 49, 64, 33, 64),
        (6, 2, 4, 6, 0),
    ] {
        let images = bytes("images", samples * pixels, 256);
        let labels = bytes("labels", samples, 10);
        let order = integers("order", samples, samples as u32);
        let mut x = vec![0.0; capacity * pixels];
        let mut label = vec![0; capacity];
        for i in 0..n {
            let sample = order[start + i] as usize;
            for p in 0..pixels {
                x[i * pixels + p] = f64::from(images[sample * pixels + p]) / 255.0;
            }
            label[i] = u32::from(labels[sample]);
        }
        for (backend, b) in backends() {
            let name = format!("{samples} samples of {pixels}, {start}+{n} of {capacity}, on {backend}");
            let samples = LabelledImages { images: &images, labels: &labels };
            let call = || ok(gather(b, samples, &order, start..start + n, capacity));
            let (got, got_labels) = call();
            close(&name, &got, &x, FORWARD);
            exact(&format!("{name}: zeros"), &got[n * pixels..], &vec![0.0; (capacity - n) * pixels]);
            exact(&format!("{name}: labels"), &got_labels, &label);
            same_bits(&name, &got, &call().0);
        }
    }
}

/// Every byte is within one unit in the last place of v/255; 0 and 255 are exact.
#[test]
fn every_byte() {
    let images: Vec<u8> = (0..=255).collect();
    for (backend, b) in backends() {
        let (x, _) = ok(gather(b, LabelledImages { images: &images, labels: &[0] }, &[0], 0..1, 1));
        assert_eq!((x[0], x[255]), (0.0, 1.0), "{backend}");
        for (byte, got) in x.iter().enumerate() {
            let want = byte as f64 / 255.0;
            let off = (f64::from(*got) - want).abs();
            assert!(off <= want * f64::from(f32::EPSILON), "{backend}: {byte} became {got:e}, expected {want:e}");
        }
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    let images = [0u8; 12];
    let labels = [0u8; 4];
    for (_, b) in backends() {
        let samples = LabelledImages { images: &images, labels: &labels };
        let call = |order: &'static [u32], range, capacity| gather(b, samples, order, range, capacity);
        refused("past the order", call(&[0, 1, 2, 3], 2..5, 4));
        let backwards = std::ops::Range { start: 3, end: 2 };
        refused("an end before the start", call(&[0, 1, 2, 3], backwards, 4));
        refused("a start past the order", call(&[0, 1, 2, 3], usize::MAX..usize::MAX, 4));
        refused("more than the capacity", call(&[0, 1, 2, 3], 0..3, 2));
        refused("no such sample", call(&[0, 4], 0..2, 4));
        refused("no order", call(&[], 0..0, 4));
        refused("no capacity", call(&[0], 0..0, 0));
        refused("part of an image", gather(b, LabelledImages { images: &images[1..], ..samples }, &[0], 0..1, 2));
        refused("no samples", gather(b, LabelledImages { images: &[], labels: &[] }, &[], 0..0, 2));
    }
}
