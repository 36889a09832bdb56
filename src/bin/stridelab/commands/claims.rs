//! `stridelab claims`: what the records of runs say of the tutorial's claims.

use stridelab::Result;
use stridelab::error::one_line;

use super::answers::{self, RunSources};
use crate::args::RunsArgs;
use crate::terminal::print;

/// Reads, judges, writes, shows.
pub(crate) fn run(args: &RunsArgs) -> Result<()> {
    let mut sources = answers::open(args)?;
    let claims = answers::write_claims(&mut sources)?;
    if args.json {
        return print(&answers::json_text(&claims, &sources.records)?);
    }
    print(&format!("{}\n{}", answers::shown(&claims, &sources.records), place(&sources)))
}

/// Where the files are.
fn place(sources: &RunSources) -> String {
    match &sources.writer {
        Some(writer) => {
            format!("\nclaims.csv, claims.json and claims.md are in {}\n", one_line(writer.dir().display()))
        }
        None => "\nwith --out they are written as claims.csv, claims.json and claims.md\n".into(),
    }
}
