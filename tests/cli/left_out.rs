//! Networks that cannot be made are named and left out, and the others are trained, measured or described.

use super::tool::{Place, Ran, SIDES, idx};

/// A place with images of 14×14 in `data`: of the tutorial's four networks, stride 2 with `valid` cannot be made of them.
fn small_images() -> Place {
    let place = Place::empty();
    place.data("data", |name, bytes| match name.contains("images") {
        true => {
            let count = u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]) as usize;
            let pixels = (SIDES[0] * SIDES[1]) as usize;
            let cut: Vec<u8> = (0..count).flat_map(|i| bytes[16 + i * pixels..][..14 * 14].to_vec()).collect();
            Some(idx(&[count as u32, 14, 14], &cut))
        }
        false => Some(bytes),
    });
    place
}

fn warnings(ran: &Ran) -> Vec<&str> {
    ran.err.lines().filter(|line| line.starts_with("warning: ")).collect()
}

#[test]
fn training_goes_on_without_a_network_that_cannot_be_made() {
    let place = small_images();
    let ran = place.fine("--backend cpu --data data --epochs 1 --out run --quiet");
    let expected = "warning: stride 2, valid is left out: layer pool2, images of 14×14: ";
    assert!(ran.err.starts_with(expected) && ran.err.lines().count() == 1, "{}", ran.err);
    assert!(ran.err.ends_with("use larger images, use --stride 1, or use --padding same\n"), "{}", ran.err);
    assert!(ran.out.contains("stride 2, same") && !ran.out.contains("stride 2, valid"), "{}", ran.out);
    let run = place.json("run/run.json");
    let [left_out] = &run["left_out"].as_array().unwrap()[..] else { panic!("{}", run["left_out"]) };
    assert_eq!(left_out["network"], "stride 2, valid");
    assert!(left_out["reason"].as_str().unwrap().starts_with("layer pool2, images of 14×14: "), "{left_out}");
    assert_eq!((&run["status"], &run["totals"]["networks"]), (&"finished".into(), &3.into()));
    assert_eq!(place.read("run/metrics.csv").lines().count(), 4);
    assert!(!place.read("run/shapes.csv").contains("2,valid"));

    // What is advised helps.
    for advised in ["--stride 1 --padding valid", "--stride 2 --padding same"] {
        place.fine(&format!("--backend cpu --data data --epochs 1 --limit 8 --quiet {advised}"));
    }
    let ran = place.fine("--backend cpu --data data --epochs 1 --limit 8 --padding valid --json --out lines");
    let first: serde_json::Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!((&first["event"], &first["network"]), (&"left_out".into(), &"stride 2, valid".into()));
    assert!(ran.err.contains("1 network of 1 epoch") && !ran.err.contains("/2]"), "{}", ran.err);
}

#[test]
fn where_none_remains_it_is_an_error_and_nothing_is_written() {
    let place = small_images();
    let arguments = "--backend cpu --data data --padding valid --out run";
    place.refused(
        &format!("{arguments} --stride 2"),
        2,
        &["stride 2, valid: layer pool2, images of 14×14", "--stride 1"],
    );
    let words = ["stride 2, valid: layer pool2", "none of the other 2 networks can be made"];
    place.refused(&format!("{arguments} --stride 2,3,4"), 2, &words);
    assert!(!place.at("run").exists());
}

#[test]
fn describe_and_bench_go_on_as_well_and_name_their_own_options() {
    let place = Place::empty();
    let ran = place.fine("describe --stride 1,3 --padding valid");
    assert!(ran.out.starts_with("stride 1, valid") && !ran.out.contains("stride 3"), "{}", ran.out);
    let [line] = warnings(&ran)[..] else { panic!("{}", ran.err) };
    assert!(line.starts_with("warning: stride 3, valid is left out: layer pool2, images of 28×28: "), "{line}");
    assert!(line.ends_with("; use a larger --image, use a --stride of at most 2, or use --padding same"), "{line}");
    place.fine("describe --stride 3 --padding same");

    let ran = place.fine("bench --backend cpu --stride 2,3 --padding valid --batch-size 2 --out run");
    let [line] = warnings(&ran)[..] else { panic!("{}", ran.err) };
    assert!(line.starts_with("warning: stride 3, valid, batch 2 is left out: layer pool2"), "{line}");
    assert!(line.ends_with("; use a --stride of at most 2, or use --padding same"), "{line}");
    assert_eq!(place.json("run/bench.json")["left_out"][0]["network"], "stride 3, valid, batch 2");
    let ran = place.run("bench --backend cpu --stride 3 --padding valid --out never");
    assert!(ran.code == 2 && ran.err.contains("error: stride 3, valid, batch 64: layer pool2"), "{}", ran.err);
    let ran = place.run("bench --backend cpu --batch-size 60001 --out never");
    assert!(ran.code == 2 && ran.err.contains("choose from 1 to 60000 samples"), "{}", ran.err);
    for word in ["--limit", "image size", "kernel,", "more padding"] {
        assert!(!ran.err.contains(word), "{}", ran.err);
    }
    assert!(!place.at("never").exists(), "a directory was made for nothing");
}

/// No image may be as large as this stride needs.
#[test]
fn larger_images_are_advised_where_there_are_any() {
    for (image, advice) in
        [("4096x4096", "; use a --stride of at most 45\n"), ("4000x4000", "; use a --stride of at most 44\n")]
    {
        let ran = Place::empty().run(&format!("describe --stride 200 --image {image}"));
        assert!(ran.code == 2 && ran.err.ends_with(advice), "{}", ran.err);
    }
    let ran = Place::empty().run("describe --stride 1 --padding valid --image 4x4");
    assert!(ran.code == 2 && ran.err.contains("use a larger --image"), "{}", ran.err);
}
