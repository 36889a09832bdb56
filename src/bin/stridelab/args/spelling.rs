//! What people type, in the form that the options have. Nothing that could mean two things is changed.

use std::ffi::OsString;

use stridelab::model::geometry::Padding;

/// Options that take a list, under all their names.
const LISTS: [&str; 21] = [
    "--stride",
    "--strides",
    "--padding",
    "--paddings",
    "--pad",
    "--kernel",
    "--kernels",
    "--kernel-size",
    "--pool",
    "--pools",
    "--pooling",
    "--head",
    "--heads",
    "--crop",
    "--crops",
    "--seeds",
    "--batch-size",
    "--batch-sizes",
    "--batch",
    "--bs",
    "--batchsize",
];
/// Words for training, which is what stridelab does without a word.
const TRAINING: [&str; 3] = ["train", "run", "fit"];

/// Other words for commands.
const COMMANDS: [(&str, &str); 8] = [
    ("classify", "predict"),
    ("recognise", "predict"),
    ("recognize", "predict"),
    ("infer", "predict"),
    ("inference", "predict"),
    ("test", "evaluate"),
    ("validate", "evaluate"),
    ("score", "evaluate"),
];

/// The arguments with these changes:
///
/// - `train` or `run` as the first word is left out, also after `help`;
/// - `classify` and the like become `predict`, `validate` and the like `evaluate`;
/// - `--batch_size` becomes `--batch-size`;
/// - `--cpu` (`--no-gpu`, `--no-cuda`) and `--gpu` (`--cuda`) become `--backend cpu` and `--backend gpu`;
/// - a list with blanks, `--stride 1 2`, `--stride 1, 2` or `--padding 'same, valid'`, gets commas alone.
pub(super) fn respelled(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut rest: Vec<OsString> = arguments.collect();
    let at = if rest.get(1).is_some_and(|word| word == "help") { 2 } else { 1 };
    if rest.get(at).and_then(|word| word.to_str()).is_some_and(|word| TRAINING.contains(&word)) {
        rest.remove(at);
    }
    let command = rest.get(at).and_then(|word| word.to_str());
    if let Some((_, command)) = COMMANDS.iter().find(|(word, _)| command == Some(*word)) {
        rest[at] = command.into();
    }
    let mut rest = rest.into_iter().peekable();
    let mut all: Vec<OsString> = Vec::new();
    while let Some(argument) = rest.next() {
        let text = match argument.to_str() {
            Some("--") => {
                all.push(argument);
                all.extend(rest);
                break;
            }
            Some(text) if text.starts_with("--") => text,
            _ => {
                all.push(argument);
                continue;
            }
        };
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_string())),
            None => (text, None),
        };
        let name = name.replace('_', "-");
        match (name.as_str(), value) {
            ("--cpu" | "--no-gpu" | "--no-cuda", None) => all.extend(["--backend".into(), "cpu".into()]),
            ("--gpu" | "--cuda", None) => all.extend(["--backend".into(), "gpu".into()]),
            (list, value) if LISTS.contains(&list) => {
                let first = value.or_else(|| rest.next_if(|next| next.to_str().is_some())?.into_string().ok());
                all.push(name.clone().into());
                let Some(first) = first else { continue };
                let mut items = vec![first];
                while let Some(item) = rest.next_if(|next| next.to_str().is_some_and(is_item)) {
                    items.extend(item.into_string());
                }
                all.push(joined(&name, &items).into());
            }
            (_, Some(value)) => all.push(format!("{name}={value}").into()),
            (_, None) => all.push(name.into()),
        }
    }
    all
}

/// Words that are items of lists.
const ITEMS: [&str; 6] = ["same", "valid", "symmetric", "none", "dense", "gap"];

/// Whether a word goes on with a list of numbers, strides or choices: no other argument of the command reads so.
fn is_item(word: &str) -> bool {
    let choice = |part: &str| ITEMS.iter().any(|item| part.eq_ignore_ascii_case(item));
    let numbers = |part: &str| part.chars().all(|c| c.is_ascii_digit() || c == ':' || c == 'x');
    let number = |part: &str| part.is_empty() || (numbers(part) && part.starts_with(|c: char| c.is_ascii_digit()));
    let pads = |part: &str| part.to_lowercase().parse::<Padding>().is_ok();
    !word.is_empty() && word.split([',', ' ']).all(|part| number(part) || choice(part) || pads(part))
}

