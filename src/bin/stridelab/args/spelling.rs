//! What people type, in the form that the options have. Nothing that could mean two things is changed.

use std::ffi::OsString;

/// Options that take a list, under all their names.
const LISTS: [&str; 11] = [
    "--stride",
    "--strides",
    "--padding",
    "--paddings",
    "--pad",
    "--seeds",
    "--batch-size",
    "--batch-sizes",
    "--batch",
    "--bs",
    "--batchsize",
];
/// Words for training, which is what stridelab does without a word.
const TRAINING: [&str; 3] = ["train", "run", "fit"];

/// The arguments with these changes:
///
/// - `train` or `run` as the first word is left out, also after `help`;
/// - `--batch_size` becomes `--batch-size`;
/// - `--cpu` (`--no-gpu`, `--no-cuda`) and `--gpu` (`--cuda`) become `--backend cpu` and `--backend gpu`;
/// - a list with blanks, `--stride 1 2`, `--stride 1, 2` or `--padding 'same, valid'`, gets commas alone.
pub(super) fn respelled(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut rest: Vec<OsString> = arguments.collect();
    let at = if rest.get(1).is_some_and(|word| word == "help") { 2 } else { 1 };
    if rest.get(at).and_then(|word| word.to_str()).is_some_and(|word| TRAINING.contains(&word)) {
        rest.remove(at);
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

/// Whether a word goes on with a list of numbers or paddings: no other argument of the command reads so.
fn is_item(word: &str) -> bool {
    let padding = |part: &str| part.eq_ignore_ascii_case("same") || part.eq_ignore_ascii_case("valid");
    let number = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    !word.is_empty() && word.split([',', ' ']).all(|part| number(part) || padding(part))
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

    use super::super::{BackendChoice, Cli, Command, PaddingChoice};
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
                assert_eq!(parsed(&line).train.stride, [1, 2], "{line}");
            }
        }
        use PaddingChoice::{Same, Valid};
        for line in ["--padding SAME VALID", "--padding 'same, valid'", "--padding Same,Valid", "--pad same valid"] {
            assert_eq!(parsed(line).train.padding, [Same, Valid], "{line}");
        }
        assert_eq!(parsed("--padding SAME").train.padding, [Same]);
        let Some(Command::Bench(bench)) = parsed("bench --batch-size 1 16 --cpu --stride 2").command else { panic!() };
        assert_eq!((bench.batch_size, bench.backend, bench.stride), (vec![1, 16], BackendChoice::Cpu, vec![2]));
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
        let train = parsed("--bs=8 --device CUDA --learn 0.5 --output-dir=a=b --batch 4").train;
        assert_eq!((train.learning_rate, train.batch_size, train.backend), (0.5, 4, BackendChoice::Gpu));
        assert_eq!(train.out, Some("a=b".into()));
        assert!(matches!(parsed("desc").command, Some(Command::Describe(_))));
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
