//! Parse, run, one error line, exit code.

mod args;
mod commands;
mod device;
mod errors;
mod interrupt;
mod memory;
mod progress;
mod signals;
mod terminal;
mod tuning;

use std::process::ExitCode;

use args::{Cli, Command, Stop};
use clap::CommandFactory;
use errors::Options;

fn main() -> ExitCode {
    terminal::quieten_drivers();
    signals::survive_file_limits();
    terminal::quieten_caught_panics();
    memory::spare_addresses();
    let parsed = args::parse(terminal::colour());
    let (options, done) = match &parsed {
        Ok(cli) => (Options::from(cli), run(cli)),
        Err(Stop::Print(text)) => (Options::Other, terminal::print(text)),
        Err(Stop::Error(error)) => (Options::Other, Err(error.clone())),
    };
    interrupt::leave_to_end();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            terminal::say(&format!("error: {}", errors::line(&error, options)));
            // Everything is written. A device that was given up may be at work.
            terminal::end_at_once(error.exit_code())
        }
    }
}

/// How much is logged: of the command that trains.
fn verbosity(cli: &Cli) -> u8 {
    match &cli.command {
        Some(Command::Study(args)) => args.verbose,
        _ => cli.train.verbose,
    }
}

fn run(cli: &Cli) -> stridelab::Result<()> {
    // Without -v a library's own log would put riddles beside our one line.
    let level = match verbosity(cli) {
        0 => "off,stridelab=warn",
        1 => "warn,stridelab=debug",
        _ => "debug",
    };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level)).init();
    if !matches!(&cli.command, None | Some(Command::Study(_))) {
        interrupt::end_at_first();
    }
    match &cli.command {
        None => commands::train::run(&cli.train),
        Some(Command::Study(args)) => commands::train::run(args),
        Some(Command::Claims(args)) => commands::claims::run(args),
        Some(Command::Report(args)) => commands::report::run(args),
        Some(Command::Merge(args)) => commands::merge::run(args),
        Some(Command::Predict(args)) => commands::predict::run(args),
        Some(Command::Evaluate(args)) => commands::evaluate::run(args),
        Some(Command::Describe(args)) => commands::describe::run(args),
        Some(Command::Devices) => commands::devices::run(),
        Some(Command::Parity(args)) => commands::parity::run(args),
        Some(Command::Tune(args)) => commands::tune::run(args),
        Some(Command::Bench(args)) => commands::bench::run(args),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "stridelab", &mut script);
            terminal::print(&String::from_utf8_lossy(&script))
        }
    }
}
