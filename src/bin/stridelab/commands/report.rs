//! `stridelab report`: tables and figures of runs, from their records.

use serde_json::json;
use stridelab::error::one_line;
use stridelab::{Error, Result};

use super::answers;
use crate::args::RunsArgs;
use crate::terminal::{print, say};

/// Reads, draws, judges, shows.
pub(crate) fn run(args: &RunsArgs) -> Result<()> {
    let mut sources = answers::open(args)?;
    let Some(dir) = sources.writer.as_ref().map(|writer| one_line(writer.dir().display())) else {
        let error = Error::usage("the tables and figures of these runs have no directory of their own");
        return Err(error.advice("name one with --out"));
    };
    answers::write_curves(&mut sources)?;
    let missing = answers::write_tables(&mut sources)?;
    let claims = answers::write_claims(&mut sources)?;
    if args.json {
        return print(&format!("{}\n", json!({ "event": "done", "out": dir, "missing": missing })));
    }
    missing.iter().for_each(|line| say(line));
    print(&format!("{}\n\ntables, figures and verdicts are in {dir}\n", answers::shown(&claims, &sources.records)))
}
