//! `stridelab report`: the page, tables and figures of runs, from their records.

use serde_json::json;
use stridelab::error::one_line;
use stridelab::store::layout::BENCH;
use stridelab::store::read_bench;
use stridelab::{Error, Result};

use super::{answers, page};
use crate::args::ReportArgs;
use crate::terminal::{print, say};

/// Reads, draws, judges, shows.
pub(crate) fn run(args: &ReportArgs) -> Result<()> {
    let bench = args.bench.as_ref().map(|directory| read_bench(&directory.join(BENCH))).transpose()?;
    let mut sources = answers::open(&args.runs)?;
    let Some(dir) = sources.writer.as_ref().map(|writer| one_line(writer.dir().display())) else {
        let error = Error::usage("the page, tables and figures of these runs have no directory of their own");
        return Err(error.advice("name one with --out"));
    };
    if let Some(bench) = &args.bench {
        sources.command += &format!(" --bench {}", one_line(bench.display()));
    }
    answers::write_curves(&mut sources)?;
    let tables = answers::write_tables(&mut sources)?;
    let claims = answers::write_claims(&mut sources)?;
    let page = page::write(&mut sources, &tables, &claims, bench.as_ref())?;
    let missing: Vec<String> = tables.missing.iter().map(ToString::to_string).collect();
    if args.runs.json {
        let done = json!({ "event": "done", "out": dir, "report": page.to_string_lossy(), "missing": missing });
        print(&format!("{done}\n"))?;
    } else {
        missing.iter().for_each(|line| say(line));
        let verdicts = answers::shown(&claims, &sources.records);
        print(&format!("{verdicts}\n\ntables, figures and verdicts are in {dir}\n{}", page::named(&page)))?;
    }
    if args.open {
        opener::open(&page).map_err(|e| {
            let what = format!("no browser could be started: {}", one_line(e));
            Error::failure(what).advice("open the page in one yourself")
        })?;
    }
    Ok(())
}
