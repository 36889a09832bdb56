//! The house's rules on imports, read off the source files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Modules that a folder must not reach, directly or through others.
const FORBIDDEN: [(&str, &[&str]); 8] = [
    ("ops", &["gpu", "cpu", "backend", "train", "study", "record", "store", "report"]),
    ("model", &["plan", "gpu", "cpu", "backend", "train", "record", "store", "report"]),
    ("plan", &["gpu", "cpu", "backend", "train", "record", "store", "report"]),
    ("study", &["files", "store", "record", "report", "analysis"]),
    ("record", &["gpu", "cpu", "backend", "train", "bench", "files", "store", "report", "analysis"]),
    ("analysis", &["gpu", "cpu", "backend", "train", "study", "bench", "parity", "files", "store", "report"]),
    ("report", &["gpu", "cpu", "backend", "train", "study", "bench", "parity", "files", "store"]),
    ("store", &["gpu", "cpu", "backend", "train", "study", "bench", "parity", "report"]),
];

/// The source files of the library, by module path: `["gpu", "fused"]` for `src/gpu/fused/mod.rs`.
struct Sources(BTreeMap<Vec<String>, Source>);

struct Source {
    folder: PathBuf,
    /// Paths after `crate::` or resolved from `super::`, each with the names that are imported.
    imports: Vec<Vec<String>>,
}

impl Sources {
    fn read() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut sources = BTreeMap::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let below = path.strip_prefix(&root).unwrap().with_extension("");
                let mut module: Vec<String> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
                let is_test = module.iter().any(|part| part == "tests" || part == "house");
                if path.extension().is_none_or(|e| e != "rs") || module[0] == "bin" || module[0] == "lib" || is_test {
                    continue;
                }
                module.retain(|part| part != "mod");
                let imports = imports(&fs::read_to_string(&path).unwrap(), &module);
                let parent = path.parent().unwrap().to_owned();
                sources.insert(module, Source { folder: parent, imports });
            }
        }
        Sources(sources)
    }

    /// The file that an imported path lies in. A name that a `mod.rs` hands on is looked up where that file has
    /// it from.
    fn file(&self, path: &[String]) -> Option<&Vec<String>> {
        let (module, source) = (0..=path.len()).rev().find_map(|n| self.0.get_key_value(&path[..n]))?;
        let rest = &path[module.len()..];
        let handed_on = source.imports.iter().find(|import| {
            let inside = import.starts_with(module) && import.len() > module.len() + 1;
            inside && rest.first().is_some_and(|name| import.last() == Some(name))
        });
        handed_on.map_or(Some(module), |import| self.file(import))
    }

    /// The files that each file imports from.
    fn graph(&self) -> BTreeMap<&Vec<String>, BTreeSet<&Vec<String>>> {
        let targets = |(module, source): (_, &Source)| {
            let files = source.imports.iter().filter_map(|import| self.file(import));
            (module, files.filter(|file| *file != module).collect())
        };
        self.0.iter().map(|(module, source)| targets((module, source))).collect()
    }

    /// Everything that can be reached from a file.
    fn reach<'a>(
        graph: &BTreeMap<&'a Vec<String>, BTreeSet<&'a Vec<String>>>,
        from: &'a Vec<String>,
    ) -> BTreeSet<&'a Vec<String>> {
        let mut seen = BTreeSet::new();
        let mut next = vec![from];
        while let Some(module) = next.pop() {
            for &target in graph.get(module).into_iter().flatten() {
                if seen.insert(target) {
                    next.push(target);
                }
            }
        }
        seen
    }
}

/// The paths of a file's `use` declarations and of what it names by `crate::`, without its unit tests.
fn imports(text: &str, module: &[String]) -> Vec<Vec<String>> {
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let code: String = code.lines().map(|line| line.split("//").next().unwrap_or_default().to_owned() + "\n").collect();
    let mut all = Vec::new();
    for start in ["crate::", "super::", "self::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            for path in paths(&code[at..]) {
                all.extend(resolve(&path, module));
            }
        }
    }
    // `pub use child::Name;` in a mod.rs names a child without a prefix.
    for (at, _) in code.match_indices("pub use ") {
        for path in paths(&code[at + "pub use ".len()..]) {
            if !["crate", "super", "self"].contains(&path[0].as_str()) {
                all.push([module, &path[..]].concat());
            }
        }
    }
    all
}

