//! Changes the shaders and the CPU's kernels in one place at a time, and looks whether a test notices. See README.md.

mod mutant;
mod results;
mod run;
mod rust;
mod stages;
mod switches;
mod tree;
mod wgsl;

use std::collections::HashMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use mutant::Mutant;
use results::{Noted, Results};
use run::Outcome;
use stages::{Stage, stages};
use tree::Programs;

const USAGE: &str = "usage: tests/mutation/run.sh [list | run | note | summary] [--only TEXT] [--jobs N] [--minutes N] \
                     [--stages N] [--again]";

/// What the command line asks for.
struct Arguments {
    command: String,
    only: String,
    jobs: usize,
    minutes: f64,
    stages: usize,
    again: bool,
}

fn arguments() -> Option<Arguments> {
    let mut found = Arguments {
        command: "summary".into(),
        only: String::new(),
        jobs: 1,
        minutes: f64::INFINITY,
        stages: usize::MAX,
        again: false,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "list" | "run" | "note" | "summary" => found.command = word,
            "--only" => found.only = words.next()?,
            "--jobs" => found.jobs = words.next()?.parse().ok().filter(|jobs| *jobs > 0)?,
            "--minutes" => found.minutes = words.next()?.parse().ok()?,
            "--stages" => found.stages = words.next()?.parse().ok()?,
            "--again" => found.again = true,
            _ => return None,
        }
    }
    Some(found)
}

fn main() -> ExitCode {
    let Some(arguments) = arguments() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the crate's directory");
    let here = root.join("target/mutation");
    std::fs::create_dir_all(&here).expect("a directory below target");
    let (all, changed) = tree::mutants(&root);
    let only = all.iter().filter(|mutant| mutant.to_string().contains(&arguments.only));
    let mutants: Vec<Mutant> = only.cloned().collect();
    let short = root.join("tests/mutation/results.txt");
    let mut results = Results::open(&short, &here.join("results.tsv"));
    let equivalent = results::equivalent(&root.join("tests/mutation/equivalent.tsv"));
    if arguments.command == "list" {
        mutants.iter().for_each(|mutant| println!("{mutant}"));
        println!("{} changes", mutants.len());
        return ExitCode::SUCCESS;
    }
    if arguments.command == "run" {
        let copy = here.join("tree");
        tree::copy(&root, &copy, &changed).expect("a copy of the crate");
        let programs = Programs::build(&root, &copy);
        // A change that has survived some stages goes on with the next.
        let first = |mutant: &Mutant| match results.of(mutant) {
            _ if equivalent.contains_key(&mutant.key()) => None,
            None => Some(0),
            Some(Noted { outcome: Outcome::Survived, .. }) if arguments.again => Some(0),
            Some(Noted { outcome: Outcome::Survived, passed }) => Some(passed),
            Some(_) => None,
        };
        let most = |mutant: &Mutant| stages(mutant).len().min(arguments.stages);
        let wanted = mutants.iter().filter_map(|mutant| Some((mutant, first(mutant)?)));
        let wanted: Vec<(&Mutant, usize)> = wanted.filter(|(mutant, first)| *first < most(mutant)).collect();
        println!("{} changes, {} to be run", mutants.len(), wanted.len());
        Sitting { programs, root: &root, here: &here, arguments: &arguments }.run(&wanted, &mut results);
    }
    if arguments.command == "note" {
        results.write_short(&short, &all).expect("the file of results can be written");
    }
    let (text, complete) = results::summary(&mutants, &results, &equivalent);
    println!("{text}");
    if complete { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// How long each stage may take.
type Limits = Mutex<HashMap<Stage, Duration>>;

/// A sitting.
struct Sitting<'a> {
    programs: Programs,
    root: &'a Path,
    here: &'a Path,
    arguments: &'a Arguments,
}

impl Sitting<'_> {
    fn run(&self, mutants: &[(&Mutant, usize)], results: &mut Results) {
        let end = Instant::now() + Duration::from_secs_f64((self.arguments.minutes * 60.0).min(1e8));
        let limits = Limits::default();
        let (next, results) = (AtomicUsize::new(0), Mutex::new(results));
        std::thread::scope(|scope| {
            for job in 0..self.arguments.jobs {
                let (limits, next, results) = (&limits, &next, &results);
                scope.spawn(move || {
                    // Another sitting may be under way.
                    let shaders = self.here.join(format!("shaders-{}-{job}", std::process::id()));
                    while Instant::now() < end {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        let Some(&(mutant, first)) = mutants.get(i) else { break };
                        let start = Instant::now();
                        let (noted, stage) = self.outcome(mutant, first, &shaders, limits);
                        let seconds = start.elapsed().as_secs_f64();
                        let name = noted.outcome.name();
                        println!("{}/{} {name} {seconds:.1} s, {stage}: {mutant}", i + 1, mutants.len());
                        let mut results = results.lock().expect("no job has panicked");
                        results.add(mutant, noted, seconds, &stage).expect("the file of results can be written");
                    }
                    std::fs::remove_dir_all(&shaders).ok();
                });
            }
        });
    }

    /// Shows a change to its tests, from the stage numbered `first` on.
    fn outcome(&self, mutant: &Mutant, first: usize, shaders: &Path, limits: &Limits) -> (Noted, String) {
        let mut last = String::new();
        let mut passed = first;
        for stage in stages(mutant).iter().take(self.arguments.stages).skip(first) {
            let limit = self.limit(stage, shaders, limits);
            let number = tree::apply(Some(mutant), self.root, shaders).expect("a folder for shaders");
            let outcome = run::run(&self.programs, stage, &self.here.join("tree"), shaders, number, limit);
            last = format!("{} {}", stage.program, stage.filters.join(" "));
            if outcome != Outcome::Survived {
                return (Noted { outcome, passed }, last);
            }
            passed += 1;
        }
        (Noted { outcome: Outcome::Survived, passed }, last)
    }

    /// How long a stage may take: many times what it takes without a change, which it must pass.
    fn limit(&self, stage: &Stage, shaders: &Path, limits: &Limits) -> Duration {
        let mut limits = limits.lock().expect("no job has panicked");
        *limits.entry(stage.clone()).or_insert_with(|| {
            tree::apply(None, self.root, shaders).expect("a folder for shaders");
            let start = Instant::now();
            let most = Duration::from_secs(3600);
            let outcome = run::run(&self.programs, stage, &self.here.join("tree"), shaders, 0, most);
            assert_eq!(outcome, Outcome::Survived, "the tests fail without a change: {stage:?}");
            println!("without a change {:.1} s: {stage:?}", start.elapsed().as_secs_f64());
            start.elapsed() * 20 + Duration::from_secs(60)
        })
    }
}
