//! `stridelab parity`: this adapter against the CPU, as a user runs it.

use std::process::Command;

#[test]
fn parity_holds_on_this_adapter() {
    let output = Command::new(env!("CARGO_BIN_EXE_stridelab")).args(["parity", "--seed", "7"]).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_ne!(
        output.status.code(),
        Some(3),
        "no adapter for the tests ({err}): run tests/run.sh, which sets up a software one"
    );
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    for words in [
        "against the CPU, seed 7",
        "gather x",
        "softmax y",
        "conv2d dw",
        "max_pool dx",
        "dense dw",
        "cross-entropy dx",
        "adam v",
    ] {
        assert!(out.contains(words), "{words} is missing in\n{out}");
    }
    for configuration in ["stride 1, same", "stride 2, same", "stride 1, valid", "stride 2, valid"] {
        assert!(out.lines().any(|line| line.starts_with(configuration) && line.ends_with("ok")), "{out}");
    }
    assert!(!out.contains("FAILED"), "{out}");
}
