//! The shaders' files, and how one shader is assembled from several of them.
//!
//! A file says what it needs with a line `#import shared/pixels`. The assembled source is the file itself,
//! then each file that it imports, directly or through another import, once. The import lines become
//! comments, so line numbers in the messages of a compiler are those of the file.

/// Embeds the files of these stems under `shaders`.
macro_rules! embed {
    ($(#[$about:meta])* $visible:vis const $stems:ident, $texts:ident = $($stem:literal),* $(,)?) => {
        $(#[$about])*
        $visible const $stems: &[&str] = &[$($stem),*];
        const $texts: &[&str] = &[$(include_str!(concat!("../../../shaders/", $stem, ".wgsl"))),*];
    };
}

embed! {
    /// Stems of the files under `shaders` that have entry points; [`shader_source`] assembles each.
    pub const SHADERS, SHADER_TEXTS =
        "fused/adam", "fused/conv2d", "fused/conv_pool", "fused/conv_pool_backward", "fused/dense",
        "fused/first_layer", "fused/head", "fused/head_gradients", "fused/matmul", "fused/partial",
        "plain/adam", "plain/bias", "plain/conv2d", "plain/conv2d_naive", "plain/gather", "plain/global_average_pool", "plain/matmul", "plain/max_pool",
        "plain/peak", "plain/relu", "plain/softmax_cross_entropy", "plain/softmax_wide",
        "tiled/conv_pool", "tiled/conv_pool_backward", "tiled/dense", "tiled/dense_backward",
        "tiled/first_layer", "tiled/head",
}

embed! {
    /// Stems of the files that only others import.
    const SHARED, SHARED_TEXTS =
        "shared/adam_step", "shared/common", "shared/pixels", "shared/product", "shared/subgroup", "shared/tile",
        "shared/windows", "shared/winner",
}

/// What a line that imports a file begins with.
const IMPORT: &str = "#import ";

/// The whole WGSL source of the shader of that stem, one of [`SHADERS`].
///
/// # Panics
/// Where there is no such shader.
pub fn shader_source(stem: &str) -> String {
    assemble(stem, text)
}

/// The text of the file of that stem.
fn text(stem: &str) -> Option<&'static str> {
    #[cfg(feature = "shader-files")]
    if let Some(folder) = std::env::var_os("STRIDELAB_SHADERS") {
        let text = std::fs::read_to_string(std::path::Path::new(&folder).join(format!("{stem}.wgsl"))).ok()?;
        return Some(text.leak());
    }
    let stems = SHADERS.iter().chain(SHARED);
    let texts = SHADER_TEXTS.iter().chain(SHARED_TEXTS);
    stems.zip(texts).find(|(other, _)| **other == stem).map(|(_, text)| *text)
}

/// A source under construction.
struct Assembly<F> {
    text_of: F,
    source: String,
    /// Files that are in the source.
    included: Vec<&'static str>,
    /// The file being added, after those that import it.
    path: Vec<&'static str>,
}

/// Assembles the source of `stem` from the files that `text_of` knows.
fn assemble(stem: &str, text_of: impl Fn(&str) -> Option<&'static str>) -> String {
    let Some(text) = text_of(stem) else { panic!("there is no shaders/{stem}.wgsl") };
    let mut assembly = Assembly { text_of, source: String::new(), included: Vec::new(), path: Vec::new() };
    let imports = assembly.append(text);
    for import in imports {
        assembly.import(import, stem);
    }
    assembly.source
}

impl<F: Fn(&str) -> Option<&'static str>> Assembly<F> {
    /// Appends a file's text, and returns what it imports.
    fn append(&mut self, text: &'static str) -> Vec<&'static str> {
        let mut imports = Vec::new();
        for line in text.lines() {
            if let Some(import) = line.strip_prefix(IMPORT) {
                imports.push(import.trim());
                self.source.push_str("// ");
            }
            self.source.push_str(line);
            self.source.push('\n');
        }
        imports
    }

    /// Appends the file `stem`, which `importer` imports, unless the source has it, and what it imports.
    fn import(&mut self, stem: &'static str, importer: &str) {
        let Some(text) = (self.text_of)(stem) else {
            panic!("shaders/{importer}.wgsl imports {stem}, and there is no shaders/{stem}.wgsl");
        };
        assert!(
            !self.path.contains(&stem),
            "shaders/{importer}.wgsl imports shaders/{stem}.wgsl, which imports it: a circle"
        );
        if self.included.contains(&stem) {
            return;
        }
        self.included.push(stem);
        self.path.push(stem);
        for import in self.append(text) {
            self.import(import, stem);
        }
        self.path.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(stem: &str) -> Option<&'static str> {
        Some(match stem {
            "main" => "// first line\n#import shared/a\n#import shared/b\nfn main() {}\n",
            "shared/a" => "#import shared/b\nfn a() {}\n",
            "shared/b" => "fn b() {}\n",
            "lost" => "#import shared/nowhere\n",
            "round" => "#import shared/here\n",
            "shared/here" => "#import shared/there\n",
            "shared/there" => "#import shared/here\n",
            "alone" => "#import alone\n",
            _ => return None,
        })
    }

    fn failure(stem: &str) -> String {
        let panicked = std::panic::catch_unwind(|| assemble(stem, files)).unwrap_err();
        *panicked.downcast::<String>().unwrap()
    }

    #[test]
    fn each_part_is_included_once_and_lines_keep_their_numbers() {
        let source = assemble("main", files);
        let lines: Vec<&str> = source.lines().collect();
        assert_eq!(lines[..4], ["// first line", "// #import shared/a", "// #import shared/b", "fn main() {}"]);
        assert_eq!(lines[4..], ["// #import shared/b", "fn a() {}", "fn b() {}"]);
    }

    #[test]
    fn an_import_that_cannot_be_is_named_with_its_importer() {
        let lost = failure("lost");
        assert!(lost.contains("shaders/lost.wgsl") && lost.contains("shaders/shared/nowhere.wgsl"), "{lost}");
        let round = failure("round");
        assert!(round.contains("shaders/shared/there.wgsl") && round.contains("shaders/shared/here.wgsl"), "{round}");
        assert!(failure("nothing").contains("shaders/nothing.wgsl"));
    }

    /// A file that is not in the list would be missing from the binary.
    #[test]
    fn every_file_is_listed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
        let mut found = Vec::new();
        for room in ["fused", "plain", "shared", "tiled"] {
            for file in std::fs::read_dir(folder.join(room)).unwrap() {
                let name = file.unwrap().file_name().into_string().unwrap();
                found.push(format!("{room}/{}", name.strip_suffix(".wgsl").unwrap()));
            }
        }
        found.sort();
        let mut listed: Vec<&str> = SHADERS.iter().chain(SHARED).copied().collect();
        listed.sort_unstable();
        assert_eq!(listed, found);
    }
}
