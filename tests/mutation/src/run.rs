//! Runs the tests against one change.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::stages::Stage;
use crate::tree::{Programs, SHADERS};

/// What came of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A test failed, or its process crashed.
    Killed,
    /// The tests took many times as long as without the change.
    Hung,
    /// The shader is refused before it runs.
    Refused,
    /// All tests passed.
    Survived,
}

impl Outcome {
    /// As it stands in the file of results.
    pub const NAMES: [(&'static str, Outcome); 4] = [
        ("killed", Outcome::Killed),
        ("hung", Outcome::Hung),
        ("refused", Outcome::Refused),
        ("survived", Outcome::Survived),
    ];

    pub fn name(self) -> &'static str {
        Self::NAMES.iter().find(|(_, outcome)| *outcome == self).map_or("", |(name, _)| name)
    }
}

/// What the panic says where a shader is refused.
const REFUSED: &str = "src/gpu/shaders/interface.rs";

/// Runs a stage and ends it at the first failure, or after `most`.
pub fn run(programs: &Programs, stage: &Stage, root: &Path, shaders: &Path, number: u32, most: Duration) -> Outcome {
    let mut child = Command::new(programs.path(stage.program))
        .args(stage.filters.iter().filter(|filter| !filter.is_empty()))
        .arg("--nocapture")
        .env(SHADERS, shaders)
        .env("STRIDELAB_MUTANT", number.to_string())
        .env("RUST_BACKTRACE", "0")
        .env_remove("STRIDELAB_CONFORMANCE")
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{}: {e}", stage.program));
    let outcome = watch(&mut child, most);
    // An ended process cannot be killed, which is no fault.
    let _ = child.kill();
    let ended = child.wait().expect("a child that can be waited for");
    outcome.unwrap_or(if ended.success() { Outcome::Survived } else { Outcome::Killed })
}

/// Reads what a child says until a test fails. Nothing where it ended by itself.
fn watch(child: &mut Child, most: Duration) -> Option<Outcome> {
    let (sender, receiver) = mpsc::channel();
    let pipes: [Option<Box<dyn Read + Send>>; 2] =
        [child.stdout.take().map(|pipe| Box::new(pipe) as _), child.stderr.take().map(|pipe| Box::new(pipe) as _)];
    for mut pipe in pipes.into_iter().flatten() {
        let sender = sender.clone();
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(len @ 1..) = pipe.read(&mut part) {
                if sender.send(part[..len].to_vec()).is_err() {
                    break;
                }
            }
        });
    }
    drop(sender);
    let end = Instant::now() + most;
    let mut said = String::new();
    while !said.contains("FAILED") {
        match receiver.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(part) => said.push_str(&String::from_utf8_lossy(&part)),
            Err(mpsc::RecvTimeoutError::Timeout) => return Some(Outcome::Hung),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
        }
    }
    // The reason comes through the other pipe.
    while let Ok(part) = receiver.recv_timeout(Duration::from_millis(50)) {
        said.push_str(&String::from_utf8_lossy(&part));
    }
    Some(if said.contains(REFUSED) { Outcome::Refused } else { Outcome::Killed })
}
