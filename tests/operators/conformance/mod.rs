//! Runs the cases of other projects' test suites through `stridelab::eager`, on both backends.
//!
//! `STRIDELAB_CONFORMANCE` names the directories of the cases, separated as in `PATH`. Each holds `index.json` and
//! `.npy` files. Each case states its tolerance. Nothing is compared where the variable is unset.

mod case;
mod compare;
mod linear;
mod pointwise;
mod spatial;
mod tensor;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;

use crate::common::backends;
use case::Case;
use stridelab::backend::Backend;
use tensor::Tensor;

const VARIABLE: &str = "STRIDELAB_CONFORMANCE";

/// Operators that stridelab does not have. `flatten` is a reshape that moves no data, and `argmax` is part of the
/// loss kernel.
const NOT_OURS: [&str; 2] = ["flatten", "argmax"];

/// The least number of cases that apply, of the directories with these names: 996 together. A directory of another
/// name holds at least one.
const APPLICABLE: [(&str, usize); 2] = [("conformance", 325), ("conformance2", 671)];

/// Cases that may fail, by `suite/name`, with the reason.
const EXCUSED: [(&str, &str); 0] = [];

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Results by name. A case may want only some of them.
type Outputs = Vec<(String, Tensor)>;

fn named<const N: usize>(outputs: [(&str, Tensor); N]) -> Result<Outputs> {
    Ok(outputs.map(|(name, tensor)| (name.to_string(), tensor)).into())
}

fn run(backend: &Backend, case: &Case) -> Result<Outputs> {
    match case.op.as_str() {
        "conv2d_fwd" => spatial::conv2d(backend, case, false),
        "conv2d_relu_fwd" => spatial::conv2d(backend, case, true),
        "conv2d_bwd_input" => spatial::conv2d_backward_input(backend, case),
        "conv2d_bwd" => spatial::conv2d_backward(backend, case),
        "maxpool2d_fwd" => spatial::max_pool(backend, case),
        "maxpool2d_bwd" => spatial::max_pool_backward(backend, case),
        "gemm" => linear::gemm(backend, case),
        "matmul" => linear::matmul(backend, case),
        "matmul_bwd" => linear::matmul_backward(backend, case),
        "dense_bwd" => linear::dense_backward(backend, case),
        "relu_fwd" => pointwise::relu(backend, case),
        "softmax_fwd" => pointwise::softmax(backend, case, false),
        "log_softmax_fwd" => pointwise::softmax(backend, case, true),
        "nll_loss_fwd" => pointwise::loss(backend, case, false),
        "softmax_xent_fwd" => pointwise::loss(backend, case, true),
        "adam_step" => pointwise::adam_step(backend, case),
        "adam_trajectory" => pointwise::adam_trajectory(backend, case),
        other => Err(format!("the harness does not know the operator {other}").into()),
    }
}

/// Compares every output that the case wants.
fn check(backend: &Backend, case: &Case) -> std::result::Result<(), String> {
    let outputs = run(backend, case).map_err(|error| error.to_string())?;
    if case.tensors.outputs.is_empty() {
        return Err("wants nothing".into());
    }
    for (name, want) in &case.tensors.outputs {
        let (_, got) = outputs.iter().find(|(n, _)| n == name).ok_or_else(|| format!("no output {name}"))?;
        compare::compare(got, want, case.tol).map_err(|difference| format!("{name}{difference}"))?;
    }
    Ok(())
}

/// Runs all cases. Returns a table of the results and the failures by label.
fn run_all(backend: &Backend, cases: &[Case]) -> (String, BTreeMap<String, String>) {
    let mut counts: BTreeMap<(&str, &str), [usize; 2]> = BTreeMap::new();
    let mut failures = BTreeMap::new();
    for case in cases {
        let count = counts.entry((&case.suite, &case.op)).or_default();
        count[1] += 1;
        match check(backend, case) {
            Ok(()) => count[0] += 1,
            Err(error) => _ = failures.insert(case.label(), error),
        }
    }
    let mut table = format!("conformance, {}: passed/applicable by suite and operator\n", backend.name());
    for ((suite, op), [passed, all]) in &counts {
        _ = writeln!(table, "  {suite:<16}{op:<18}{passed:>4}/{all}");
    }
    _ = writeln!(table, "  {:<34}{:>4}/{}", "all", cases.len() - failures.len(), cases.len());
    (table, failures)
}

