//! Which tests a change is shown to, the quickest that should notice it first.

use crate::mutant::Mutant;

/// A run of one of the tests' programs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stage {
    /// The program, by its name.
    pub program: &'static str,
    /// Only tests whose name contains one of these, or all.
    pub filters: Vec<String>,
}

type Tests = (&'static str, &'static [&'static str]);

/// The tests that notice a wrong stride from one replica to the next, and a sum that is cut wrongly.
const REPLICAS: &[&str] = &["small::plain_operations"];
const SMALL_BOUNDS: &[&str] = &["long_loops::small_bounds"];
/// Those of grids of several rows.
const ROWS: &[&str] = &["small::rows"];
/// Those of what a kernel writes past its tensor.
const GAPS: &[&str] = &["gpu::tests::gaps"];
/// Those of what is replaced by fused kernels, and of their constants.
const CONSTANTS: &[&str] = &["gpu::fused::"];

/// Shaders of plain operations, and what they share.
const PLAIN_SHADERS: [Tests; 8] = [
    ("operators", REPLICAS),
    ("stridelab", &["gpu::tests::gaps::plain"]),
    ("operators", SMALL_BOUNDS),
    ("operators", ROWS),
    ("operators", &["small::wide_plain"]),
    ("operators", &["long_loops::", "replicas::"]),
    ("stridelab", &["gpu::"]),
    ("training", &["classes::", "gradients::"]),
];
const FUSED_SHADERS: [Tests; 10] = [
    ("operators", &["small::fused"]),
    ("operators", &["small::wide_apart", "small::wide_merged", "small::wide_four"]),
    ("stridelab", CONSTANTS),
    ("operators", ROWS),
    ("stridelab", GAPS),
    ("operators", &["small::control"]),
    ("operators", &["fused_exact::", "fused::nan"]),
    ("operators", &["fused"]),
    ("operators", &["replicas::"]),
    ("stridelab", &["gpu::"]),
];
const TILED_SHADERS: [Tests; 9] = [
    ("operators", &["small::tiled"]),
    ("operators", &["small::every_tile"]),
    ("stridelab", &["gpu::tests::gaps::tiled", "gpu::fused::"]),
    ("operators", &["small::wide_tiled", "small::control", "fused_exact::the_", "fused_exact::equal"]),
    ("operators", ROWS),
    ("operators", &["tiled::they_compute", "tiled::as_many"]),
    ("operators", &["tiled::"]),
    ("stridelab", GAPS),
    ("stridelab", &["gpu::"]),
];
const PLAIN_KERNELS: [Tests; 3] =
    [("stridelab", &["cpu::"]), ("operators", &["replicas::"]), ("training", &["keras::"])];
const FUSED_KERNELS: [Tests; 4] = [
    ("stridelab", &["cpu::fused::"]),
    ("operators", &["fused"]),
    ("operators", &["replicas::"]),
    ("training", &["keras::"]),
];

/// The stages of a change, in order.
pub fn stages(mutant: &Mutant) -> Vec<Stage> {
    let mut stages = of_file(&mutant.file);
    let names = |words: &[&str]| words.iter().any(|word| mutant.before.contains(word));
    let first = match mutant.file.starts_with("shaders/plain/") {
        true if names(&["ADDS", "FIRST", "END"]) => SMALL_BOUNDS,
        true if names(&["id.z *", "group.z *"]) => REPLICAS,
        _ => &[],
    };
    if let Some(i) = stages.iter().position(|stage| stage.filters == first) {
        stages[..=i].rotate_right(1);
    }
    stages
}

/// The stages of a file, in order.
fn of_file(file: &str) -> Vec<Stage> {
    let stem = file.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
    let stage = |(program, filters): (&'static str, &[&str])| {
        let filters = filters.iter().map(|filter| filter.to_string()).collect();
        Stage { program, filters }
    };
    let (first, then): (Option<Vec<String>>, &[Tests]) = match file {
        _ if file.starts_with("shaders/tiled/") || ["product", "winner"].contains(&stem) => (None, &TILED_SHADERS),
        _ if file.starts_with("shaders/fused/") || ["subgroup", "windows"].contains(&stem) => (None, &FUSED_SHADERS),
        _ if file.starts_with("shaders/") => (None, &PLAIN_SHADERS),
        _ if file.starts_with("src/cpu/fused/") => (Some(vec![module(file)]), &FUSED_KERNELS),
        _ => (Some([vec!["gradients::".into()], operations(stem)].concat()), &PLAIN_KERNELS),
    };
    let program = if file.starts_with("src/cpu/fused/") { "stridelab" } else { "operators" };
    let first = first.map(|filters| Stage { program, filters });
    let mut stages: Vec<Stage> = first.into_iter().chain(then.iter().copied().map(stage)).collect();
    if stem == "peak" {
        return vec![stage(("stridelab", &["gpu::peak::"]))];
    }
    if then == PLAIN_SHADERS {
        let of_operations = Stage { program, filters: operations(stem) };
        // A small case first, where all of them take longer.
        match small(stem) {
            Some(test) => {
                stages.insert(0, stage(("operators", &[test])));
                stages.insert(2, of_operations);
            }
            None => stages.insert(0, of_operations),
        }
    }
    stages
}

/// The small case of what a plain shader computes.
fn small(stem: &str) -> Option<&'static str> {
    match stem {
        "conv2d" | "pixels" | "tile" => Some("small::conv2d"),
        "conv2d_naive" => Some("small::naive_conv2d"),
        "global_average_pool" => Some("small::control"),
        "matmul" => Some("small::matmul"),
        "max_pool" => Some("small::max_pool"),
        "softmax_cross_entropy" => Some("small::softmax"),
        "softmax_wide" => Some("small::softmax_of_many"),
        _ => None,
    }
}

/// The tests of the module that a file of fused kernels belongs to.
fn module(file: &str) -> String {
    let part = file.trim_start_matches("src/cpu/fused/").split(['/', '.']).next().unwrap_or_default();
    match part {
        "conv_pool" | "gather" | "im2col" | "matmul" => format!("cpu::fused::{part}::"),
        _ => "cpu::fused::".into(),
    }
}

/// The tests of the operations that a file of plain kernels computes.
fn operations(stem: &str) -> Vec<String> {
    let operations: &[&str] = match stem {
        "adam_step" => &["adam"],
        "common" => &["relu", "bias"],
        "pixels" | "conv2d_naive" => &["conv2d"],
        "softmax_wide" => &["long_loops::small_bounds", "long_loops::rows_of", "softmax_cross_entropy"],
        "tile" => &["matmul", "conv2d"],
        _ => &[stem],
    };
    let filter = |name: &&str| if name.contains("::") { name.to_string() } else { format!("{name}::") };
    operations.iter().map(filter).collect()
}
