//! `stridelab merge`: several runs as one, or one that takes little room.

use std::path::Path;

use serde_json::json;
use stridelab::error::one_line;
use stridelab::record::{Merged, Status, merge};
use stridelab::report::text::counted;
use stridelab::store::layout::{METRICS, MODELS, RUN, STEPS};
use stridelab::store::{RunFiles, pack, read_records, write_merged};
use stridelab::{Error, Result};

use super::answers::say_doubled;
use super::output;
use crate::args::MergeArgs;
use crate::terminal::{print, say};

/// Reads, joins, writes, shows.
pub(crate) fn run(args: &MergeArgs) -> Result<()> {
    let names: Vec<String> = args.runs.iter().map(|path| one_line(path.display())).collect();
    let out = one_line(args.out.display());
    if let Some(run) = args.runs.iter().find(|run| is_same(run, &args.out)) {
        let what = format!("--out {out} is {}, one of the runs", one_line(run.display()));
        return Err(Error::usage(what).advice("choose another --out"));
    }
    let files = args.runs.iter().map(|path| RunFiles::open(path)).collect::<Result<Vec<_>>>()?;
    let runs = files.iter().map(read_records).collect::<Result<Vec<_>>>()?;
    let merged = merge(runs, &names)?;
    merged.records.missing.iter().for_each(|line| say(&format!("warning: {line}")));
    if merged.records.models.is_empty() {
        let error = Error::data(format!("no model is finished in {}", names.join(" and in ")));
        return Err(match merged.records.run.status {
            Status::Finished => error.advice("put models.csv back, or train anew"),
            _ if args.runs[0].is_dir() => error.advice(format!("stridelab --resume {} trains on", names[0])),
            _ => error.advice("unpack it, and train on with --resume"),
        });
    }
    say_doubled(&merged.doubled);
    if args.packs() {
        pack(&args.out, args.force, &merged.records)?;
    } else {
        write_merged(output(Some(&args.out), args.force, "")?, &merged, &files)?;
    }
    let lines = if args.json { last_line(&merged, &out) } else { text(args, &merged, &names, &out) };
    print(&lines)
}

fn is_same(a: &Path, b: &Path) -> bool {
    a.canonicalize().ok().zip(b.canonicalize().ok()).is_some_and(|(a, b)| a == b)
}

fn last_line(merged: &Merged, out: &str) -> String {
    let names = |models: &[stridelab::model::ModelId]| models.iter().map(ToString::to_string).collect::<Vec<_>>();
    let records = &merged.records;
    let last = json!({
        "event": "done",
        "out": out,
        "networks": records.configurations().len(),
        "models": records.models.len(),
        "doubled": names(&merged.doubled),
        "missing": records.missing,
    });
    format!("{last}\n")
}

/// What of each run is in the result, and where that is.
fn text(args: &MergeArgs, merged: &Merged, names: &[String], out: &str) -> String {
    let records = &merged.records;
    let of = |run: usize| {
        let models = records.models.iter().filter(|row| merged.sources.get(&row.model) == Some(&run)).count();
        format!("  {}: {}\n", names[run], counted(models, "finished model"))
    };
    let runs: String = (0..names.len()).map(of).collect();
    let all = format!(
        "{} of {}, in all",
        counted(records.models.len(), "finished model"),
        counted(records.configurations().len(), "network")
    );
    let place = match args.packs() {
        true => format!("packed into {out}, without weights and {STEPS}; stridelab claims {out} judges it"),
        false => format!("results in {out}\n  {METRICS}  {MODELS}  {RUN}  predictions/  weights/"),
    };
    format!("{runs}{all}\n\n{place}\n")
}
