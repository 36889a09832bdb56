//! Which tests a change is shown to, the quickest that should notice it first.

/// A run of one of the tests' programs.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stage {
    /// The program, by its name.
    pub program: &'static str,
    /// Only tests whose name contains one of these, or all.
    pub filters: Vec<String>,
}

/// Everything that may notice a wrong kernel.
const ALL: [(&str, &[&str]); 4] =
    [("operators", &["replicas::"]), ("stridelab", &["gpu::", "cpu::"]), ("operators", &[""]), ("training", &[""])];

/// The stages of a file, in order.
pub fn stages(file: &str) -> Vec<Stage> {
    let stem = file.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
    let own = format!("{}::", if stem == "conv2d_naive" { "conv2d" } else { stem });
    let quick: Vec<(&'static str, Vec<String>)> = if file.starts_with("shaders/plain/") {
        vec![("operators", vec![own])]
    } else if file.starts_with("shaders/shared/") {
        let users: &[&str] = match stem {
            "adam_step" => &["adam::"],
            "common" => &["relu::", "bias::"],
            "pixels" => &["conv2d::"],
            "tile" => &["matmul::", "conv2d::"],
            _ => &["fused::batches_of_one"],
        };
        vec![("operators", users.iter().map(|filter| filter.to_string()).collect())]
    } else if file.starts_with("shaders/fused/") {
        vec![("operators", vec!["fused::batches_of_one".into()])]
    } else if file.starts_with("src/cpu/fused/") {
        vec![("stridelab", vec!["cpu::fused::".into()])]
    } else {
        vec![("operators", vec!["gradients::".into(), own])]
    };
    let all = ALL.into_iter().map(|(program, filters)| (program, filters.iter().map(|f| f.to_string()).collect()));
    quick.into_iter().chain(all).map(|(program, filters)| Stage { program, filters }).collect()
}
