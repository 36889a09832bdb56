//! Statistics against scipy's values of the same samples.

use serde::Deserialize;
use stridelab::analysis::statistics::*;

#[derive(Deserialize)]
struct Fixture {
    cases: Vec<Case>,
    holm: Holm,
    mcnemar: Vec<Discordance>,
    seeds_to_decide: Vec<Decision>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    a: Vec<f64>,
    b: Vec<f64>,
    margin: f64,
    mean: f64,
    sd: f64,
    interquartile_mean: f64,
    bca: [f64; 2],
    sign_flip: f64,
    two_sample: f64,
    equivalence: f64,
    superiority: f64,
    kendall_tau: f64,
}

#[derive(Deserialize)]
struct Holm {
    p: Vec<f64>,
    adjusted: Vec<f64>,
}

#[derive(Deserialize)]
struct Discordance {
    first_only: u64,
    second_only: u64,
    p: f64,
}

#[derive(Deserialize)]
struct Decision {
    effect: f64,
    sd: f64,
    seeds: usize,
}

fn fixture() -> Fixture {
    serde_json::from_str(include_str!("../fixtures/statistics.json")).unwrap()
}

/// Fails where two numbers differ by more than `allowed`, NaN included.
fn close(name: &str, got: f64, want: f64, allowed: f64) {
    assert!((got - want).abs() <= allowed, "{name}: {got}, scipy has {want} (allowed {allowed})");
}

#[test]
fn summaries_and_orders_are_scipys() {
    for case in fixture().cases {
        let differences: Vec<f64> = case.a.iter().zip(&case.b).map(|(a, b)| a - b).collect();
        let exact = |what: &str, got, want: f64| close(&format!("{}: {what}", case.name), got, want, 1e-12);
        exact("mean", mean(&case.a), case.mean);
        exact("sd", standard_deviation(&case.a), case.sd);
        exact("interquartile mean", interquartile_mean(&case.a), case.interquartile_mean);
        exact("superiority", superiority(&differences), case.superiority);
        exact("tau", kendall_tau(&case.a, &case.b).unwrap(), case.kendall_tau);
        let equivalent = equivalence(&differences, case.margin).unwrap();
        close(&format!("{}: TOST", case.name), equivalent, case.equivalence, 1e-9);
    }
}

/// Ten thousand resamples place an end of a 95 % interval to about 2 % of its width (one standard error).
#[test]
fn intervals_are_scipys_up_to_resampling() {
    for case in fixture().cases {
        let Interval { low, high } = bca(&case.a, 0.95, mean).unwrap();
        let width = case.bca[1] - case.bca[0];
        close(&format!("{}: low", case.name), low, case.bca[0], 0.06 * width);
        close(&format!("{}: high", case.name), high, case.bca[1], 0.06 * width);
    }
}

#[test]
fn permutation_tests_are_scipys() {
    for case in fixture().cases {
        let differences: Vec<f64> = case.a.iter().zip(&case.b).map(|(a, b)| a - b).collect();
        // Both are exact for small samples; scipy counts its own arrangement in, drawn ones scatter by √(p(1 − p)/65536).
        let drawn = |p: f64| 5.0 * (p.max(2e-5) * (1.0 - p) / 65536.0).sqrt() + 2.0 / 65536.0;
        let allowed = |p, exact: bool| if exact { 1e-12 } else { drawn(p) };
        let n = differences.len();
        close(
            &format!("{}: flips", case.name),
            sign_flip(&differences),
            case.sign_flip,
            allowed(case.sign_flip, n <= 16),
        );
        let p = two_sample(&case.a, &case.b);
        close(&format!("{}: two samples", case.name), p, case.two_sample, allowed(case.two_sample, n <= 10));
    }
}

#[test]
fn corrections_and_counts_are_scipys() {
    let fixture = fixture();
    for (got, want) in holm(&fixture.holm.p).into_iter().zip(fixture.holm.adjusted) {
        close("Holm", got, want, 1e-15);
    }
    for Discordance { first_only, second_only, p } in fixture.mcnemar {
        close(&format!("McNemar {first_only}, {second_only}"), mcnemar(first_only, second_only), p, 1e-9);
    }
    for Decision { effect, sd, seeds } in fixture.seeds_to_decide {
        let got = seeds_to_decide(effect, sd, 0.05, 0.8).unwrap();
        assert!(got.abs_diff(seeds) <= 1, "effect {effect}, sd {sd}: {got} seeds, exactly {seeds}");
    }
}

#[test]
fn samples_that_say_nothing_decide_nothing() {
    assert_eq!(sign_flip(&[]), 1.0);
    assert_eq!(sign_flip(&[0.0; 9]), 1.0);
    assert_eq!(sign_flip(&[0.3; 6]), 2.0 / 64.0);
    assert_eq!(two_sample(&[], &[1.0]), 1.0);
    assert_eq!(bca(&[1.0], 0.95, mean), None);
    assert_eq!(bca(&[1.0, f64::NAN], 0.95, mean), None);
    assert_eq!(bca(&[0.5; 8], 0.95, mean), Some(Interval { low: 0.5, high: 0.5 }));
    assert_eq!(equivalence(&[0.1], 1.0), None);
    assert_eq!(equivalence(&[0.1; 5], 1.0), Some(0.0));
    assert_eq!(kendall_tau(&[1.0, 1.0], &[1.0, 2.0]), None);
    assert_eq!(seeds_to_decide(0.0, 1.0, 0.05, 0.8), None);
    assert_eq!(seeds_to_decide(1.0, f64::NAN, 0.05, 0.8), None);
    assert!(holm(&[]).is_empty());
    assert!(mean(&[]).is_nan() && standard_deviation(&[1.0]).is_nan() && superiority(&[]).is_nan());
}

/// Seeds whose errors are independent from image to image differ by chance alone; seeds of two sorts do not.
#[test]
fn variance_is_split_between_test_set_and_models() {
    let mut stream = stridelab::random::Stream::new(7, "test");
    let mut split = |accuracy_of_seed: &dyn Fn(usize) -> f64| {
        let (seeds, images) = (40, 2000);
        let mut by_image = vec![0; images];
        let mut by_seed = vec![0; seeds];
        for (seed, of_seed) in by_seed.iter_mut().enumerate() {
            for of_image in &mut by_image {
                let right = u32::from(stream.uniform() < accuracy_of_seed(seed));
                *of_image += right;
                *of_seed += right;
            }
        }
        VarianceSplit::of(&by_image, &by_seed).unwrap()
    };
    let chance = split(&|_| 0.9);
    close("independent errors", chance.test_set, 0.9 * 0.1 / 2000.0, 0.03 * 4.5e-5);
    assert!(chance.observed < 2.0 * chance.test_set, "{chance:?}");
    let sorts = split(&|seed| if seed % 2 == 0 { 0.88 } else { 0.92 });
    close("difference of models", sorts.models, 4e-4, 0.5e-4);
    assert_eq!(VarianceSplit::of(&[1, 1], &[2]), None);
    assert_eq!(VarianceSplit::of(&[], &[0, 0]), None);
}
