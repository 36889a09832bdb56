//! How an error reads on the command line: the remedies in this command's own options.

use stridelab::Error;
use stridelab::error::Remedy;

use crate::args::{Cli, Command};

/// The line that tells of an error. Remedies that the running command has no option for are left out.
pub(crate) fn line(error: &Error, cli: Option<&Cli>) -> String {
    let trains = cli.is_none_or(|cli| cli.command.is_none());
    let measures = cli.is_some_and(|cli| matches!(cli.command, Some(Command::Bench(_))));
    let writes = trains || measures;
    let describes = cli.is_some_and(|cli| matches!(cli.command, Some(Command::Describe(_))));
    error.worded(|remedy| {
        let (known, words) = match remedy {
            Remedy::SmallerBatch => (writes, "use a smaller --batch-size"),
            Remedy::FewerSamples => (trains, "use a smaller --limit"),
            Remedy::SmallerImages => (trains, "use smaller images"),
            Remedy::SmallerLearningRate => (trains, "use a smaller --learning-rate"),
            Remedy::OtherConfiguration => (writes || describes, "choose another --stride or --padding"),
            Remedy::CpuBackend => (writes, "use --backend cpu"),
            Remedy::NameAdapter => (true, "give one of these names or numbers to --adapter"),
            Remedy::OtherData => (trains, "give --data"),
            Remedy::OtherDirectory => (writes, "choose another --out"),
            Remedy::ReplaceFiles => (writes, "give --force to replace an earlier run's files"),
            Remedy::Advice(_) | Remedy::InstallDriver => return Some(remedy.to_string()),
        };
        known.then(|| words.to_string())
    })
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn a_command_names_its_own_options_only() {
        let error = Error::usage("too large").remedy(Remedy::SmallerBatch).remedy(Remedy::FewerSamples);
        let of = |args: &[&str]| line(&error, Some(&Cli::parse_from([&["stridelab"], args].concat())));
        assert_eq!(of(&[]), "too large; use a smaller --batch-size, or use a smaller --limit");
        assert_eq!(of(&["bench"]), "too large; use a smaller --batch-size");
        assert_eq!(of(&["describe"]), "too large");
    }
}
