//! What a benchmark leaves on disk: `cost.csv`, `bench.json`, `figures/cost.png` and `cost.svg`.

use std::path::Path;

use super::directory::{OutputDirectory, Room};
use super::figure_files::FigureFiles;
use super::layout::{BENCH, COST, COST_FIGURE, FIGURES, is_cost_figure};
use crate::error::{Error, Result, one_line};
use crate::files::write_atomic;
use crate::model::Configuration;
use crate::record::{BenchRecord, Cost, NetworkCost, to_json};

/// Columns of `cost.csv`. `batch_size` stands in front of them where several were measured.
pub const COST_COLUMNS: [&str; 15] = [
    "stride",
    "padding",
    "kernel",
    "pool",
    "head",
    "crop",
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

const ROOMS: [Room; 2] = [
    Room { name: "", is_ours: |name| [COST, BENCH].contains(&name), always: true },
    Room { name: FIGURES, is_ours: is_cost_figure, always: true },
];

/// An output directory of a benchmark, locked against other processes while this lives.
#[derive(Debug)]
pub struct BenchWriter {
    directory: OutputDirectory,
}

impl BenchWriter {
    /// [`BenchWriter::new`] in the directory `dir`; see [`OutputDirectory::open`].
    ///
    /// # Errors
    /// As there.
    pub fn create(dir: &Path, force: bool) -> Result<BenchWriter> {
        BenchWriter::new(OutputDirectory::open(dir, force)?)
    }

    /// In a directory that was opened by force an earlier benchmark's files are replaced when this one's are written,
    /// everything else stays. A directory that was made goes again if nothing is written.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where something is in the way.
    pub fn new(directory: OutputDirectory) -> Result<BenchWriter> {
        directory.look(&ROOMS)?;
        Ok(BenchWriter { directory })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.directory.path()
    }

    /// Writes `cost.csv`, `bench.json` and, drawn already, `figures/cost.png` and `cost.svg`.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] with the path and the reason.
    pub fn write(&mut self, bench: &BenchRecord, figure: &FigureFiles) -> Result<()> {
        let dir = self.directory.check("")?;
        let (table, json) = (dir.join(COST), dir.join(BENCH));
        let csv = csv_bytes(bench);
        let csv = csv.map_err(|e| Error::failure(format!("{}: {}", one_line(table.display()), one_line(e))))?;
        let text = to_json(bench).map_err(|error| error.at(one_line(json.display())))?;
        if !json.exists() {
            self.directory.note(&json);
        }
        write_atomic(&json, |w| w.write_all(text.as_bytes()))?;
        self.directory.room(FIGURES)?;
        self.directory.keep();
        write_atomic(&table, |w| w.write_all(&csv))?;
        let figures = self.directory.check(FIGURES)?;
        figure
            .named(COST_FIGURE)
            .into_iter()
            .try_for_each(|(name, bytes)| write_atomic(&figures.join(name), |w| w.write_all(bytes)))
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

fn cells(network: &NetworkCost, cost: &Cost) -> [String; 15] {
    let Configuration { strides, padding, kernel, pool, head, crop } = network.configuration;
    let number = |value: Option<f64>| value.map_or(String::new(), |v| v.to_string());
    [
        strides.to_string(),
        padding.to_string(),
        kernel.to_string(),
        pool.to_string(),
        head.to_string(),
        crop.to_string(),
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
