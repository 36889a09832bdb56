//! Which pixels of an image reach the classifier, from geometry alone.

use crate::model::geometry::Pads;
use crate::model::network::LayerKind;
use crate::model::{Configuration, Network};
use crate::record::CoverageRow;

/// How often each pixel of an input image can reach the features that the head reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Rows and columns of the image, before it is cropped.
    pub image: [usize; 2],
    /// Row-major, a number a pixel: the paths through windows of convolution and pooling from the pixel to a
    /// position of the last map. 0 means that no weight can make the pixel count.
    pub paths: Vec<u64>,
}

impl Coverage {
    /// Of a network.
    ///
    /// Windows slide over rows and columns independently, so the paths of a pixel are the product of those of its row
    /// and of its column. Along an axis, from the last map (one path at each position) back to the image:
    ///
    /// ```text
    /// paths[i] = Σ over o with 0 ≤ i + before − o·stride < kernel of paths_of_output[o]
    /// ```
    ///
    /// Pixels that the network cuts off have no path.
    pub fn of(network: &Network) -> Coverage {
        let image = network.image();
        let [rows, columns] = [0, 1].map(|axis| axis_paths(network, axis));
        let product = |row: u64, column: u64| row.saturating_mul(column);
        let paths = rows.iter().flat_map(|&row| columns.iter().map(move |&column| product(row, column))).collect();
        Coverage { image, paths }
    }

    /// Whether the pixel at that row and column can reach the head.
    pub fn reaches(&self, row: usize, column: usize) -> bool {
        self.paths[row * self.image[1] + column] > 0
    }

    /// Share of the pixels that no path leaves.
    pub fn uncovered(&self) -> f64 {
        self.paths.iter().filter(|&&paths| paths == 0).count() as f64 / self.paths.len() as f64
    }
}

/// The rows of `coverage.csv`, row by row of the image.
pub fn coverage_rows(configuration: Configuration, coverage: &Coverage) -> Vec<CoverageRow> {
    let width = coverage.image[1].max(1);
    let row = |(pixel, &paths)| CoverageRow { configuration, row: pixel / width, column: pixel % width, paths };
    coverage.paths.iter().enumerate().map(row).collect()
}

/// A window that slides along one axis.
struct Window {
    input: usize,
    output: usize,
    kernel: usize,
    stride: usize,
    before: usize,
}

fn axis_paths(network: &Network, axis: usize) -> Vec<u64> {
    let windows = network.layers.iter().filter_map(|layer| {
        let (input, output, kernel, stride) = match layer.kind {
            LayerKind::Conv(s) => (s.input, s.output, s.kernel, s.stride),
            LayerKind::Pool(s) => (s.input, s.output, s.kernel, s.stride),
            // Every position of the last map counts in a mean as it does in a dense layer.
            LayerKind::GlobalAveragePool(_) | LayerKind::Dense { .. } => return None,
        };
        let Pads { top, left, .. } = layer.pads();
        let [input, output, kernel, stride, before] =
            [input, output, kernel, stride, [top, left]].map(|size| size[axis]);
        Some(Window { input, output, kernel, stride, before })
    });
    let windows: Vec<Window> = windows.collect();
    let last = windows.last().map_or(network.input[axis], |window| window.output);
    let inner = windows.iter().rev().fold(vec![1; last], |paths, window| {
        let mut of_input = vec![0u64; window.input];
        for (o, &paths) in paths.iter().enumerate() {
            for k in 0..window.kernel {
                // Padding is no pixel.
                let Some(i) = (o * window.stride + k).checked_sub(window.before) else { continue };
                if let Some(sum) = of_input.get_mut(i) {
                    *sum = sum.saturating_add(paths);
                }
            }
        }
        of_input
    });
    let cut = vec![0; network.crop];
    [&cut[..], &inner, &cut].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Configuration;
    use crate::model::geometry::Padding;

    fn uncovered_rows(stride: usize, padding: Padding) -> (Vec<usize>, f64) {
        let network = Network::new([28, 28], Configuration::new(stride, padding)).unwrap();
        let coverage = Coverage::of(&network);
        ((0..28).filter(|&row| !coverage.reaches(row, 0)).collect(), coverage.uncovered())
    }

    /// Floor division drops rows and columns at the bottom and the right, not around the image.
    #[test]
    fn valid_loses_the_last_rows_and_columns() {
        assert_eq!(uncovered_rows(1, Padding::Same), (vec![], 0.0));
        assert_eq!(uncovered_rows(2, Padding::Same), (vec![], 0.0));
        let (rows, share) = uncovered_rows(1, Padding::Valid);
        assert_eq!(rows, [26, 27]);
        assert_eq!(share, 1.0 - 26.0 * 26.0 / 784.0);
        let (rows, share) = uncovered_rows(2, Padding::Valid);
        assert_eq!(rows, [21, 22, 23, 24, 25, 26, 27]);
        assert_eq!(share, 1.0 - 21.0 * 21.0 / 784.0);
    }
}
