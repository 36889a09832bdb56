//! clap's verdict on the arguments: parsed, a text to print, or one line of error.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ColorChoice, CommandFactory, FromArgMatches};
use stridelab::Error;
use stridelab::error::one_line;

use super::spelling::respelled;
use super::{Cli, Command, recorded, value};

/// Why there is nothing to run.
pub(crate) enum Stop {
    /// Help or the version was asked for: print this to stdout.
    Print(String),
    /// The arguments make no sense.
    Error(Error),
}

/// Seeds of a study, unless it is asked for others.
const STUDY_SEEDS: u64 = 10;

/// Parses the process' arguments; `colour` is for the help.
pub(crate) fn parse(colour: bool) -> Result<Cli, Stop> {
    let command = Cli::command().color(ColorChoice::Always);
    let arguments = respelled(std::env::args_os());
    let parsed = command.try_get_matches_from(&arguments).and_then(|matches| {
        let mut cli = Cli::from_arg_matches(&matches)?;
        match &mut cli.command {
            Some(Command::Study(args)) => {
                args.given = matches.subcommand().map_or_else(Vec::new, |(_, matches)| recorded::given(matches));
                args.study = true;
                if !args.given.iter().any(|name| ["seed", "seeds"].contains(&name.as_str())) {
                    args.seeds = Some(value::Seeds((0..STUDY_SEEDS).collect()));
                }
            }
            _ => cli.train.given = recorded::given(&matches),
        }
        Ok(cli)
    });
    parsed.map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let text = error.render();
            Stop::Print(if colour { text.ansi().to_string() } else { text.to_string() })
        }
        _ => Stop::Error(Error::usage(line(&error, &command_of(&arguments)))),
    })
}

/// clap's message without its heading, usage and advice: the facts on one line.
fn line(error: &clap::Error, command: &str) -> String {
    let rendered = error.render().to_string();
    let facts = rendered.split("\n\nUsage:").next().unwrap_or_default();
    let facts = facts.split("\n\nFor more information").next().unwrap_or_default();
    let facts = facts.strip_prefix("error: ").unwrap_or(facts);
    let mut words = String::new();
    for part in facts.lines().map(str::trim).filter(|part| !part.is_empty()) {
        // clap proposes names that --help does not list, and that an option be taken for a file.
        if error.kind() == ErrorKind::UnknownArgument && part.starts_with("tip:") {
            continue;
        }
        let joint = match part {
            _ if words.is_empty() => "",
            _ if part.starts_with("tip:") => "; ",
            _ => " ",
        };
        words = words + joint + part.strip_prefix("tip: ").unwrap_or(part);
    }
    if error.kind() == ErrorKind::MissingRequiredArgument && words.contains("<IMAGE>") {
        words += ", or --test-image <N>";
    }
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg)
        && let Some(name) = argument.strip_prefix("--")
    {
        let similar = || similar(name, command).map(|name| format!("; a similar argument exists: '--{name}'"));
        words += &unknown_here(name, command).or_else(similar).unwrap_or_default();
    }
    let what = if error.kind() == ErrorKind::InvalidSubcommand { "commands" } else { "options" };
    format!("{}; {command} --help lists the {what}", one_line(words))
}

/// The option of a command that an unknown one is most like, by the name that --help lists.
fn similar(name: &str, command: &str) -> Option<String> {
    let without_aliases = |command: clap::Command| command.mut_args(|option| option.alias(None));
    let words = command.split(' ').map(String::from).chain([format!("--{name}")]);
    let listed = without_aliases(Cli::command()).mut_subcommands(without_aliases);
    let error = listed.try_get_matches_from(words).err()?;
    match error.get(ContextKind::SuggestedArg)? {
        ContextValue::String(option) => option.strip_prefix("--").map(String::from),
        _ => None,
    }
}

/// The command that arguments are for, such as `stridelab bench`: its name can only be the first of them.
fn command_of(arguments: &[OsString]) -> String {
    let word = arguments.get(1).and_then(|word| word.to_str()).filter(|word| !word.is_empty());
    let training = Cli::command();
    let names = || training.get_subcommands().map(clap::Command::get_name);
    let named: Vec<&str> = names().filter(|name| word.is_some_and(|word| name.starts_with(word))).collect();
    match named[..] {
        [only] => format!("stridelab {only}"),
        _ => "stridelab".into(),
    }
}

