//! Where on the image the windows of a layer are.

use crate::model::Network;
use crate::model::geometry::Pads;
use crate::model::network::LayerKind;

/// The windows of a layer of maps along one axis, in pixels of the image: output `o` sees the pixels from
/// `first + o·step` on, `extent` of them. What lies outside the image is padding, or was cropped away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AxisWindows {
    /// Where the first window begins; below 0 in padding.
    pub first: i64,
    /// From one window to the next: the product of the strides.
    pub step: i64,
    /// Pixels of a window.
    pub extent: i64,
    /// Windows.
    pub outputs: i64,
}

impl AxisWindows {
    /// Where the cell of an output stands that is drawn around the middle of its window, as wide as a step: cells
    /// neither overlap nor leave gaps.
    pub fn cell_start(&self, output: i64) -> f64 {
        (self.first + output * self.step) as f64 + (self.extent - self.step) as f64 / 2.0
    }

    /// The end of what the windows see.
    pub fn end(&self) -> i64 {
        self.first + (self.outputs - 1) * self.step + self.extent
    }
}

/// The windows of a layer on the image, by rows and by columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceptiveField {
    /// Rows and columns of the image, before it is cropped.
    pub image: [usize; 2],
    /// Pixels cut from each of its sides.
    pub crop: usize,
    /// Windows by rows and by columns.
    pub axes: [AxisWindows; 2],
}

impl ReceptiveField {
    /// Of a layer of maps; `None` where the network has none of that name.
    ///
    /// From the image on, along an axis, with `before` the padding in front:
    ///
    /// ```text
    /// first  ← first − before·step
    /// extent ← extent + (kernel − 1)·step
    /// step   ← step·stride
    /// ```
    ///
    /// Araujo, Norris and Sim, "Computing receptive fields of convolutional neural networks", 2019.
    pub fn of(network: &Network, layer: &str) -> Option<ReceptiveField> {
        let crop = network.crop as i64;
        let mut axes = [AxisWindows { first: crop, step: 1, extent: 1, outputs: 0 }; 2];
        for known in &network.layers {
            let (output, kernel, stride) = match known.kind {
                LayerKind::Conv(s) => (s.output, s.kernel, s.stride),
                LayerKind::Pool(s) => (s.output, s.kernel, s.stride),
                LayerKind::GlobalAveragePool(_) | LayerKind::Dense { .. } => return None,
            };
            let Pads { top, left, .. } = known.pads();
            for (axis, windows) in axes.iter_mut().enumerate() {
                windows.first -= [top, left][axis] as i64 * windows.step;
                windows.extent += (kernel[axis] as i64 - 1) * windows.step;
                windows.step *= stride[axis] as i64;
                windows.outputs = output[axis] as i64;
            }
            if known.name == layer {
                return Some(ReceptiveField { image: network.image(), crop: network.crop, axes });
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::Coverage;
    use crate::model::Configuration;

    fn rows(configuration: &str, layer: &str) -> AxisWindows {
        let network = Network::new([28, 28], configuration.parse::<Configuration>().unwrap()).unwrap();
        ReceptiveField::of(&network, layer).unwrap().axes[0]
    }

    #[test]
    fn windows_stand_where_the_tutorials_layers_have_them() {
        let windows = |first, step, extent, outputs| AxisWindows { first, step, extent, outputs };
        assert_eq!(rows("stride1-same", "conv1"), windows(-1, 1, 3, 28));
        assert_eq!(rows("stride1-valid", "conv1"), windows(0, 1, 3, 26));
        assert_eq!(rows("stride2-valid", "conv1"), windows(0, 2, 3, 13));
        assert_eq!(rows("stride2-valid", "conv2"), windows(0, 8, 13, 2));
        assert_eq!(rows("stride1-same", "conv2"), windows(-3, 2, 8, 14));
        assert_eq!(rows("stride1-valid-crop4", "conv1"), windows(4, 1, 3, 18));
        // At stride 1, valid cuts a ring of one pixel; at stride 2 half a pixel before and one and a half after.
        let ends = |w: AxisWindows| [w.cell_start(0), w.cell_start(w.outputs)];
        assert_eq!(ends(rows("stride1-valid", "conv1")), [1.0, 27.0]);
        assert_eq!(ends(rows("stride2-valid", "conv1")), [0.5, 26.5]);
        assert_eq!(ends(rows("stride1-same", "conv2")), [0.0, 28.0]);
        let network = Network::new([28, 28], Configuration::TUTORIAL[0]).unwrap();
        assert_eq!(ReceptiveField::of(&network, "dense1"), None);
    }

    /// The windows of the last map see what the coverage says that they see.
    #[test]
    fn the_last_layers_windows_end_where_the_coverage_does() {
        for name in ["stride1-same", "stride2-same", "stride1-valid", "stride2-valid", "stride1-valid-crop3"] {
            let network = Network::new([28, 28], name.parse().unwrap()).unwrap();
            let (windows, coverage) = (rows(name, "pool2"), Coverage::of(&network));
            let crop = network.crop as i64;
            let seen: Vec<i64> = (0..28).filter(|&row| coverage.reaches(row as usize, 14)).collect();
            let expected: Vec<i64> = (windows.first.max(crop)..windows.end().min(28 - crop)).collect();
            assert_eq!(seen, expected, "{name}");
        }
    }
}
