//! `report.html`: at the end of a run, of a study, and from records.

use super::tool::Place;

const RUN: &str = "--backend cpu --data data --stride 2 --epochs 1 --quiet";

#[test]
fn a_run_ends_with_its_page() {
    let place = Place::new();
    let ran = place.fine(&format!("{RUN} --out one"));
    assert!(ran.out.trim_end().ends_with("the page: one/report.html"), "{}", ran.out);
    let html = place.read("one/report.html");
    assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"));
    for part in ["id=\"weights-stride2-same\"", "id=\"weights-stride2-valid\"", "id=\"figure-accuracy\"", "claim-24"] {
        assert!(html.contains(part), "{part}");
    }
    let ran = place.fine(&format!("{RUN} --out none --no-report"));
    assert!(!ran.out.contains("report.html") && !place.at("none/report.html").exists(), "{}", ran.out);
    let ran = place.fine(&format!("{RUN} --out lines --json"));
    let last = ran.out.lines().last().unwrap();
    assert!(last.contains("\"event\":\"done\"") && place.at("lines/report.html").exists(), "{}", ran.out);
}

#[test]
fn the_page_is_made_again_from_the_records() {
    let place = Place::new();
    place.fine(&format!("{RUN} --seeds 2 --out two"));
    let first = place.read("two/report.html");
    std::fs::remove_file(place.at("two/report.html")).unwrap();
    let ran = place.fine("report two --data data");
    assert!(ran.out.trim_end().ends_with("the page: two/report.html"), "{}", ran.out);
    let again = place.read("two/report.html");
    assert_eq!(again.len(), first.len());
    assert_eq!(again, first);
    // Packed records have no weights; the networks of another run stand in the page.
    place.fine("merge two --out two.tar.gz");
    place.fine("report two.tar.gz --data data --out packed");
    assert!(!place.read("packed/report.html").contains("id=\"weights-"));
    place.fine("report two.tar.gz two --data data --out both");
    assert!(place.read("both/report.html").contains("id=\"weights-stride2-same\""));
    // A damaged file counts as none.
    std::fs::write(place.at("two/weights/stride2-same-seed0.safetensors"), "no weights").unwrap();
    place.fine("report two --data data");
    let html = place.read("two/report.html");
    assert!(html.contains("stride2-same-seed1.safetensors") && !html.contains("stride2-same-seed0.safetensors"));
    std::fs::create_dir(place.at("bench")).unwrap();
    let seed = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/bench_json/bench.json");
    std::fs::copy(seed, place.at("bench/bench.json")).unwrap();
    place.fine("report two --data data --bench bench");
    assert!(place.read("two/report.html").contains("id=\"figure-cost\""));
    let error = place.run("report two --data data --bench two");
    assert!(error.code == 4 && error.err.contains("two/bench.json"), "{}", error.err);
}
