//! `claims` and `report`: what is said beside the verdicts.

use super::tool::Place;

const RUN: &str = "--backend cpu --data data --stride 2 --epochs 1 --quiet";

#[test]
fn the_scatter_between_seeds_is_split_and_single_models_are_compared() {
    let place = Place::new();
    place.fine(&format!("{RUN} --out one"));
    place.fine(&format!("{RUN} --seeds 3 --out three"));
    let claims = |run: &str| {
        let ran = place.fine(&format!("claims {run} --data data"));
        (ran.out.split_whitespace().collect::<Vec<_>>().join(" "), place.json(&format!("{run}/claims.json")))
    };
    let (text, json) = claims("one");
    let words = "stride 2, same and stride 2, valid, seed 0: of 40 test images the first alone is right on ";
    assert!(text.contains(words) && text.contains("(McNemar, p "), "{text}");
    assert!(place.read("one/claims.md").contains(&format!("\n\n- {words}")), "{}", place.read("one/claims.md"));
    assert_eq!((json["mcnemar"].as_array().map(Vec::len), &json["variance_split"]), (Some(1), &serde_json::json!([])));
    assert!(json["mcnemar"][0]["sentence"].as_str().is_some_and(|sentence| sentence.starts_with(words)), "{json}");

    let (text, json) = claims("three");
    for network in ["stride 2, same", "stride 2, valid"] {
        assert!(text.contains(&format!("{network}: accuracy scatters between 3 seeds with an sd of ")), "{text}");
    }
    assert!(text.contains("independent errors on 40 test images alone give ") && !text.contains("McNemar"), "{text}");
    let [same, _] = &json["variance_split"].as_array().unwrap()[..] else { panic!("{json}") };
    let [observed, test_set, models] = ["observed", "test_set", "models"].map(|name| same[name].as_f64().unwrap());
    assert!(models == (observed - test_set).max(0.0) && same["n"] == 3, "{same}");
    place.fine("report three --data data");
    assert_eq!(place.read("three/variance_split.csv").lines().count(), 3);
    place.fine("report one --data data");
    assert!(
        place.read("one/mcnemar.csv").contains(",stride2-valid,0,40,") && !place.at("one/variance_split.csv").exists()
    );
}
