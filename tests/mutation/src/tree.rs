//! A copy of the crate that reads its shaders when it runs and has all changes of the kernels compiled in.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::mutant::{Action, Mutant, number_repeats};
use crate::{rust, switches, wgsl};

/// The variable that names the folder of the shaders.
pub const SHADERS: &str = "STRIDELAB_MUTANT_SHADERS";

/// What is copied.
const PARTS: [&str; 7] = ["src", "shaders", "tests", "benches", "assets", "Cargo.toml", "Cargo.lock"];

/// The kernels of the CPU: these files, and those below this folder but its tests.
const KERNELS: [&str; 9] =
    ["adam", "bias", "conv2d", "gather", "global_average_pool", "matmul", "max_pool", "relu", "softmax_cross_entropy"];

/// The files below `folder`, from `root`, sorted.
pub fn files(root: &Path, folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_string()];
    while let Some(path) = open.pop() {
        if !root.join(&path).is_dir() {
            found.push(path);
            continue;
        }
        for entry in fs::read_dir(root.join(&path)).unwrap_or_else(|e| panic!("{path}: {e}")) {
            let name = entry.expect("a directory that can be read").file_name();
            let name = name.to_str().expect("a name in UTF-8");
            if !(path == "tests" && name == "mutation") {
                open.push(format!("{path}/{name}"));
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Whether a file holds kernels of the CPU.
fn is_kernel(file: &str) -> bool {
    let plain = KERNELS.iter().any(|name| file == format!("src/cpu/{name}.rs"));
    let name = file.rsplit('/').next().unwrap_or_default();
    plain || (file.starts_with("src/cpu/fused/") && !["tests.rs", "test_support.rs"].contains(&name))
}

/// All changes, and the kernels' files with those of the kernels compiled in, by name.
pub fn mutants(root: &Path) -> (Vec<Mutant>, HashMap<String, String>) {
    let mut all = Vec::new();
    for file in files(root, "shaders") {
        all.extend(wgsl::mutants(&file, &read(&root.join(&file))));
    }
    let mut changed = HashMap::new();
    let mut next = 1;
    for file in files(root, "src/cpu").into_iter().filter(|file| is_kernel(file)) {
        let (text, mutants) = rust::mutants(&file, &read(&root.join(&file)), next);
        next += mutants.len() as u32;
        all.extend(mutants);
        changed.insert(file, text);
    }
    number_repeats(&mut all);
    (all, changed)
}

/// Brings the copy up to date. What has not changed keeps its time, so that it is not built again.
pub fn copy(root: &Path, copy: &Path, changed: &HashMap<String, String>) -> io::Result<()> {
    let mut kept = Vec::new();
    for file in PARTS.iter().flat_map(|part| files(root, part)) {
        let bytes = match (file.as_str(), changed.get(&file)) {
            (_, Some(text)) => text.clone().into_bytes(),
            ("src/lib.rs", _) => (read(&root.join(&file)) + switches::MODULE).into_bytes(),
            (file, _) if file.starts_with("tests/operators/") => unchecked_first(&read(&root.join(file))).into_bytes(),
            ("src/gpu/shaders/source.rs", _) => shaders_at_run_time(&read(&root.join(&file))).into_bytes(),
            _ => fs::read(root.join(&file))?,
        };
        let path = copy.join(&file);
        if fs::read(&path).ok().as_ref() != Some(&bytes) {
            fs::create_dir_all(path.parent().unwrap_or(copy))?;
            fs::write(path, bytes)?;
        }
        kept.push(file);
    }
    for part in PARTS.iter().filter(|part| copy.join(part).exists()) {
        for file in files(copy, part).iter().filter(|file| !kept.contains(file)) {
            fs::remove_file(copy.join(file))?;
        }
    }
    Ok(())
}

/// The text of the file that knows the shaders, with one that reads them from a folder.
fn shaders_at_run_time(text: &str) -> String {
    let head = "fn text(stem: &str) -> Option<&'static str> {\n";
    assert_eq!(text.matches(head).count(), 1, "the function that knows the shaders' texts");
    let body = format!(
        "{head}    if let Some(folder) = std::env::var_os(\"{SHADERS}\") {{\n        \
         let path = std::path::Path::new(&folder).join(format!(\"{{stem}}.wgsl\"));\n        \
         return std::fs::read_to_string(path).ok().map(|text| &*text.leak());\n    }}\n"
    );
    text.replace(head, &body)
}

/// A file of tests that goes over the backends from the last on, the GPU without bounds checks: it compiles fastest, and
/// most changes are noticed there.
fn unchecked_first(text: &str) -> String {
    text.replace(" in backends() {", " in backends().iter().rev() {")
}

/// The tests' programs, by the beginning of their names.
pub struct Programs(HashMap<String, PathBuf>);

impl Programs {
    /// Builds them. The dependencies are those of the crate itself, in its own target directory.
    pub fn build(root: &Path, copy: &Path) -> Programs {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        // Kernels full of branches are slow to compile with optimisation, and the tests are small.
        let arguments = "test --no-run --locked --lib --test operators --test training --message-format=json \
                         --config profile.dev.opt-level=1";
        let output = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(arguments.split_whitespace())
            .env("CARGO_TARGET_DIR", &target)
            .current_dir(copy)
            .stderr(std::process::Stdio::inherit())
            .output()
            .expect("cargo");
        let text = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let rendered = text.lines().filter_map(|line| Some(line.split_once("\"rendered\":\"")?.1));
            for message in rendered.take(20) {
                eprintln!("{}", message.replace("\\n", "\n").replace("\\\"", "\""));
            }
            panic!("the changed copy in {} cannot be built", copy.display());
        }
        let executable = |line: &str| {
            let path = PathBuf::from(line.split_once("\"executable\":\"")?.1.split_once('"')?.0);
            // Tests have a hash in their names, and the command, which is built with them, has none.
            let (name, _) = path.file_name()?.to_str()?.split_once('-')?;
            Some((name.to_string(), path.clone()))
        };
        Programs(text.lines().filter_map(executable).collect())
    }

    /// The program of that name.
    pub fn path(&self, name: &str) -> &Path {
        self.0.get(name).unwrap_or_else(|| panic!("no program {name}: {:?}", self.0))
    }
}

/// Puts a change in force: what is in the folder of a worker, and the number that its tests are told.
pub fn apply(mutant: Option<&Mutant>, root: &Path, shaders: &Path) -> io::Result<u32> {
    for file in files(root, "shaders") {
        let text = match mutant {
            Some(Mutant { file: changed, action: Action::Shader(text), .. }) if *changed == file => text.clone(),
            _ => read(&root.join(&file)),
        };
        let path = shaders.join(file.trim_start_matches("shaders/"));
        if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
            fs::create_dir_all(path.parent().unwrap_or(shaders))?;
            fs::write(path, text)?;
        }
    }
    Ok(match mutant.map(|mutant| &mutant.action) {
        Some(Action::Number(number)) => *number,
        _ => 0,
    })
}
