//! The options of an earlier run, as `run.json` has them, and those that were given beside them.

use clap::{CommandFactory, Parser};
use serde_json::Value;
use stridelab::error::one_line;
use stridelab::model::ConfigurationGrid;
use stridelab::{Error, Result};

use super::{Cli, TrainArgs};

/// Options that belong to a sitting and not to the run.
const OF_A_SITTING: [&str; 9] =
    ["no-report", "out", "force", "json", "quiet", "verbose", "resume", "any-device", "tuning"];

/// The lists of the grid.
const GRID: [&str; 7] = ["stride", "padding", "kernel", "pool", "head", "crop", "configuration"];

/// The options of a run, from their record: every value reads as the option takes it.
///
/// # Errors
/// [`Error::Data`] where they are not options of this version.
pub(crate) fn from_record(options: &Value) -> Result<TrainArgs> {
    let Value::Object(options) = options else { return Err(Error::data("the options are not there")) };
    let unreadable = |e| Error::data(format!("the options are not those of this version: {}", one_line(e)));
    // The grid stands there as lists, also where it came from a file, which may have changed or gone.
    let of_the_grid = |name: &String| GRID.contains(&name.as_str());
    let lists = options.iter().filter(|(name, _)| of_the_grid(name)).map(|(name, list)| (name.clone(), list.clone()));
    // A list that is not there is the tutorial's.
    let mut grid = serde_json::to_value(ConfigurationGrid::default()).unwrap_or_default();
    if let Some(grid) = grid.as_object_mut() {
        grid.extend(lists);
    }
    let recorded = serde_json::from_value(grid).map_err(|e| unreadable(e.to_string()))?;
    let mut arguments = vec!["stridelab".to_string()];
    let known = |name: &String| {
        OF_A_SITTING.contains(&name.as_str()) || of_the_grid(name) || ["grid", "study"].contains(&name.as_str())
    };
    for (name, value) in options.iter().filter(|(name, _)| !known(name)) {
        match value {
            Value::Null | Value::Bool(false) => {}
            Value::Bool(true) => arguments.push(format!("--{name}")),
            // A single seed or filter would be a count without its comma.
            Value::Array(_) if ["seeds", "filters"].contains(&name.as_str()) => {
                arguments.push(format!("--{name}={},", shown(value)))
            }
            value => arguments.push(format!("--{name}={}", shown(value))),
        }
    }
    match Cli::try_parse_from(&arguments) {
        Ok(Cli { command: None, mut train }) => {
            train.study = options.get("study").and_then(Value::as_bool).unwrap_or_default();
            train.grid.recorded = Some(recorded);
            train.grid.grid = options.get("grid").and_then(Value::as_str).map(Into::into);
            Ok(train)
        }
        Ok(_) => Err(Error::data("the options are those of another command")),
        Err(error) => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            Err(unreadable(first.to_string()))
        }
    }
}

/// A recorded value as the option takes it; lists with commas.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Array(values) => values.iter().map(shown).collect::<Vec<_>>().join(","),
        Value::String(text) => text.clone(),
        Value::Bool(true) => "given".into(),
        Value::Null | Value::Bool(false) => "not given".into(),
        value => value.to_string(),
    }
}

/// The long names of the options of training that stand on the command line.
pub(super) fn given(matches: &clap::ArgMatches) -> Vec<String> {
    let command = Cli::command();
    let on_the_line = |id: &str| matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
    let all = command.get_arguments().filter(|option| on_the_line(option.get_id().as_str()));
    all.filter_map(|option| option.get_long().map(String::from)).collect()
}

#[cfg(test)]
mod tests {
    use stridelab::model::Configuration;

    use super::*;

    #[test]
    fn options_are_read_back_from_their_record() {
        let options = serde_json::json!({
            "stride": [2], "padding": ["valid"], "epochs": 5, "learning-rate": 1e-7, "seed": null, "seeds": [7],
            "limit": null, "data": "a b", "out": "there", "no-shuffle": true, "no-fuse": false, "json": true,
            "verbose": 2, "backend": "cpu",
        });
        let args = from_record(&options).unwrap();
        assert_eq!(
            (args.grid.configurations().unwrap(), args.epochs, args.learning_rate, args.seeds()),
            (vec![Configuration::TUTORIAL[3]], 5, 1e-7, vec![7])
        );
        assert_eq!((args.data, args.out, args.no_shuffle, args.no_fuse), (Some("a b".into()), None, true, false));
        assert_eq!((args.json, args.verbose, args.limit), (false, 0, None));
        for options in [serde_json::json!({ "nonsense": 3 }), serde_json::json!({ "epochs": "x" }), Value::Null] {
            let error = from_record(&options).unwrap_err();
            assert!(error.exit_code() == 4 && !error.to_string().contains('\n'), "{error}");
        }
    }
}
