//! The house's rules on imports, read off the source files.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

type Rule = (&'static str, &'static [&'static str]);

/// What the files of a folder must not reach, neither themselves nor through what they import.
const REACHED: [Rule; 12] = [
    ("data", &["plan", "gpu", "cpu", "backend", "train", "record", "store", "report"]),
    ("cpu", &["gpu", "backend", "train", "study", "record", "store", "report"]),
    ("gpu", &["cpu", "backend", "train", "study", "record", "store", "report"]),
    ("backend", &["train", "study", "record", "store", "report"]),
    ("eager", &["train", "study", "bench", "parity", "record", "store", "report"]),
    ("ops", &["gpu", "cpu", "backend", "train", "study", "record", "store", "report"]),
    ("model", &["plan", "gpu", "cpu", "backend", "train", "record", "store", "report"]),
    ("plan", &["gpu", "cpu", "backend", "train", "record", "store", "report"]),
    ("record", &["gpu", "cpu", "backend", "train", "bench", "store", "report", "analysis"]),
    ("analysis", &["gpu", "cpu", "backend", "train", "study", "bench", "parity", "store", "report"]),
    ("report", &["gpu", "cpu", "backend", "train", "study", "bench", "parity", "store"]),
    ("store", &["gpu", "cpu", "backend", "train", "study", "bench", "parity", "report"]),
];

/// What they must not import themselves.
const IMPORTED: [Rule; 5] = [
    ("study", &["gpu", "cpu", "files", "store", "record", "report", "analysis"]),
    ("train", &["gpu", "cpu", "files", "store", "record", "report", "analysis"]),
    ("record", &["files"]),
    ("analysis", &["files"]),
    ("report", &["files"]),
];

/// A module's path: `["gpu", "fused"]`.
type Module = Vec<String>;
type Graph<'a> = BTreeMap<&'a Module, BTreeSet<&'a Module>>;

/// The source files of the library, by module path: `["gpu", "fused"]` for `src/gpu/fused/mod.rs`.
struct Sources(BTreeMap<Vec<String>, SourceFile>);

struct SourceFile {
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
                sources.insert(module, SourceFile { folder: parent, imports });
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
    fn graph(&self) -> Graph<'_> {
        let targets = |(module, source): (_, &SourceFile)| {
            let files = source.imports.iter().filter_map(|import| self.file(import));
            (module, files.filter(|file| *file != module).collect())
        };
        self.0.iter().map(|(module, source)| targets((module, source))).collect()
    }

    /// Everything that can be reached from a file, each with the file that imports it.
    fn reach<'a>(graph: &Graph<'a>, from: &'a Module) -> BTreeMap<&'a Module, &'a Module> {
        let mut seen = BTreeMap::new();
        let mut next = vec![from];
        while let Some(module) = next.pop() {
            for &target in graph.get(module).into_iter().flatten() {
                if !seen.contains_key(target) {
                    seen.insert(target, module);
                    next.push(target);
                }
            }
        }
        seen
    }

    /// How `to` is reached from `from`.
    fn chain<'a>(graph: &Graph<'a>, from: &'a Module, to: &'a Module) -> String {
        let reached = Sources::reach(graph, from);
        let mut chain = vec![to.join("/")];
        let mut at = to;
        while let Some(&importer) = reached.get(at) {
            chain.push(importer.join("/"));
            at = importer;
            if at == from {
                break;
            }
        }
        chain.reverse();
        chain.join(" → ")
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
            // `pub(in crate::gpu)` imports nothing.
            let visibility = code[..at].ends_with("(in ");
            if visibility || before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            for path in paths(&code[at..]) {
                all.extend(resolve(&path, module));
            }
        }
    }
    // `use child::Name;` names a child without a prefix; a crate's name finds no file and is dropped.
    for at in ["\nuse ", "pub use ", "pub(super) use ", "pub(crate) use "]
        .iter()
        .flat_map(|start| code.match_indices(start).map(|(at, _)| at + start.len()).collect::<Vec<_>>())
    {
        for path in paths(&code[at..]) {
            if path.len() > 1 && !["crate", "super", "self"].contains(&path[0].as_str()) {
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

#[test]
fn nobody_reaches_what_is_forbidden() {
    let sources = Sources::read();
    assert!(sources.0.len() > 150, "{} files", sources.0.len());
    let graph = sources.graph();
    for module in sources.0.keys() {
        let of = |table: &[Rule]| table.iter().find(|rule| rule.0 == module[0]).map_or(&[][..], |rule| rule.1).to_vec();
        let forbidden = of(&REACHED);
        let mut reached = Sources::reach(&graph, module).into_keys();
        if let Some(target) = reached.find(|target| forbidden.contains(&target[0].as_str())) {
            panic!("{}", Sources::chain(&graph, module, target));
        }
        let forbidden = of(&IMPORTED);
        if let Some(target) = graph[module].iter().find(|target| forbidden.contains(&target[0].as_str())) {
            panic!("{} imports {}", module.join("/"), target.join("/"));
        }
    }
}

#[test]
fn no_circle_spans_two_folders() {
    let sources = Sources::read();
    let graph = sources.graph();
    for (module, source) in &sources.0 {
        for other in
            Sources::reach(&graph, module).into_keys().filter(|other| sources.0[*other].folder != source.folder)
        {
            if Sources::reach(&graph, other).contains_key(module) {
                let (there, back) = (Sources::chain(&graph, module, other), Sources::chain(&graph, other, module));
                panic!("a circle of imports: {there}, and {back}");
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
            for line in code.lines() {
                // Indented, a `type` is one of a trait; a struct is a function's own.
                let kinds: &[&str] = if line.starts_with(' ') {
                    &["struct ", "enum "]
                } else {
                    &["struct ", "enum ", "trait ", "type "]
                };
                let line = line.trim_start();
                let line = line.trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
                let line = line.trim_start_matches("pub ");
                let name = kinds.iter().find_map(|kind| line.strip_prefix(kind));
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
