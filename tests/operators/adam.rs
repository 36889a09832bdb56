//! Adam's update on every backend: Keras' own steps, float64 and errors.

use crate::common::fixtures::Fixture;
use crate::common::{FORWARD, backends, close, compare, data, norm, ok, on_all, reference, refused, wide};
use stridelab::eager::{AdamState, adam};
use stridelab::ops::adam::AdamParameters;

/// Ten steps from zero moments. Each step starts from the state that the step before has left.
#[test]
fn keras_golden_values() {
    let fixture = Fixture::open("keras/operators");
    let parameters = AdamParameters::default();
    let g = fixture.f32("adam/0/g");
    let start = fixture.f32("adam/0/start");
    let len = start.len();
    let exact = ["w", "m", "v"].map(|name| fixture.f64(&format!("adam/0/{name}_f64")));
    let keras = wide(&fixture.f32("adam/0/w"));
    for (backend, b) in backends() {
        let mut state = AdamState { w: start.clone(), m: vec![0.0; len], v: vec![0.0; len] };
        for t in 0..10 {
            let alpha = parameters.alpha(1e-3, t as u32 + 1);
            let step = t * len..(t + 1) * len;
            state = ok(adam(b, parameters, alpha, state.as_slices(), &g[step.clone()]));
            for ((name, got), want) in state.as_slices().named().into_iter().zip(&exact) {
                close(&format!("{name} after step {} on {backend}", t + 1), got, &want[step.clone()], FORWARD);
            }
            // Keras computes α in float32 (see the fixtures' README), and each step rounds w.
            let update = |w: &[f64]| w.iter().zip(&start).map(|(w, s)| w - f64::from(*s)).collect::<Vec<_>>();
            let ours = update(&wide(&state.w));
            let theirs = update(&keras[step]);
            let off: Vec<f64> = ours.iter().zip(&theirs).map(|(a, b)| a - b).collect();
            let rounding = 2.0 * (t + 1) as f64 * f64::from(f32::EPSILON) / 2.0 * norm(&wide(&start));
            let allowed = 3e-5 * norm(&theirs) + rounding;
            assert!(norm(&off) <= allowed, "step {} on {backend}: {:e}, allowed {allowed:e}", t + 1, norm(&off));
        }
    }
}

/// With w = 0 the new w is the update itself, so that w does not hide the rounding of the update.
#[test]
fn float64() {
    let other = AdamParameters { beta1: 0.5, beta2: 0.75, epsilon: 1e-2 };
    for parameters in [AdamParameters::default(), other] {
        for (len, t) in [(1, 1), (2, 2), (63, 3), (64, 10), (65, 100), (257, 938), (70_001, 5)] {
            let alpha = parameters.alpha(1e-3, t);
            let w = vec![0.0; len];
            let m = data("m", len);
            let g = data("g", len);
            let v: Vec<f32> = data("v", len).iter().map(|v| v * v + 1e-3).collect();
            let state = AdamState { w: &w[..], m: &m, v: &v };
            let want = reference::adam(parameters, f64::from(alpha), state.map(wide).as_slices(), &wide(&g));
            let new = |b| ok(adam(b, parameters, alpha, state, &g));
            let name = |tensor| format!("{tensor} of {len} at step {t}");
            on_all(&name("w"), &want.w, FORWARD, |b| new(b).w);
            on_all(&name("m"), &want.m, FORWARD, |b| new(b).m);
            on_all(&name("v"), &want.v, FORWARD, |b| new(b).v);
        }
    }
}

/// The α of step t against the published formula, with β₁ᵗ and β₂ᵗ computed as products.
#[test]
fn alpha_follows_the_formula() {
    let parameters = AdamParameters::default();
    let mut beta1 = 1.0;
    let mut beta2 = 1.0;
    for t in 1..=1000 {
        (beta1, beta2) = (beta1 * 0.9, beta2 * 0.999);
        let want = 1e-3 * f64::sqrt(1.0 - beta2) / (1.0 - beta1);
        assert_eq!(compare("alpha", &[parameters.alpha(1e-3, t)], &[want], 1e-7), Ok(()), "step {t}");
    }
}

/// A zero gradient with zero moments changes nothing: the quotient is 0/(0 + ε) and not 0/0.
#[test]
fn nothing_moves_without_a_gradient() {
    for (backend, b) in backends() {
        let parameters = AdamParameters::default();
        let zero = [0.0; 5];
        let state = AdamState { w: &[1.0; 5][..], m: &zero, v: &zero };
        let new = ok(adam(b, parameters, parameters.alpha(1e-3, 1), state, &zero));
        assert_eq!(new.as_slices(), state, "{backend}");
    }
}

#[test]
fn wrong_lengths_are_errors() {
    let p = AdamParameters::default();
    let five = [0.0; 5];
    let four = [0.0; 4];
    for (_, b) in backends() {
        let state = AdamState { w: &five[..], m: &five, v: &five };
        refused("short m", adam(b, p, 1.0, AdamState { m: &four, ..state }, &five));
        refused("short v", adam(b, p, 1.0, AdamState { v: &four, ..state }, &five));
        refused("short g", adam(b, p, 1.0, state, &four));
        refused("short w", adam(b, p, 1.0, AdamState { w: &four, ..state }, &five));
        refused("nothing", adam(b, p, 1.0, AdamState { w: &[], m: &[], v: &[] }, &[]));
    }
}
