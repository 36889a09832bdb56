//! One case of `index.json`.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use super::Result;
use super::compare::Tolerance;
use super::tensor::{self, Tensor};

#[derive(Deserialize)]
struct Index {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
pub(super) struct Case {
    pub suite: String,
    pub name: String,
    pub op: String,
    pub attrs: Value,
    inputs: BTreeMap<String, File>,
    outputs: BTreeMap<String, File>,
    pub tol: Tolerance,
    #[serde(skip)]
    pub tensors: Tensors,
}

#[derive(Deserialize)]
struct File {
    file: String,
    shape: Vec<usize>,
}

/// The inputs of a case and the outputs that it wants, by name.
#[derive(Default)]
pub(super) struct Tensors {
    pub inputs: BTreeMap<String, Tensor>,
    pub outputs: BTreeMap<String, Tensor>,
}

impl Case {
    /// Reads all cases of a directory with their tensors.
    pub(super) fn all(directory: &Path) -> Result<Vec<Case>> {
        let path = directory.join("index.json");
        let text = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut cases = serde_json::from_slice::<Index>(&text)?.cases;
        for case in &mut cases {
            let read = |files: &BTreeMap<String, File>| -> Result<BTreeMap<String, Tensor>> {
                let mut tensors = BTreeMap::new();
                for (name, file) in files {
                    let tensor = tensor::read(&directory.join(&file.file))?;
                    if tensor.shape != file.shape {
                        return Err(format!("{}: the index and the file disagree on the shape", file.file).into());
                    }
                    tensors.insert(name.clone(), tensor);
                }
                Ok(tensors)
            };
            case.tensors = Tensors { inputs: read(&case.inputs)?, outputs: read(&case.outputs)? };
        }
        Ok(cases)
    }

    pub(super) fn label(&self) -> String {
        format!("{}/{}", self.suite, self.name)
    }

    pub(super) fn input(&self, name: &str) -> Result<&Tensor> {
        self.tensors.inputs.get(name).ok_or_else(|| format!("no input {name}").into())
    }

    pub(super) fn wanted(&self, name: &str) -> Result<&Tensor> {
        self.tensors.outputs.get(name).ok_or_else(|| format!("no output {name}").into())
    }

    pub(super) fn text(&self, name: &str) -> Result<&str> {
        self.attrs[name].as_str().ok_or_else(|| format!("no text {name}").into())
    }

    pub(super) fn number(&self, name: &str) -> Result<f64> {
        self.attrs[name].as_f64().ok_or_else(|| format!("no number {name}").into())
    }

    pub(super) fn integer(&self, name: &str) -> Result<i64> {
        self.attrs[name].as_i64().ok_or_else(|| format!("no integer {name}").into())
    }

    pub(super) fn sizes<const N: usize>(&self, name: &str) -> Result<[usize; N]> {
        let sizes: Vec<usize> = serde_json::from_value(self.attrs[name].clone())?;
        sizes.try_into().map_err(|_| format!("{name} has not {N} sizes").into())
    }
}
