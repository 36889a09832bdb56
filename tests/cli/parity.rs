//! `stridelab parity`: this adapter against the CPU, as a user runs it.

use super::tool::{Place, needs_adapter};

#[test]
fn parity_holds_on_this_adapter() {
    let ran = Place::empty().run("parity");
    needs_adapter(&ran);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    for words in [
        "against the CPU, seed 0",
        "gather x",
        "softmax y",
        "conv2d dw",
        "max_pool dx",
        "global_average_pool dx",
        "dense dw",
        "cross-entropy dx",
        "adam v",
    ] {
        assert!(ran.out.contains(words), "{words} is missing in\n{}", ran.out);
    }
    let control = "stride 2, symmetric, pool none, head gap, crop 10";
    for configuration in ["stride 1, same", "stride 2, same", "stride 1, valid", "stride 2, valid", control] {
        let rows: Vec<&str> =
            ran.out.lines().skip_while(|line| !line.starts_with(configuration)).skip(1).take(14).collect();
        assert!(rows.len() == 14 && rows.iter().all(|row| row.ends_with(" ok")), "{configuration}: {}", ran.out);
        for row in ["losses", "d conv1.weight", "d dense2.bias", "first moment", "second moment", "weights"] {
            assert!(rows.iter().any(|line| line.starts_with(row)), "{configuration}, {row}: {}", ran.out);
        }
    }
    let verdict = ran.out.lines().last().unwrap_or_default();
    assert!(verdict.starts_with("GPU and CPU agree: of ") && !ran.out.contains("FAILED"), "{}", ran.out);
    // In each table the columns stand below one another.
    for table in ran.out.split("\n\n") {
        let ends: Vec<usize> = table.lines().filter(|l| l.ends_with(" ok")).map(|l| l.chars().count()).collect();
        assert!(ends.iter().all(|end| *end == ends[0]), "{table}");
    }
}
