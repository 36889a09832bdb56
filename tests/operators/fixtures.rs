//! The golden values are complete, have the right shapes, and are plausible for such networks.

use std::collections::BTreeSet;

use crate::common::fixtures::{CONFIGURATIONS, Fixture, TENSORS, e5m2, padding, pads, sizes};
use crate::common::{norm, wide};
use stridelab::model::geometry::{ConvShape, PoolShape};

fn shapes(features: usize) -> [Vec<usize>; 8] {
    [vec![3, 3, 1, 32], vec![32], vec![3, 3, 32, 64], vec![64], vec![features, 128], vec![128], vec![128, 10], vec![10]]
}

#[test]
fn eight_bit_floats_are_the_upper_bytes_of_halves() {
    let known = [(0x00, 0.0), (0x01, 2f64.powi(-16)), (0x04, 2f64.powi(-14)), (0x3c, 1.0), (0x3d, 1.25), (0xbe, -1.5)];
    for (byte, value) in known {
        assert_eq!(e5m2(byte), value, "{byte:#x}");
    }
    assert_eq!(e5m2(0x7b), 57344.0);
}

#[test]
fn training_values_have_every_key_and_shape() {
    for ((stride, padding), features) in CONFIGURATIONS.into_iter().zip([3136, 256, 1600, 64]) {
        let fixture = Fixture::training(stride, padding);
        let mut expected = BTreeSet::new();
        let mut expect = |key: String, shape: &[usize]| {
            assert_eq!(fixture.shape(&key), shape, "stride {stride} {padding}: {key}");
            expected.insert(key);
        };
        for state in ["fresh", "t200", "t938"] {
            let trained = state != "fresh";
            for (i, (name, shape)) in TENSORS.iter().zip(shapes(features)).enumerate() {
                let length: usize = shape.iter().product();
                let sampled = length.div_ceil(fixture.sample_stride(i));
                assert!(sampled <= 4096);
                for kind in if trained { &["w", "m", "v"][..] } else { &["w"] } {
                    expect(format!("{state}/{kind}/{name}"), &shape);
                }
                for kind in if trained { &["g", "w_after", "m_after", "v_after"][..] } else { &["g"] } {
                    expect(format!("{state}/{kind}/{name}"), &[sampled]);
                }
            }
            for kind in ["g_norm", "g_difference", "short_g_norm"] {
                expect(format!("{state}/{kind}"), &[8]);
            }
            expect(format!("{state}/losses"), &[10]);
            expect(format!("{state}/losses_f64"), &[10]);
            expect(format!("{state}/short_loss"), &[1]);
            expect(format!("{state}/logits"), &[64, 10]);
            if trained {
                expect(format!("{state}/v/dense1.weight.scale"), &[1]);
                for kind in ["update_norm", "update_difference", "m_after_norm", "v_after_norm"] {
                    expect(format!("{state}/{kind}"), &[8]);
                }
            }
        }
        assert_eq!(fixture.keys(), expected.into_iter().collect::<Vec<_>>(), "stride {stride} {padding}");
    }
}

#[test]
fn losses_start_at_ln_10_and_fall() {
    for (stride, padding) in CONFIGURATIONS {
        let fixture = Fixture::training(stride, padding);
        let fresh = fixture.f64("fresh/losses");
        assert!((fresh[0] - 10f64.ln()).abs() < 0.1, "stride {stride} {padding}: {}", fresh[0]);
        assert!(fresh[9] < fresh[0] - 0.05, "stride {stride} {padding}: {fresh:?}");
        let t200 = fixture.f64("t200/losses")[0];
        let t938 = fixture.f64("t938/losses")[0];
        assert!(t200 < 0.6 && t938 < t200, "stride {stride} {padding}: {t200}, {t938}");
        for state in ["fresh", "t200", "t938"] {
            let f32s = fixture.f64(&format!("{state}/losses"));
            let f64s = fixture.f64(&format!("{state}/losses_f64"));
            for (step, (a, b)) in f32s.iter().zip(&f64s).enumerate() {
                assert!((a - b).abs() < 1e-4, "stride {stride} {padding}: {state} step {}: {a}, {b}", step + 1);
            }
        }
    }
}

