//! What the test targets share: the backends, the checker, deterministic data.
#![allow(dead_code, reason = "no target uses every helper")]

pub(crate) mod files;
pub(crate) mod fixtures;
pub(crate) mod training;
pub(crate) mod whole_step;

use std::sync::OnceLock;

#[allow(unused_imports, reason = "no target uses all of them")]
pub(crate) use stridelab::parity::{BACKWARD, FORWARD, norm_relative};
#[allow(unused_imports, reason = "no target uses all of them")]
pub(crate) use stridelab::reference::{self, norm, wide};

use stridelab::Result;
use stridelab::backend::Backend;
use stridelab::model::geometry::Pads;
use stridelab::random::Stream;

/// The CPU, then the GPU with and without the shaders' bounds checks. Every test of a process uses the same three.
pub(crate) fn backends() -> &'static [(&'static str, Backend); 3] {
    static BACKENDS: OnceLock<[(&'static str, Backend); 3]> = OnceLock::new();
    let open = |checked| match pollster::block_on(Backend::gpu(None, checked)) {
        Ok(backend) => backend,
        Err(error) => panic!("no adapter for the tests ({error}): run tests/run.sh, which sets up a software one"),
    };
    BACKENDS.get_or_init(|| [("cpu", Backend::Cpu), ("gpu", open(true)), ("gpu unchecked", open(false))])
}

/// Checks that the norm-relative error of `got` is at most `bound`. The report names the element that differs most.
pub(crate) fn compare(name: &str, got: &[f32], want: &[f64], bound: f64) -> Result<(), String> {
    if got.len() != want.len() {
        return Err(format!("{name}: {} elements, expected {}", got.len(), want.len()));
    }
    let difference = norm_relative(got, want);
    // The comparison is written so that NaN fails.
    #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN must fail")]
    if !(difference <= bound) {
        let off = |&i: &usize| {
            let d = (f64::from(got[i]) - want[i]).abs();
            if d.is_nan() { f64::INFINITY } else { d }
        };
        let worst = (0..got.len()).max_by(|a, b| off(a).total_cmp(&off(b))).unwrap_or(0);
        return Err(format!(
            "{name}: norm-relative difference {difference:e}, allowed {bound:e}; most at [{worst}]: {:e}, expected {:e}",
            got[worst], want[worst]
        ));
    }
    Ok(())
}

/// Panics with [`compare`]'s report.
#[track_caller]
pub(crate) fn close(name: &str, got: &[f32], want: &[f64], bound: f64) {
    if let Err(report) = compare(name, got, want, bound) {
        panic!("{report}");
    }
}

/// Panics at the first element that is not equal. NaN is equal to nothing.
#[track_caller]
pub(crate) fn exact<T: PartialEq + std::fmt::Debug>(name: &str, got: &[T], want: &[T]) {
    assert_eq!(got.len(), want.len(), "{name}: number of elements");
    for (i, (g, w)) in got.iter().zip(want).enumerate() {
        assert!(g == w, "{name}: [{i}] is {g:?}, expected {w:?}");
    }
}

/// Panics at the first element whose bits differ.
#[track_caller]
pub(crate) fn same_bits(name: &str, first: &[f32], second: &[f32]) {
    let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
    exact(&format!("{name}, repeated"), &bits(second), &bits(first));
}

/// Runs `call` twice on every backend. Both results must have the same bits, and their norm-relative error
/// may be at most `bound`, or, on a GPU, twice the CPU's error where that is larger.
#[track_caller]
pub(crate) fn on_all(name: &str, want: &[f64], bound: f64, call: impl Fn(&'static Backend) -> Vec<f32>) {
    let mut allowed = bound;
    for (backend_name, backend) in backends() {
        let name = format!("{name} on {backend_name}");
        let got = call(backend);
        close(&name, &got, want, allowed);
        same_bits(&name, &got, &call(backend));
        if matches!(backend, Backend::Cpu) {
            allowed = bound.max(2.0 * norm_relative(&got, want));
        }
    }
}

/// `len` numbers in [−1, 1). Each name gives another series.
pub(crate) fn data(name: &str, len: usize) -> Vec<f32> {
    let mut stream = Stream::new(0, &format!("test/{name}"));
    (0..len).map(|_| (stream.uniform() * 2.0 - 1.0) as f32).collect()
}

/// `len` numbers from `{−1, −½, 0, ½, 1}`. They have many ties, and sums of them are exact.
pub(crate) fn levels(name: &str, len: usize) -> Vec<f32> {
    let mut stream = Stream::new(0, &format!("test/{name}"));
    (0..len).map(|_| stream.below(5) as f32 / 2.0 - 1.0).collect()
}

/// `len` integers below `n`.
pub(crate) fn integers(name: &str, len: usize, n: u32) -> Vec<u32> {
    let mut stream = Stream::new(0, &format!("test/{name}"));
    (0..len).map(|_| stream.below(n)).collect()
}

/// The pads from an array of top, left, bottom and right.
pub(crate) fn pads([top, left, bottom, right]: [usize; 4]) -> Pads {
    Pads { top, left, bottom, right }
}

/// The result of a call. Panics with its error.
#[track_caller]
pub(crate) fn ok<T>(call: impl Future<Output = Result<T>>) -> T {
    pollster::block_on(call).unwrap_or_else(|error| panic!("{error}"))
}

/// Panics unless the call ends in a usage error.
#[track_caller]
pub(crate) fn refused<T>(what: &str, call: impl Future<Output = Result<T>>) {
    match pollster::block_on(call) {
        Err(stridelab::Error::Usage(message)) => assert!(!message.to_string().contains('\n'), "{what}: {message}"),
        Err(other) => panic!("{what}: another error: {other}"),
        Ok(_) => panic!("{what}: accepted"),
    }
}