/// `a::b::{c, d::e}` as `a::b::c` and `a::b::d::e`.
fn paths(text: &str) -> Vec<Vec<String>> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_';
    let mut path = Vec::new();
    let mut rest = text;
    loop {
        let name: String = rest.chars().take_while(|c| is_name(*c)).collect();
        if name.is_empty() {
            break;
        }
        rest = &rest[name.len()..];
        path.push(name);
        match rest.strip_prefix("::") {
            Some(after) => rest = after,
            None => return vec![path],
        }
    }
    let Some(inner) = rest.strip_prefix('{') else { return if path.is_empty() { vec![] } else { vec![path] } };
    let mut depth = 0;
    let mut parts = vec![String::new()];
    for c in inner.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        parts.last_mut().unwrap().push(c);
    }
    parts.iter().flat_map(|part| paths(part.trim())).map(|tail| [&path[..], &tail].concat()).collect()
}

/// A path from the crate's root.
fn resolve(path: &[String], module: &[String]) -> Option<Vec<String>> {
    let mut at: Vec<String> = module.to_vec();
    let mut rest = path;
    while let Some(first) = rest.first() {
        match first.as_str() {
            "crate" => at.clear(),
            "super" => _ = at.pop(),
            "self" => {}
            _ => break,
        }
        rest = &rest[1..];
    }
    (!rest.is_empty()).then(|| [&at[..], rest].concat())
}

fn shown(module: &[String]) -> String {
    module.join("/")
}

#[test]
fn nobody_reaches_what_is_forbidden() {
    let sources = Sources::read();
    assert!(sources.0.len() > 80, "{} files", sources.0.len());
    let graph = sources.graph();
    for (folder, forbidden) in FORBIDDEN {
        let files = sources.0.keys().filter(|module| module[0] == folder);
        for module in files {
            for target in Sources::reach(&graph, module) {
                assert!(!forbidden.contains(&target[0].as_str()), "{} reaches {}", shown(module), shown(target));
            }
        }
    }
}

#[test]
fn no_circle_spans_two_folders() {
    let sources = Sources::read();
    let graph = sources.graph();
    for (module, source) in &sources.0 {
        let reached = Sources::reach(&graph, module);
        for &other in &reached {
            if sources.0[other].folder != source.folder && Sources::reach(&graph, other).contains(module) {
                panic!("{} and {} import each other, directly or through others", shown(module), shown(other));
            }
        }
    }
}

/// Two types of one name make a reader look twice, and a search find the wrong one.
#[test]
fn no_two_types_share_a_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    let mut folders = vec![root];
    let mut doubled = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap_or_default();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.starts_with(' ')) {
                let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
                let line = line.trim_start_matches("pub ");
                let name = ["struct ", "enum ", "trait ", "type "].iter().find_map(|kind| line.strip_prefix(kind));
                let Some(name) = name else { continue };
                let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
                if let Some(other) = found.insert(name.clone(), path.clone()) {
                    doubled.push(format!("{name}: {} and {}", other.display(), path.display()));
                }
            }
        }
    }
    assert!(doubled.is_empty(), "{}", doubled.join("\n"));
}

#[test]
fn the_reader_of_imports_reads() {
    let module = ["gpu".to_string(), "fused".into(), "head".into()];
    let text = "use crate::{a::B, c::{d, e::F}};\nuse super::{Gpu, shaders};\nlet x = crate::g::h(1); // crate::no\n";
    let mut found: Vec<String> = imports(text, &module).iter().map(|path| path.join("::")).collect();
    found.sort();
    assert_eq!(found, ["a::B", "c::d", "c::e::F", "g::h", "gpu::fused::Gpu", "gpu::fused::shaders"]);
}
