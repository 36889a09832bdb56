//! clap's verdict on the arguments: parsed, a text to print, or one line of error.

use clap::error::ErrorKind;
use clap::{ColorChoice, CommandFactory, FromArgMatches};
use stridelab::Error;
use stridelab::error::one_line;

use super::Cli;

/// Why there is nothing to run.
pub(crate) enum Stop {
    /// Help or the version was asked for: print this to stdout.
    Print(String),
    /// The arguments make no sense.
    Error(Error),
}

/// Parses the process' arguments; `colour` is for the help.
pub(crate) fn parse(colour: bool) -> Result<Cli, Stop> {
    let command = Cli::command().color(ColorChoice::Always);
    let parsed = command.try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let text = error.render();
            Stop::Print(if colour { text.ansi().to_string() } else { text.to_string() })
        }
        _ => Stop::Error(Error::usage(line(&error.render().to_string()))),
    })
}

/// clap's message without its heading, usage and advice: the facts on one line.
fn line(rendered: &str) -> String {
    let facts = rendered.split("\n\nUsage:").next().unwrap_or_default();
    let facts = facts.split("\n\nFor more information").next().unwrap_or_default();
    let facts = facts.strip_prefix("error: ").unwrap_or(facts);
    let mut words = String::new();
    for part in facts.lines().map(str::trim).filter(|part| !part.is_empty()) {
        let joint = match part {
            _ if words.is_empty() => "",
            _ if part.starts_with("tip:") => "; ",
            _ => " ",
        };
        words = words + joint + part.strip_prefix("tip: ").unwrap_or(part);
    }
    format!("{}; stridelab --help lists the options", one_line(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn an_error_is_one_line_of_facts() {
        let of = |args: &[&str]| {
            let matches = Cli::command().try_get_matches_from([&["stridelab"], args].concat());
            line(&matches.unwrap_err().render().to_string())
        };
        let cases: [(&[&str], &str); 6] = [
            (&["--stride", "0"], "invalid value '0' for '--stride <LIST>': must be at least 1;"),
            (&["--epochs", "-1"], "'--epochs <N>': must be at least 1;"),
            (&["--padding", "some"], "[possible values: same, valid]"),
            (&["--shuffle"], "unexpected argument '--shuffle' found; a similar argument exists: '--no-shuffle';"),
            (&["--seed", "1", "describe"], "'describe' cannot be used with"),
            (&["completions"], "<SHELL>"),
        ];
        for (args, words) in cases {
            let text = of(args);
            assert!(text.contains(words) && !text.contains('\n') && !text.contains("Usage"), "{text}");
        }
    }
}
