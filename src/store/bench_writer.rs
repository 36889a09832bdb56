//! What a benchmark leaves on disk: `cost.csv`, `bench.json`, `figures/cost.png`.

use std::fs;
use std::path::{Path, PathBuf};

use super::layout::{BENCH, COST, FIGURES};
use super::lock::{self, Lock};
use super::run_writer::{cannot, refuse_used};
use crate::error::{Result, one_line};
use crate::files::write_atomic;
use crate::record::{BenchRecord, Cost, NetworkCost, to_json};

/// Columns of `cost.csv`. `batch_size` stands in front of them where several were measured.
pub const COST_COLUMNS: [&str; 11] = [
    "stride",
    "padding",
    "layer",
    "pass",
    "macs",
    "bytes",
    "median_us",
    "iqr_us",
    "gflops",
    "fraction_of_peak",
    "ratio_to_stride1",
];

/// An output directory of a benchmark, locked against other processes while this lives.
#[derive(Debug)]
pub struct BenchWriter {
    dir: PathBuf,
    _lock: Lock,
}

impl BenchWriter {
    /// Makes `dir` and its `figures/`. With `force` a directory in use may be written to again: an
    /// earlier benchmark's files are replaced, everything else stays.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] where `dir` is not empty and not forced, or another process writes to it;
    /// [`crate::Error::Failure`] where it cannot be written.
    pub fn create(dir: &Path, force: bool) -> Result<BenchWriter> {
        fs::create_dir_all(dir).map_err(|e| cannot("create", dir, &e))?;
        // Asked twice, as for a run's results.
        if !dir.join(lock::NAME).exists() {
            refuse_used(dir, force)?;
        }
        let lock = Lock::take(dir)?;
        refuse_used(dir, force)?;
        let figures = dir.join(FIGURES);
        fs::create_dir_all(&figures).map_err(|e| cannot("create", &figures, &e))?;
        Ok(BenchWriter { dir: dir.to_owned(), _lock: lock })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes `cost.csv`, `bench.json` and, drawn already, `figures/cost.png`.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] with the path and the reason.
    pub fn write(&self, bench: &BenchRecord, png: &[u8]) -> Result<()> {
        let (table, json) = (self.dir.join(COST), self.dir.join(BENCH));
        let csv = csv_bytes(bench).map_err(|e| cannot("write", &table, &e))?;
        write_atomic(&table, |w| w.write_all(&csv))?;
        let text = to_json(bench).map_err(|error| error.at(one_line(json.display())))?;
        write_atomic(&json, |w| w.write_all(text.as_bytes()))?;
        write_atomic(&self.dir.join(FIGURES).join("cost.png"), |w| w.write_all(png))
    }
}

fn csv_bytes(bench: &BenchRecord) -> std::result::Result<Vec<u8>, Box<dyn std::error::Error>> {
    let mut csv = csv::Writer::from_writer(Vec::new());
    let mut sizes: Vec<usize> = bench.measured.networks.iter().map(|n| n.batch_size).collect();
    sizes.dedup();
    let several = sizes.len() > 1;
    csv.write_record(several.then_some("batch_size").into_iter().chain(COST_COLUMNS))?;
    for network in &bench.measured.networks {
        for cost in network.costs() {
            let size = several.then(|| network.batch_size.to_string());
            csv.write_record(size.into_iter().chain(cells(network, cost)))?;
        }
    }
    Ok(csv.into_inner()?)
}

fn cells(network: &NetworkCost, cost: &Cost) -> [String; 11] {
    let number = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
    [
        network.configuration.strides.to_string(),
        network.configuration.padding.to_string(),
        cost.layer.clone(),
        cost.pass.to_string(),
        cost.macs.to_string(),
        cost.bytes.to_string(),
        cost.median_us.to_string(),
        cost.iqr_us.to_string(),
        number(cost.gflops),
        number(cost.fraction_of_peak),
        number(cost.ratio_to_stride1),
    ]
}