/// Of an option that this command does not have: the commands that have it, under that name or another.
fn unknown_here(name: &str, command: &str) -> Option<String> {
    let training = Cli::command();
    let listed_name = |command: &clap::Command| {
        let is_it = |option: &&clap::Arg| {
            option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|all| all.contains(&name))
        };
        command.get_arguments().find(is_it)?.get_long().map(String::from)
    };
    let others = training.get_subcommands().map(|other| (format!("stridelab {}", other.get_name()), other));
    // A study has the options of training.
    let others = others.filter(|(_, other)| other.get_name() != "study");
    let all = std::iter::once(("stridelab".to_string(), &training)).chain(others);
    let all = all.filter(|(name, _)| name != command);
    let having: Vec<(String, String)> = all.filter_map(|(name, other)| Some((name, listed_name(other)?))).collect();
    let called = |name: &str| if name == "stridelab" { "training".to_string() } else { name.to_string() };
    let names: Vec<String> = having.iter().map(|(name, _)| called(name)).collect();
    let alias = having.first().filter(|(_, listed)| listed != name).map(|(_, listed)| format!(" as --{listed}"));
    let alias = alias.unwrap_or_default();
    match names.split_last()? {
        (only, []) => Some(format!("; {only} has it{alias}")),
        (last, others) => Some(format!("; {} and {last} have it{alias}", others.join(", "))),
    }
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
            let arguments = [&["stridelab"], args].concat().into_iter().map(Into::into);
            let arguments = respelled(arguments);
            line(&Cli::command().try_get_matches_from(&arguments).unwrap_err(), &command_of(&arguments))
        };
        let cases: [(&[&str], &str); 23] = [
            (&["--stride", "0"], "invalid value '0' for '--stride <LIST>': must be at least 1;"),
            (&["--epochs", "-1"], "'--epochs <N>': must be at least 0;"),
            (&["--padding", "some"], "must be same, valid, symmetric, or"),
            (&["--shuffle"], "unexpected argument '--shuffle' found; a similar argument exists: '--no-shuffle';"),
            (&["--seed", "1", "describe"], "'describe' cannot be used with"),
            (&["completions"], "<SHELL>"),
            (&["--nonsense"], "; stridelab --help lists"),
            (&["bench", "--nonsense"], "; stridelab bench --help lists"),
            (&["bench", "--limit", "5"], "'--limit' found; training has it; stridelab bench --help lists"),
            (&["describe", "--image", "x"], "; stridelab describe --help lists"),
            (&["--compare", "a"], "; stridelab bench has it; stridelab --help lists"),
            (&["bench", "--epochs", "3"], "'--epochs' found; training has it; stridelab bench --help lists"),
            (&["describe", "--epochs", "3"], "'--epochs' found; training has it;"),
            (&["bench", "--lr", "3"], "'--lr' found; training has it as --learning-rate;"),
            (&["--outputs", "a"], "found; a similar argument exists: '--out';"),
            (&["--leraning-rate", "1"], "found; a similar argument exists: '--learning-rate';"),
            (&["bench", "--pading", "same"], "found; a similar argument exists: '--padding';"),
            (&["predict", "base", "--image", "3"], "'--image' found; training and stridelab describe have it;"),
            (&["evaluate", "base", "--limit", "5"], "'--limit' found; training has it; stridelab evaluate --help"),
            (&["predict", "base", "--seed", "9"], "<IMAGE>..., or --test-image <N>;"),
            (&["--out", "a1", "-o", "a2"], "'--out <DIR>' cannot be used multiple times;"),
            (&["bench", "--gpu", "--backend", "cpu"], "'--backend <WHERE>' cannot be used multiple times;"),
            (
                &["parity", "--backend", "gpu"],
                "; training, stridelab predict, stridelab evaluate and stridelab bench have it; stridelab parity --help",
            ),
        ];
        for (args, words) in cases {
            let text = of(args);
            assert!(text.contains(words) && !text.contains('\n') && !text.contains("Usage"), "{text}");
        }
    }
}
