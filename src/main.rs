//! Parse, run, one error line, exit code.

mod app;
mod cli;

use std::process::ExitCode;

use clap::CommandFactory;
use cli::{Cli, Command, Stop};

fn main() -> ExitCode {
    app::quieten_drivers();
    let done = match cli::parse(app::colour()) {
        Ok(cli) => run(&cli),
        Err(Stop::Print(text)) => app::print(&text),
        Err(Stop::Error(error)) => Err(error),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            app::say(&format!("error: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: &Cli) -> stridelab::Result<()> {
    // Without -v a library's own log would put riddles beside our one line.
    let level = match cli.train.verbose {
        0 => "off,stridelab=warn",
        1 => "warn,stridelab=debug",
        _ => "debug",
    };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level)).init();
    match &cli.command {
        None => app::train::run(&cli.train),
        Some(Command::Describe(args)) => app::describe::run(args),
        Some(Command::Devices) => app::devices::run(),
        Some(Command::Parity(args)) => app::parity::run(args),
        Some(Command::Bench(args)) => app::bench::run(args),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Cli::command(), "stridelab", &mut script);
            app::print(&String::from_utf8_lossy(&script))
        }
    }
}
