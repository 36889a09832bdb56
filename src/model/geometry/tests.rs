use super::*;

fn square(n: usize, k: usize, s: usize, padding: Padding) -> Result<ConvShape> {
    ConvShape::new([n, n], 1, 1, [k, k], [s, s], padding)
}

#[test]
fn same_is_tensorflows_and_asymmetric_where_the_total_is_odd() {
    // Input, kernel and stride, then the output and the pads before and after by TensorFlow's formula.
    for (n, k, s, out, before, after) in [
        (28, 3, 1, 28, 1, 1),
        (28, 3, 2, 14, 0, 1),
        (14, 3, 2, 7, 0, 1),
        (13, 3, 2, 7, 1, 1),
        (7, 3, 2, 4, 1, 1),
        (4, 3, 2, 2, 0, 1),
        (5, 2, 1, 5, 0, 1),
        (5, 1, 3, 2, 0, 0),
        (1, 5, 1, 1, 2, 2),
    ] {
        let shape = square(n, k, s, Padding::Same).unwrap();
        assert_eq!((shape.output[0], shape.pads.top, shape.pads.bottom), (out, before, after), "n={n} k={k} s={s}");
        assert_eq!((shape.output[1], shape.pads.left, shape.pads.right), (out, before, after), "n={n} k={k} s={s}");
    }
}

#[test]
fn valid_floors_and_never_pads() {
    for (n, k, s, out) in [(28, 3, 1, 26), (28, 3, 2, 13), (13, 3, 1, 11), (6, 3, 2, 2), (3, 3, 5, 1)] {
        let shape = square(n, k, s, Padding::Valid).unwrap();
        assert_eq!((shape.output, shape.pads), ([out, out], Pads::default()));
    }
}

#[test]
fn same_equals_ceil_division_for_all_small_sizes() {
    for n in 1..40 {
        for k in 1..8 {
            for s in 1..6 {
                let shape = square(n, k, s, Padding::Same).unwrap();
                assert_eq!(shape.output[0], n.div_ceil(s), "n={n} k={k} s={s}");
                assert!(shape.pads.bottom - shape.pads.top <= 1);
            }
        }
    }
}

#[test]
fn pooling_drops_the_odd_last_row() {
    for (n, out) in [(28, 14), (13, 6), (11, 5), (2, 1)] {
        let shape = PoolShape::new([n, n], 1, [2, 2], [2, 2], Padding::Valid).unwrap();
        assert_eq!(shape.output, [out, out]);
    }
}

#[test]
fn nonsense_is_an_error_that_says_what_to_do() {
    let message = |r: Result<ConvShape>| match r {
        Err(Error::Usage(problem)) => problem.to_string(),
        other => panic!("{other:?}"),
    };
    assert!(message(square(28, 3, 0, Padding::Valid)).contains("stride"));
    assert!(message(square(0, 3, 1, Padding::Valid)).contains("input"));
    assert!(message(square(2, 3, 1, Padding::Valid)).contains("3×3 is larger than its padded input of 2×2"));
    assert!(message(square(28, 0, 1, Padding::Same)).contains("kernel"));
    assert!(message(square(usize::MAX, 3, 1, Padding::Same)).contains("2³¹"));
    let huge = Padding::Explicit(Pads { top: usize::MAX, left: 0, bottom: 0, right: 0 });
    assert!(message(square(28, 3, 1, huge)).contains("2³¹"));
    assert!(elements(&[1 << 20, 1 << 20]).is_err());
}

/// A window that has one pixel of the image is right, one that has none is not, on each of the four sides.
#[test]
fn no_pooling_window_lies_wholly_in_the_padding() {
    let pool = |[top, left, bottom, right]: [usize; 4]| {
        PoolShape::new([4, 5], 1, [2, 3], [1, 1], Padding::Explicit(Pads { top, left, bottom, right }))
    };
    assert!(pool([1, 2, 1, 2]).is_ok());
    for sides in [[2, 0, 0, 0], [0, 3, 0, 0], [0, 0, 2, 0], [0, 0, 0, 3]] {
        let refused = pool(sides);
        assert!(matches!(&refused, Err(Error::Usage(p)) if p.what.contains("wholly in the padding")), "{refused:?}");
    }
}

#[test]
fn macs_of_the_tutorials_first_layers() {
    let macs = |s, p| ConvShape::new([28, 28], 1, 32, [3, 3], [s, s], p).unwrap().macs();
    assert_eq!(macs(1, Padding::Same), 225_792);
    assert_eq!(macs(2, Padding::Same), 56_448);
    assert_eq!(macs(1, Padding::Valid), 194_688);
    assert_eq!(macs(2, Padding::Valid), 48_672);
}
