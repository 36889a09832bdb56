//! Networks for which there is no memory are named and left out, and the others are trained or measured.

use super::faults::run_after;
use super::tool::{Place, idx, one_line};

/// Of two networks of large images the smaller one fits, and is trained; the other one is named.
#[test]
fn a_network_too_large_for_memory_is_left_out_by_name() {
    let place = Place::empty();
    let side = 160;
    place.data("data", |name, bytes| {
        let count = u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]).min(8);
        Some(match name.contains("images") {
            true => idx(&[count, side, side], &vec![9; (count * side * side) as usize]),
            false => idx(&[count], &bytes[8..][..count as usize]),
        })
    });
    let arguments = "--backend cpu --data data --padding same --batch-size 2 --epochs 1 --quiet";
    let limit = "export RAYON_NUM_THREADS=2; ulimit -v 200000";
    let ran = run_after(&place, limit, &format!("{arguments} --out run"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let expected = "warning: stride 1, same is left out: it needs ";
    assert!(ran.err.starts_with(expected) && ran.err.lines().count() == 1, "{}", ran.err);
    assert!(ran.err.contains(" of memory, and ulimit -v leaves "), "{}", ran.err);
    let run = place.json("run/run.json");
    assert_eq!((&run["status"], &run["left_out"][0]["network"]), (&"finished".into(), &"stride 1, same".into()));
    assert_eq!(place.read("run/models.csv").lines().count(), 2);
    // Alone it is refused, and nothing is written.
    let ran = run_after(&place, limit, &format!("{arguments} --stride 1 --out never"));
    one_line("the larger alone", &ran, 1, &["the largest network needs ", "ulimit -v leaves "]);
    assert!(!place.at("never").exists());
}

#[test]
fn bench_leaves_a_network_too_large_for_memory_out() {
    let place = Place::empty();
    let arguments = "bench --backend cpu --stride 2 --padding valid";
    let limit = "export RAYON_NUM_THREADS=2; ulimit -v 1200000";
    let ran = run_after(&place, limit, &format!("{arguments} --batch-size 2,40000 --out run"));
    assert_eq!(ran.code, 0, "{}", ran.err);
    let warnings: Vec<&str> = ran.err.lines().filter(|line| line.starts_with("warning: ")).collect();
    let [line] = warnings[..] else { panic!("{}", ran.err) };
    assert!(line.starts_with("warning: stride 2, valid, batch 40000 is left out: it needs "), "{line}");
    assert!(line.ends_with("; use a smaller --batch-size"), "{line}");
    let bench = place.json("run/bench.json");
    assert_eq!(bench["left_out"][0]["network"], "stride 2, valid, batch 40000");
    assert_eq!(bench["networks"].as_array().map(Vec::len), Some(1));
    let ran = run_after(&place, limit, &format!("{arguments} --batch-size 40000 --out never"));
    assert!(ran.code == 1 && ran.err.contains("error: the largest network needs "), "{}", ran.err);
    assert!(!place.at("never").exists());
}