/// Writes to stderr directly, because the output of a passing test is captured.
fn say(text: &str) {
    _ = writeln!(std::io::stderr(), "{}", text.trim_end());
}

/// The cases that apply of all directories of a list.
fn cases_of(directories: &OsStr) -> Result<Vec<Case>> {
    let mut all = Vec::new();
    for directory in std::env::split_paths(directories).filter(|path| !path.as_os_str().is_empty()) {
        let mut cases = Case::all(&directory)?;
        cases.retain(|case| !NOT_OURS.contains(&case.op.as_str()));
        let (found, wanted) = (cases.len(), least(&directory));
        if found < wanted {
            return Err(format!("{}: {found} cases, expected {wanted} or more", directory.display()).into());
        }
        all.extend(cases);
    }
    let mut labels = BTreeSet::new();
    match all.iter().map(Case::label).find(|label| !labels.insert(label.clone())) {
        Some(twice) => Err(format!("{twice} is there twice").into()),
        None if all.is_empty() => Err("no directory is named".into()),
        None => Ok(all),
    }
}

fn least(directory: &Path) -> usize {
    let known = APPLICABLE.iter().find(|(name, _)| directory.ends_with(name));
    known.map_or(1, |(_, least)| *least)
}

#[test]
fn cases_pass_on_both_backends() {
    let Some(directories) = std::env::var_os(VARIABLE) else {
        say(&format!("conformance: nothing was compared, {VARIABLE} does not name the directories of the cases"));
        return;
    };
    let cases = cases_of(&directories).unwrap_or_else(|error| panic!("{VARIABLE}: {error}"));
    let mut report = String::new();
    // The third backend is the second one without bounds checks.
    for (_, backend) in &backends()[..2] {
        let (table, failures) = run_all(backend, &cases);
        say(&table);
        for (label, error) in &failures {
            match EXCUSED.iter().find(|(excused, _)| excused == label) {
                Some((_, reason)) => say(&format!("  {label} may fail: {reason}")),
                None => _ = writeln!(report, "{} {label}: {error}", backend.name()),
            }
        }
        for (excused, _) in EXCUSED.iter().filter(|(excused, _)| !failures.contains_key(*excused)) {
            _ = writeln!(report, "{} {excused}: passes or does not exist, yet it is excused", backend.name());
        }
    }
    assert!(report.is_empty(), "cases failed:\n{report}");
}

/// Directories of cases that need no tensors.
#[test]
fn every_directory_of_the_list_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let write = |directory: &str, operators: &[&str]| {
        let directory = folder.path().join(directory);
        std::fs::create_dir(&directory).unwrap();
        let case = |op: &&str| {
            serde_json::json!({
                "suite": directory.file_name().unwrap().to_str(), "name": op, "op": op, "attrs": {},
                "inputs": {}, "outputs": {}, "tol": {"kind": "ulp", "ulp": 0},
            })
        };
        let index = serde_json::json!({ "cases": operators.iter().map(case).collect::<Vec<_>>() });
        std::fs::write(directory.join("index.json"), index.to_string()).unwrap();
        directory
    };
    let (first, second) = (write("first", &["gemm", "argmax"]), write("second", &["matmul", "relu_fwd"]));
    let (short, useless) = (write("conformance2", &["gemm"]), write("useless", &["flatten"]));
    let of = |directories: &[&Path]| cases_of(&std::env::join_paths(directories).unwrap());
    let labels = |cases: Vec<Case>| cases.iter().map(Case::label).collect::<Vec<_>>();
    let both = of(&[&first, Path::new(""), &second]).map(labels).unwrap();
    assert_eq!(both, ["first/gemm", "second/matmul", "second/relu_fwd"]);
    let missing = folder.path().join("third");
    for (list, words) in [
        (&[first.as_path(), &missing][..], "third"),
        (&[first.as_path(), &short], "conformance2: 1 cases, expected 671 or more"),
        (&[first.as_path(), &useless], "useless: 0 cases, expected 1 or more"),
        (&[first.as_path(), &first], "first/gemm is there twice"),
        (&[Path::new("")], "no directory"),
    ] {
        let error = of(list).map(labels).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
}
