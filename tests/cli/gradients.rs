//! `--log-gradients`: what is written, and that nothing else depends on it.

use std::fs;

use super::tool::{Place, TINY};

#[test]
fn norms_are_written_every_so_many_steps_and_nothing_else_changes() {
    let place = Place::new();
    let run = format!("{TINY} --epochs 2 --seeds 2 --quiet");
    place.fine(&format!("{run} --out plain"));
    let ran = place.fine(&format!("{run} --log-gradients 2 --out run"));
    assert!(ran.out.contains("gradients.csv"), "{}", ran.out);
    let text = place.read("run/gradients.csv");
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("stride,padding,kernel,pool,head,crop,seed,step,tensor,norm"));
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    // Of three steps an epoch, two epochs and eight tensors.
    let steps: Vec<(&str, &str)> = rows.iter().map(|row| (row[6], row[7])).collect();
    let expected = [("0", "2"), ("1", "2"), ("0", "4"), ("0", "6"), ("1", "4"), ("1", "6")];
    assert_eq!(steps, expected.into_iter().flat_map(|step| [step; 8]).collect::<Vec<_>>());
    assert!(rows.iter().all(|row| row[9].parse::<f64>().is_ok_and(|norm| norm > 0.0)), "{text}");
    for file in ["steps.csv", "weights/stride2-valid-seed0.safetensors", "weights/stride2-valid-seed1.safetensors"] {
        let [run, plain] = ["run", "plain"].map(|run| fs::read(place.at(run).join(file)).unwrap());
        assert!(run == plain, "{file} differs");
    }
    assert!(!place.at("plain/gradients.csv").exists());
    assert_eq!(place.json("run/run.json")["options"]["log-gradients"], 2);
    // Zero is none.
    place.fine(&format!("{run} --log-gradients 0 --out none"));
    assert!(!place.at("none/gradients.csv").exists());
    place.refused(&format!("{run} --log-gradients few"), 2, &["--log-gradients", "50"]);
}

#[test]
fn claims_and_figures_read_the_norms() {
    let place = Place::new();
    let missing = |run: &str| {
        let claims = place.fine(&format!("claims {run} --data data --json"));
        let claims: serde_json::Value = serde_json::from_str(&claims.out).unwrap();
        claims["claims"][22].clone()
    };
    let run = "--backend cpu --data data --epochs 2 --quiet --seeds 6";
    place.fine(&format!("{run} --out plain"));
    let claim = missing("plain");
    assert_eq!((&claim["number"], &claim["command"]), (&23.into(), &"stridelab study --log-gradients 50".into()));
    let ran = place.fine("report plain --data data --json");
    assert!(ran.out.contains("--log-gradients 50"), "{}", ran.out);
    place.fine(&format!("{run} --log-gradients 1 --out run"));
    let claim = missing("run");
    assert_eq!((&claim["effect"]["n"], &claim["command"]), (&6.into(), &serde_json::Value::Null), "{claim}");
    let ran = place.fine("report run --data data --json");
    assert!(!ran.out.contains("log-gradients"), "{}", ran.out);
    assert!(place.read("run/figures/gradient_norms.svg").contains("conv1.weight"));
}

#[test]
fn going_on_wants_the_same_steps_and_misses_rows() {
    let place = Place::new();
    let run = format!("{TINY} --log-gradients 2 --epochs 2");
    place.fine(&format!("{run} --out run --quiet"));
    // As if it had been stopped after its last epoch, with rows of another one begun.
    let mut record = place.json("run/run.json");
    record["status"] = "running".into();
    fs::write(place.at("run/run.json"), record.to_string()).unwrap();
    let whole = place.read("run/gradients.csv");
    place.refused("--resume run --log-gradients 3", 2, &["--log-gradients is 3", "is 2"]);
    let row = whole.lines().last().unwrap().replace(",6,", ",8,");
    fs::write(place.at("run/gradients.csv"), format!("{whole}{row}\n1,sa")).unwrap();
    place.fine("--resume run --quiet");
    assert_eq!(place.read("run/gradients.csv"), whole);
    record["status"] = "running".into();
    fs::write(place.at("run/run.json"), record.to_string()).unwrap();
    let rest = whole.lines().filter(|line| !line.contains(",4,")).map(|line| format!("{line}\n"));
    fs::write(place.at("run/gradients.csv"), rest.collect::<String>()).unwrap();
    place.refused("--resume run", 4, &["gradients.csv", "2 steps", "those of 3"]);
}
