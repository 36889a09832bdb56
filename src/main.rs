//! Parse, run, one error line, exit code.

mod app;
mod cli;

use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let level = match cli.train.verbose {
        0 => "error",
        1 => "stridelab=debug,warn",
        _ => "debug",
    };
    env_logger::Builder::from_env(env_logger::Env::default().default_filter_or(level)).init();
    let result = match &cli.command {
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
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            app::say(&format!("error: {error}"));
            ExitCode::from(error.exit_code())
        }
    }
}
