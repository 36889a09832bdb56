//! How an error reads on the command line: the remedies in this command's own options.

use stridelab::Error;
use stridelab::error::{Remedy, one_line};
use stridelab::model::LeftOut;

use crate::args::{Cli, Command, GridArgs, TrainArgs};
use crate::terminal::say;

/// Which options there are to name in a remedy.
#[derive(Clone, Copy)]
pub(crate) enum Options<'a> {
    /// Those of training.
    Train(&'a TrainArgs),
    /// Those of `bench`, which networks.
    Bench(&'a GridArgs),
    /// Those of `describe`, which networks.
    Describe(&'a GridArgs),
    /// Those of a command that writes what it makes of the records of runs.
    Records,
    /// Those of `evaluate`, which asks a run's networks and may write what they answer.
    Evaluate,
    /// Those of `predict`, which asks them as well.
    Predict,
    /// Those of a command that trains and writes nothing.
    Other,
}

impl<'a> From<&'a Cli> for Options<'a> {
    fn from(cli: &'a Cli) -> Self {
        match &cli.command {
            None => Options::Train(&cli.train),
            Some(Command::Bench(args)) => Options::Bench(&args.grid),
            Some(Command::Describe(args)) => Options::Describe(&args.grid),
            Some(Command::Study(args)) => Options::Train(args),
            Some(Command::Claims(_) | Command::Report(_) | Command::Merge(_)) => Options::Records,
            Some(Command::Evaluate(_)) => Options::Evaluate,
            Some(Command::Predict(_)) => Options::Predict,
            Some(Command::Devices | Command::Parity(_) | Command::Tune(_) | Command::Completions { .. }) => {
                Options::Other
            }
        }
    }
}

/// The line that tells of an error. Remedies that the running command has no option for are left out.
pub(crate) fn line(error: &Error, options: Options) -> String {
    let trained = if let Options::Train(args) = options { Some(args) } else { None };
    let trains = trained.is_some();
    let computes = trains || matches!(options, Options::Bench(_));
    let writes = computes || matches!(options, Options::Records | Options::Evaluate);
    let has_backend = computes || matches!(options, Options::Evaluate | Options::Predict);
    let describes = matches!(options, Options::Describe(_));
    let grid = match options {
        Options::Train(args) => Some(&args.grid),
        Options::Bench(grid) | Options::Describe(grid) => Some(grid),
        Options::Records | Options::Evaluate | Options::Predict | Options::Other => None,
    };
    let chooses = grid.is_some();
    let from_file = grid.is_some_and(|grid| grid.grid.is_some());
    // A kernel of 3×3 is nobody's choice.
    let kernel = grid.is_some_and(|grid| grid.kernel.iter().any(|&kernel| kernel > 3));
    error.worded(|remedy| {
        let stride = |most: &usize| match most {
            1 => "--stride 1".to_string(),
            _ => format!("a --stride of at most {most}"),
        };
        let (known, words) = match remedy {
            // A file has values where the command line has options.
            Remedy::StrideUpTo(_) | Remedy::PaddingSame | Remedy::StrideUpToWithSame(_) | Remedy::CropUpTo(_)
                if from_file =>
            {
                (true, remedy.to_string())
            }
            Remedy::SmallerKernel if from_file => (true, remedy.to_string()),
            Remedy::SmallerBatch => (computes, "use a smaller --batch-size".into()),
            Remedy::FewerSamples => (trains, "use a smaller --limit".into()),
            Remedy::SmallerImages if describes => (true, "use a smaller --image".into()),
            Remedy::SmallerImages => (trained.is_some_and(|args| args.data.is_some()), "use smaller images".into()),
            Remedy::LargerImages if describes => (true, "use a larger --image".into()),
            Remedy::LargerImages => (trained.is_some_and(|args| args.data.is_some()), "use larger images".into()),
            Remedy::SmallerLearningRate => (trains, "use a smaller --learning-rate".into()),
            Remedy::OtherWeights => (
                trains,
                match trained.and_then(|args| args.init.as_ref()) {
                    Some(file) => format!("give other weights than {} to --init", one_line(file.display())),
                    // Nothing but a device that computes wrongly makes this of weights of our own.
                    None => "let stridelab parity check this device".into(),
                },
            ),
            Remedy::StrideUpTo(most) => (chooses, format!("use {}", stride(most))),
            Remedy::PaddingSame => (chooses, "use --padding same".into()),
            Remedy::StrideUpToWithSame(most) => (chooses, format!("use {} with --padding same", stride(most))),
            Remedy::CropUpTo(0) => (chooses, "use --crop 0".into()),
            Remedy::CropUpTo(most) => (chooses, format!("use a --crop of at most {most}")),
            Remedy::SmallerKernel => (kernel, "use a smaller --kernel".into()),
            Remedy::Classes(n) => (trains || describes, format!("use --classes {n}")),
            Remedy::CpuBackend => (has_backend, "use --backend cpu".into()),
            Remedy::NameAdapter => (true, "give one of these names or numbers to --adapter".into()),
            Remedy::OtherData => (trains, "give --data".into()),
            Remedy::DataIn(directory) => (trains, format!("use --data {directory}")),
            // A run that is gone on with has its directory.
            Remedy::OtherDirectory => {
                (writes && trained.is_none_or(|args| args.resume.is_none()), "choose another --out".into())
            }
            Remedy::ReplaceFiles => (writes, "give --force to replace an earlier run's files".into()),
            Remedy::Advice(_) | Remedy::InstallDriver => (true, remedy.to_string()),
        };
        known.then_some(words)
    })
}

/// Tells of the networks that are left out, each on a line. Nothing keeps these lines quiet: they tell of what was asked
/// for and is not done.
pub(crate) fn say_left_out(left_out: &[LeftOut], options: Options) {
    for LeftOut { network, error } in left_out {
        say(&format!("warning: {network} is left out: {}", line(error, options)));
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[test]
    fn a_command_names_its_own_options_only() {
        let error = Error::usage("too large").remedy(Remedy::SmallerBatch).remedy(Remedy::FewerSamples);
        let worded = |error: &Error, args: &[&str]| {
            line(error, Options::from(&Cli::parse_from([&["stridelab"], args].concat())))
        };
        let of = |args: &[&str]| worded(&error, args);
        assert_eq!(of(&[]), "too large; use a smaller --batch-size, or use a smaller --limit");
        assert_eq!(of(&["bench"]), "too large; use a smaller --batch-size");
        assert_eq!(of(&["describe"]), "too large");

        let lost = Error::failure("lost").remedy(Remedy::CpuBackend);
        for (args, words) in [
            (&["evaluate", "run"][..], "lost; use --backend cpu"),
            (&["predict", "run", "five.png"], "lost; use --backend cpu"),
            (&["parity"], "lost"),
        ] {
            assert_eq!(worded(&lost, args), words);
        }

        let small = Error::usage("too small").remedy(Remedy::SmallerKernel).remedy(Remedy::LargerImages);
        let small = small.remedy(Remedy::StrideUpTo(2)).remedy(Remedy::PaddingSame);
        let of = |args: &[&str]| worded(&small, args);
        assert_eq!(of(&[]), "too small; use a --stride of at most 2, or use --padding same");
        assert_eq!(of(&["bench"]), of(&[]));
        let words = ", use a --stride of at most 2, or use --padding same";
        assert_eq!(of(&["--data", "a"]), format!("too small; use larger images{words}"));
        assert_eq!(of(&["describe"]), format!("too small; use a larger --image{words}"));
        assert_eq!(of(&["parity"]), "too small");
        let loss = Error::failure("NaN").remedy(Remedy::OtherWeights);
        assert_eq!(worded(&loss, &["--init", "w"]), "NaN; give other weights than w to --init");
        assert_eq!(worded(&loss, &[]), "NaN; let stridelab parity check this device");
    }
}
