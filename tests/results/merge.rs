//! Records of several runs as one: what their record says, and what may differ.

use serde_json::{Value, json};
use stridelab::model::{Configuration, ConfigurationGrid, Head};
use stridelab::record::{Machine, Merged, RunRecord, Status, StudyRecords, merge};

use super::study_rows::{FIRST, SECOND, finished, id};

/// A finished model of each of these seeds, and the options that asked for it.
fn run(configuration: Configuration, seeds: &[u64], more: Value) -> StudyRecords {
    let Configuration { strides, padding, kernel, pool, head, crop } = configuration;
    let grid = ConfigurationGrid {
        stride: vec![strides],
        padding: vec![padding],
        kernel: vec![kernel],
        pool: vec![pool],
        head: vec![head],
        crop: vec![crop],
        configuration: Vec::new(),
    };
    let mut options = serde_json::to_value(grid).unwrap();
    let own = json!({ "epochs": 3, "seed": null, "seeds": seeds, "grid": null, "out": "here", "log-gradients": null });
    for (name, value) in own.as_object().unwrap().iter().chain(more.as_object().unwrap()) {
        options[name] = value.clone();
    }
    let machine = Machine { backend: "cpu".into(), adapter: "one".into(), ..Machine::default() };
    let run = RunRecord { options, machine, status: Status::Finished, steps_per_epoch: 10, ..RunRecord::default() };
    let models = seeds.iter().map(|&seed| finished(id(configuration, seed), 0.9, 0.9)).collect();
    StudyRecords { run, models, ..StudyRecords::default() }
}

fn merged(runs: Vec<StudyRecords>) -> Merged {
    let names: Vec<String> = (0..runs.len()).map(|i| format!("run {i}")).collect();
    merge(runs, &names).unwrap()
}

#[test]
fn seeds_and_networks_of_all_are_the_options() {
    let Merged { records, doubled, sources } = merged(vec![
        run(FIRST, &[0, 1], json!({ "log-gradients": 5, "backend": "cpu" })),
        run(FIRST, &[1, 2], json!({ "log-gradients": 7, "backend": "cpu" })),
    ]);
    let options = &records.run.options;
    assert_eq!((&options["seeds"], &options["log-gradients"]), (&json!([0, 1, 2]), &Value::Null));
    // Equal lists stay lists.
    assert_eq!(
        (&options["stride"], &options["configuration"], &options["backend"]),
        (&json!([1]), &Value::Null, &json!("cpu"))
    );
    assert_eq!(doubled, [id(FIRST, 1)]);
    assert_eq!([0, 1, 2].map(|seed| sources[&id(FIRST, seed)]), [0, 0, 1]);
    assert_eq!((records.run.totals.networks, records.models.len()), (3, 3));

    // Lists of different networks would have products that nobody trained.
    let gap = Configuration { head: Head::GlobalAverage, ..SECOND };
    let all = merged(vec![
        run(FIRST, &[0], json!({ "seed": 0, "seeds": null })),
        run(gap, &[0], json!({})),
        run(SECOND, &[3], json!({})),
    ]);
    let grid: ConfigurationGrid = serde_json::from_value(all.records.run.options.clone()).unwrap();
    assert_eq!(grid.configurations().unwrap(), [FIRST, gap, SECOND]);
    assert_eq!(all.records.run.options["seeds"], json!([0, 3]));
    // One run is as it was.
    let one = run(FIRST, &[0], json!({}));
    assert_eq!(merged(vec![one.clone()]).records, one);
}

#[test]
fn parts_are_told_with_their_machines_and_how_they_ended() {
    let mut other = run(FIRST, &[1], json!({}));
    other.run.machine.adapter = "another".into();
    other.run.status = Status::Interrupted;
    let two = merged(vec![run(FIRST, &[0], json!({})), other]).records;
    assert!(two.run.bits_may_differ && two.run.status == Status::Interrupted, "{:?}", two.run);
    let third = run(FIRST, &[2], json!({}));
    let all = merged(vec![third, two]).records.run;
    let machines: Vec<_> = all.merged.iter().map(|part| part.machine.as_ref().map(|m| m.adapter.as_str())).collect();
    assert_eq!(machines, [None, None, Some("another")]);
    assert_eq!(
        all.merged.iter().map(|part| part.status).collect::<Vec<_>>(),
        [Status::Finished, Status::Finished, Status::Interrupted]
    );
}

#[test]
fn what_changes_a_model_must_be_equal() {
    let refused = |more: Value| {
        let names = ["a".to_string(), "b".to_string()];
        merge(vec![run(FIRST, &[0], json!({})), run(FIRST, &[1], more)], &names).unwrap_err().to_string()
    };
    assert!(refused(json!({ "epochs": 4 })).starts_with("b and a differ in --epochs: 4 and 3"));
    assert!(refused(json!({ "batch-size": 4 })).starts_with("b and a differ in --batch-size: 4 and nothing"));
    let mut weights = run(FIRST, &[1], json!({}));
    weights.run.init_sha256 = Some("12".into());
    let names = ["a".to_string(), "b".to_string()];
    let error = merge(vec![run(FIRST, &[0], json!({})), weights], &names).unwrap_err().to_string();
    assert!(error.starts_with("b and a differ in the weights of --init"), "{error}");
    // How a run was shown and what else was measured may differ.
    let free = json!({ "study": true, "filters": [1], "layer": ["conv1"], "no-checkpoints": true, "verbose": 2 });
    assert_eq!(merged(vec![run(FIRST, &[0], json!({})), run(FIRST, &[1], free)]).records.models.len(), 2);
}