/// The moments after a step follow from what is recorded before it, `m += (g − m)(1 − β₁)` and likewise `v`. This
/// checks the three number formats, the sampling and the scale of the 8-bit floats against each other.
#[test]
fn moments_after_a_step_follow_from_those_before() {
    for (stride, padding) in CONFIGURATIONS {
        let fixture = Fixture::training(stride, padding);
        for state in ["t200", "t938"] {
            let [m, v] = ["m", "v"].map(|kind| fixture.all(&format!("{state}/{kind}")));
            let [g, m_after, v_after] = ["g", "m_after", "v_after"].map(|kind| fixture.all(&format!("{state}/{kind}")));
            for (i, name) in TENSORS.iter().enumerate() {
                let m = fixture.sampled(i, &m[i]);
                let v = fixture.sampled(i, &v[i]);
                let mut difference = [0.0f64; 2];
                for (j, &g) in g[i].iter().enumerate() {
                    assert!(v[j] >= 0.0);
                    let g = f64::from(g);
                    let m = f64::from(m[j]);
                    let v = f64::from(v[j]);
                    difference[0] += (m + (g - m) * 0.1 - f64::from(m_after[i][j])).powi(2);
                    difference[1] += (v + (g * g - v) * 0.001 - f64::from(v_after[i][j])).powi(2);
                }
                for (difference, after) in difference.into_iter().zip([&m_after[i], &v_after[i]]) {
                    let relative = difference.sqrt() / norm(&wide(after));
                    assert!(relative < 2e-7, "stride {stride} {padding}: {state} {name}: {relative:e}");
                }
                if fixture.sample_stride(i) == 1 {
                    let whole = fixture.f64(&format!("{state}/g_norm"))[i];
                    assert!(
                        (norm(&wide(&g[i])) / whole - 1.0).abs() < 1e-6,
                        "stride {stride} {padding}: {state} {name}"
                    );
                }
            }
        }
    }
}

/// For the shape of every case, our geometry gives the recorded output size and pads.
#[test]
fn operator_cases_are_complete_and_agree_with_geometry() {
    for (file, conv, pool) in [("keras/operators", 32, 13), ("torch/operators", 18, 10)] {
        let fixture = Fixture::open(file);
        let mut known = 0;
        assert_eq!((fixture.cases("conv2d").len(), fixture.cases("max_pool").len()), (conv, pool));
        for op in ["conv2d", "max_pool"] {
            for (i, case) in fixture.cases(op).iter().enumerate() {
                let shape = |name: &str| fixture.shape(&format!("{op}/{i}/{name}"));
                let x = shape("x");
                let y = shape("y");
                let kernel = sizes(case, "kernel");
                let stride = sizes(case, "stride");
                let input = [x[1], x[2]];
                let (output, found) = if op == "conv2d" {
                    let conv = ConvShape::new(input, x[3], y[3], kernel, stride, padding(case)).unwrap();
                    assert_eq!(shape("w"), [kernel[0], kernel[1], x[3], y[3]], "{file} {op} {i}");
                    assert_eq!((shape("b"), shape("db"), shape("dw")), (vec![y[3]], vec![y[3]], shape("w")));
                    known += 8;
                    (conv.output, conv.pads)
                } else {
                    let pool = PoolShape::new(input, x[3], kernel, stride, padding(case)).unwrap();
                    known += if file.starts_with("torch") { 5 } else { 4 };
                    (pool.output, pool.pads)
                };
                assert_eq!((output, found), ([y[1], y[2]], pads(case)), "{file} {op} {i}: {case}");
                assert_eq!((shape("dx"), shape("dy")), (x, y), "{file} {op} {i}");
            }
        }
        for op in ["dense", "matmul", "relu", "cross_entropy", "adam"] {
            let names: &[&str] = match (op, file.starts_with("torch")) {
                ("dense", false) => &["x", "w", "b", "dy", "y", "dx", "dw", "db"],
                ("matmul", true) => &["x", "w", "dy", "y", "dx", "dw"],
                ("relu", false) => &["x", "dy", "y", "dx"],
                ("cross_entropy", _) => &["x", "labels", "y", "losses", "dx"],
                ("adam", false) => &["start", "g", "w", "m", "v", "w_f64", "m_f64", "v_f64"],
                _ => continue,
            };
            for i in 0..fixture.cases(op).len() {
                for name in names {
                    assert!(!fixture.shape(&format!("{op}/{i}/{name}")).contains(&0), "{file} {op} {i} {name}");
                    known += 1;
                }
            }
        }
        assert_eq!(fixture.keys().len(), known, "{file}: a key that nothing expects");
    }
}