/// The items with commas between them. A single number of seeds is a count, and stays one.
fn joined(name: &str, items: &[String]) -> String {
    match items {
        [one] if name == "--seeds" || !one.contains([',', ' ']) => one.clone(),
        _ => {
            let parts = items.iter().flat_map(|item| item.split([',', ' '])).filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join(",")
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use stridelab::model::geometry::Padding::{Same, Symmetric, Valid};
    use stridelab::model::{Head, Pooling, Strides};

    use super::super::{BackendChoice, Cli, Command};
    use super::*;

    fn parsed(line: &str) -> Cli {
        // A quoted word is one argument.
        let quoted = line.split('\'').enumerate();
        let words = quoted.flat_map(|(i, part)| match i % 2 {
            1 => vec![part.to_string()],
            _ => part.split_whitespace().map(String::from).collect(),
        });
        let words = std::iter::once("stridelab".to_string()).chain(words);
        Cli::try_parse_from(respelled(words.map(OsString::from))).unwrap_or_else(|error| panic!("{line}: {error}"))
    }

    #[test]
    fn lists_may_have_blanks() {
        for line in
            ["--stride 1 2", "--stride 1,2", "--stride 1, 2", "--stride '1, 2'", "--stride=1, 2", "--strides 1 , 2"]
        {
            for line in [line.to_string(), format!("-q {line} --seed 5"), format!("train {line}")] {
                assert_eq!(parsed(&line).train.grid.stride, [1, 2].map(Strides::all), "{line}");
            }
        }
        for line in ["--padding SAME VALID", "--padding 'same, valid'", "--padding Same,Valid", "--pad same valid"] {
            assert_eq!(parsed(line).train.grid.padding, [Same, Valid], "{line}");
        }
        assert_eq!(parsed("--padding SAME").train.grid.padding, [Same]);
        let Some(Command::Bench(bench)) = parsed("bench --batch-size 1 16 --cpu --stride 2").command else { panic!() };
        assert_eq!((bench.batch_size, bench.backend), (vec![1, 16], BackendChoice::Cpu));
        assert_eq!(bench.grid.stride, [Strides::all(2)]);
    }

    #[test]
    fn every_choice_of_a_network_is_a_list() {
        for line in [
            "--stride 2:1 1x2 --padding Symmetric T1l0b1r0 --kernel 3 5 --pool 2 NONE --head dense Gap --crop 0 4 -q",
            "describe --stride=2:1,1x2 --pad 'symmetric, t1l0b1r0' --kernel_size 3,5 --pooling 2, none --heads dense,gap --crop '0 4'",
        ] {
            let cli = parsed(line);
            let grid = match cli.command {
                Some(Command::Describe(args)) => args.grid,
                _ => cli.train.grid,
            };
            assert_eq!(grid.stride.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2:1", "1x2"], "{line}");
            assert_eq!(grid.padding[0], Symmetric, "{line}");
            assert_eq!(grid.padding[1].to_string(), "t1l0b1r0", "{line}");
            assert_eq!((&grid.kernel[..], &grid.crop[..]), (&[3, 5][..], &[0, 4][..]), "{line}");
            assert_eq!(grid.pool, [Pooling::Max, Pooling::None], "{line}");
            assert_eq!(grid.head, [Head::Dense, Head::GlobalAverage], "{line}");
            assert_eq!(grid.configurations().unwrap().len(), 64, "{line}");
        }
    }

    #[test]
    fn seeds_are_a_count_a_range_or_a_list() {
        let cases: [(&str, &[u64]); 5] = [
            ("--seeds 3", &[0, 1, 2]),
            ("--seeds 1,2,3", &[1, 2, 3]),
            ("--seeds 1 2 3", &[1, 2, 3]),
            ("--seeds 7,", &[7]),
            ("--seeds 5..7", &[5, 6, 7]),
        ];
        for (line, seeds) in cases {
            assert_eq!(parsed(line).train.seeds(), seeds, "{line}");
        }
    }

    #[test]
    fn common_names_are_accepted() {
        let cli = parsed("run --lr 0.01 --batch_size 32 --epoch 2 --gpu --dataset data -o out --num-classes 26");
        let train = cli.train;
        assert!(cli.command.is_none());
        assert_eq!((train.learning_rate, train.batch_size, train.epochs), (0.01, 32, 2));
        assert_eq!((train.backend, train.classes), (BackendChoice::Gpu, Some(26)));
        assert_eq!((train.data, train.out), (Some("data".into()), Some("out".into())));
        let train = parsed("--bs=8 --device CUDA --learn 0.5 --output-dir=a=b").train;
        assert_eq!((train.learning_rate, train.batch_size, train.backend), (0.5, 8, BackendChoice::Gpu));
        assert_eq!(parsed("--batch 4").train.batch_size, 4);
        assert_eq!(train.out, Some("a=b".into()));
        assert!(matches!(parsed("desc").command, Some(Command::Describe(_))));
        let Some(Command::Predict(predict)) = parsed("classify run a.png b.jpg --gpu --as_is").command else {
            panic!()
        };
        assert_eq!((predict.backend, predict.as_is, predict.images.len()), (BackendChoice::Gpu, true, 2));
        for line in ["eval run --dataset data -o out", "test run --data data --output=out"] {
            let Some(Command::Evaluate(evaluate)) = parsed(line).command else { panic!("{line}") };
            assert_eq!((evaluate.data, evaluate.out), (Some("data".into()), Some("out".into())), "{line}");
        }
    }

    #[test]
    fn what_could_mean_two_things_is_left_as_it_is() {
        let same = |words: &[&str]| {
            let words: Vec<OsString> = [&["stridelab"], words].concat().into_iter().map(OsString::from).collect();
            assert_eq!(respelled(words.clone().into_iter()), words);
        };
        same(&["--data", "train", "--out", "run"]);
        same(&["--stride", "1", "describe"]);
        same(&["--stride"]);
        same(&["--stride", "-1"]);
        same(&["--seeds", "5,"]);
        same(&["--", "--batch_size", "train"]);
        same(&["--out", "a_b", "-q"]);
    }
}
