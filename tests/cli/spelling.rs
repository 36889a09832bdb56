//! What people type, and what they are told where it cannot be taken.

use super::tool::{Place, TINY, ended, one_line};

#[test]
fn common_spellings_train() {
    let place = Place::new();
    place.fine("train --cpu --dataset data --stride 1 2 --padding SAME --epoch 1 --lr 0.001 --bs 32 --limit 8 -o a -q");
    place.fine("--device cpu --data data --strides 1, 2 --pad same --epochs 1 --batch_size 32 --limit 8 --out b -q");
    let [a, b] = ["a", "b"].map(|run| place.json(&format!("{run}/run.json")));
    for (option, value) in
        [("stride", "[1,2]"), ("padding", "[\"same\"]"), ("backend", "\"cpu\""), ("batch-size", "32")]
    {
        assert_eq!(a["options"][option].to_string(), value, "{option}");
        assert_eq!(a["options"][option], b["options"][option], "{option}");
    }
    assert_eq!(place.read("a/steps.csv"), place.read("b/steps.csv"));
    place.fine(&format!("run {TINY} --seeds 5,1 --limit 8 --out c -q"));
    assert_eq!(place.json("c/run.json")["options"]["seeds"], serde_json::json!([5, 1]));
}

#[test]
fn an_unknown_option_points_to_the_help_of_its_command() {
    let place = Place::empty();
    for (arguments, words) in [
        ("bench --nonsense", &["'--nonsense'", "stridelab bench --help"][..]),
        ("bench --limit 5", &["'--limit'", "training has it", "stridelab bench --help"]),
        ("bench --image 14x14", &["'--image'", "training and stridelab describe have it"]),
        ("bench --epochs 3", &["'--epochs' found; training has it; stridelab bench"]),
        ("evaluate base --limit 5", &["'--limit' found; training has it; stridelab evaluate"]),
        ("--outputs a", &["exists: '--out'; stridelab --help"]),
        ("predict base --seed 9", &["<IMAGE>", "--test-image"]),
        ("parity --padding same", &["'--padding'", "stridelab parity --help"]),
        ("describe --stride 0", &["at least 1", "stridelab describe --help"]),
        ("completions", &["<SHELL>", "stridelab completions"]),
        ("--nonsense", &["'--nonsense'", "; stridelab --help"]),
    ] {
        one_line(arguments, &place.run(arguments), 2, words);
    }
}

#[test]
fn an_option_is_given_once() {
    let place = Place::new();
    for arguments in ["--out a --out b", "--seed 1 --seed 2", "--quiet --quiet", "bench --out a -o b"] {
        let words: Vec<&str> = arguments.split(' ').collect();
        let ran = ended(place.command("").args(words).output().unwrap());
        one_line(arguments, &ran, 2, &["cannot be used multiple times", "--help"]);
    }
    // Lists go on.
    let ran = ended(place.command("describe").args(["--stride", "1", "--stride", "2"]).output().unwrap());
    assert!(ran.out.contains("stride 1, same") && ran.out.contains("stride 2, same"), "{}{}", ran.out, ran.err);
}
