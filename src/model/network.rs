//! The tutorial's CNN as a list of layers, with the shapes of each layer worked out.
//!
//! `Input → Conv2D(32, 3×3) → ReLU → MaxPool 2×2 → Conv2D(64, 3×3) → ReLU → MaxPool 2×2 → head →
//! Dense(128) → ReLU → Dense(classes)`. The softmax is part of the loss. The head flattens the last map, or takes the
//! mean of each channel. The tutorial's four networks are four [`Configuration`]s of this one; another may have other
//! strides, kernels and paddings, or no pooling.

use super::choices::{Head, Pooling};
use super::configuration::{Configuration, Convolution};
use super::geometry::{ConvShape, GlobalPoolShape, MAX_ELEMENTS, Padding, Pads, PoolShape, elements};
use super::possible::with_possible_strides;
use crate::error::{Error, Result};

/// Classes of the tutorial's network.
pub const CLASSES: usize = 10;
/// The most classes of a network: labels are bytes.
pub const MOST_CLASSES: usize = 256;
/// Units of the first dense layer.
const UNITS: usize = 128;

/// What a layer computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LayerKind {
    /// A convolution, its bias and ReLU.
    Conv(ConvShape),
    /// Max pooling.
    Pool(PoolShape),
    /// Global average pooling, which gives a vector of channels.
    GlobalAveragePool(GlobalPoolShape),
    /// `y = x·w + b`, followed by ReLU where `relu` is set; `w` is `[inputs, outputs]`.
    Dense {
        /// Number of input features.
        inputs: usize,
        /// Number of output features, also called units.
        outputs: usize,
        /// Whether ReLU follows.
        relu: bool,
    },
}

/// One layer with its shapes worked out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The name: `conv1`, `pool1`, `gap`, `dense1` and so on. The names of the layer's tensors begin with it.
    pub name: &'static str,
    /// What it computes.
    pub kind: LayerKind,
}

impl Layer {
    /// The shape of the output, `[height, width, channels]`, which is `[1, 1, units]` for a dense layer and
    /// `[1, 1, channels]` for global average pooling.
    pub fn output(&self) -> [usize; 3] {
        match self.kind {
            LayerKind::Conv(s) => [s.output[0], s.output[1], s.out_channels],
            LayerKind::Pool(s) => [s.output[0], s.output[1], s.channels],
            LayerKind::GlobalAveragePool(s) => [1, 1, s.channels],
            LayerKind::Dense { outputs, .. } => [1, 1, outputs],
        }
    }

    /// The padding by side, which is zero for a dense layer and for global average pooling.
    pub fn pads(&self) -> Pads {
        match self.kind {
            LayerKind::Conv(s) => s.pads,
            LayerKind::Pool(s) => s.pads,
            LayerKind::GlobalAveragePool(_) | LayerKind::Dense { .. } => Pads::default(),
        }
    }

    /// The shape of its weight tensor and the length of its bias; nothing for a pooling layer.
    pub fn parameter_shapes(&self) -> Option<(Vec<usize>, usize)> {
        match self.kind {
            LayerKind::Conv(s) => Some((vec![s.kernel[0], s.kernel[1], s.in_channels, s.out_channels], s.out_channels)),
            LayerKind::Pool(_) | LayerKind::GlobalAveragePool(_) => None,
            LayerKind::Dense { inputs, outputs, .. } => Some((vec![inputs, outputs], outputs)),
        }
    }

    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        let count =
            |(weight, bias): (Vec<usize>, usize)| elements(&weight).unwrap_or(MAX_ELEMENTS).saturating_add(bias);
        self.parameter_shapes().map_or(0, count)
    }

    /// Number of multiply-accumulates of the forward pass for one image.
    pub fn macs(&self) -> u64 {
        match self.kind {
            LayerKind::Conv(s) => s.macs(),
            LayerKind::Pool(_) | LayerKind::GlobalAveragePool(_) => 0,
            LayerKind::Dense { inputs, outputs, .. } => (inputs as u64).saturating_mul(outputs as u64),
        }
    }
}

/// A network: the shape of its input, its layers in order and its number of classes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// The shape of what the first layer takes, `[height, width, channels]`.
    pub input: [usize; 3],
    /// Pixels cut from each side of the images that the network is given, to make them so large.
    pub crop: usize,
    /// The layers, from the input to the logits.
    pub layers: Vec<Layer>,
    /// Number of classes, which is the number of logits.
    pub classes: usize,
}

impl Network {
    /// The tutorial's CNN for a data set of grey images of `[height, width]`, with ten classes. The network's input is
    /// smaller where the configuration crops them.
    ///
    /// # Errors
    /// [`Error::Usage`] where nothing is left of the image, where it is too small for a layer, or a tensor would be too large to index.
    /// The message names the layer where there is one, and the error says which strides, paddings and
    /// crops make a network of such images.
    pub fn new(image: [usize; 2], configuration: Configuration) -> Result<Self> {
        let Configuration { pool, head, .. } = configuration;
        let cropped = configuration.image(image);
        let network =
            cropped.and_then(|image| Self::with_convolutions(image, configuration.convolutions(), pool, head));
        let network = network.map_err(|error| with_possible_strides(error, image, configuration))?;
        Ok(Network { crop: configuration.crop, ..network })
    }

    /// The same network with so many classes.
    ///
    /// # Errors
    /// [`Error::Usage`] for no classes and for more than [`MOST_CLASSES`].
    pub fn with_classes(mut self, classes: usize) -> Result<Self> {
        if !(1..=MOST_CLASSES).contains(&classes) {
            let error = Error::usage(format!("a network of {classes} classes is asked for"));
            return Err(error.advice(format!("choose from 1 to {MOST_CLASSES} classes")));
        }
        for layer in &mut self.layers {
            if let LayerKind::Dense { outputs, relu: false, .. } = &mut layer.kind {
                *outputs = classes;
            }
        }
        self.classes = classes;
        Ok(self)
    }

    /// The same network with the choices of each convolution given separately, on images that are not cropped.
    ///
    /// # Errors
    /// As [`Network::new`].
    pub fn with_convolutions(
        image: [usize; 2],
        convolutions: [Convolution; 2],
        pooling: Pooling,
        head: Head,
    ) -> Result<Self> {
        let mut layers = Vec::new();
        let mut side = image;
        let mut channels = 1;
        let stages = [("conv1", "pool1", 32), ("conv2", "pool2", 64)];
        for ((conv, pool, filters), chosen) in stages.into_iter().zip(convolutions) {
            let Convolution { kernel, stride, padding } = chosen;
            let shape = ConvShape::new(side, channels, filters, kernel, stride, padding);
            let shape = shape.map_err(|e| name_layer(conv, image, e))?;
            layers.push(Layer { name: conv, kind: LayerKind::Conv(shape) });
            (side, channels) = (shape.output, filters);
            if pooling == Pooling::Max {
                let shape = PoolShape::new(side, filters, [2, 2], [2, 2], Padding::Valid);
                let shape = shape.map_err(|e| name_layer(pool, image, e))?;
                layers.push(Layer { name: pool, kind: LayerKind::Pool(shape) });
                side = shape.output;
            }
        }
        let inputs = match head {
            Head::Dense => elements(&[side[0], side[1], channels]).map_err(|e| name_layer("dense1", image, e))?,
            Head::GlobalAverage => {
                let shape = GlobalPoolShape::new(side, channels).map_err(|e| name_layer("gap", image, e))?;
                layers.push(Layer { name: "gap", kind: LayerKind::GlobalAveragePool(shape) });
                channels
            }
        };
        elements(&[inputs, UNITS]).map_err(|e| name_layer("dense1", image, e))?;
        layers.push(Layer { name: "dense1", kind: LayerKind::Dense { inputs, outputs: UNITS, relu: true } });
        layers.push(Layer { name: "dense2", kind: LayerKind::Dense { inputs: UNITS, outputs: CLASSES, relu: false } });
        Ok(Network { input: [image[0], image[1], 1], crop: 0, layers, classes: CLASSES })
    }

    /// Checks a network that was put together by hand: every shape, and that each layer takes what the one before it
    /// gives, up to one logit for each class.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the first layer that does not fit.
    pub fn check(&self) -> Result<()> {
        let [height, width, _] = self.input;
        let mut given = self.input;
        for layer in &self.layers {
            let named = |error| name_layer(layer.name, [height, width], error);
            let taken = match layer.kind {
                LayerKind::Conv(s) => s.check().map(|()| [s.input[0], s.input[1], s.in_channels]),
                LayerKind::Pool(s) => s.check().map(|()| [s.input[0], s.input[1], s.channels]),
                LayerKind::GlobalAveragePool(s) => s.check().map(|()| [s.input[0], s.input[1], s.channels]),
                LayerKind::Dense { inputs, outputs, .. } => {
                    let flat = elements(&given).map_err(named)?;
                    elements(&[inputs, outputs]).map(|_| if inputs == flat { given } else { [1, 1, inputs] })
                }
            };
            let taken = taken.map_err(named)?;
            if taken != given || elements(&layer.output()).map_err(named)? == 0 {
                let what = format!("it takes {taken:?} and gives {:?}, but it is given {given:?}", layer.output());
                return Err(named(Error::usage(what).advice("make the sizes of neighbouring layers equal")));
            }
            given = layer.output();
        }
        if given != [1, 1, self.classes] {
            let what = format!("the last layer gives {given:?}, but there are {} classes", self.classes);
            return Err(Error::usage(what).advice("end with a dense layer of one output for each class"));
        }
        Ok(())
    }

    /// The size of the images that the network is given, `[height, width]`, before they are cropped.
    pub fn image(&self) -> [usize; 2] {
        let [height, width, _] = self.input;
        [height, width].map(|side| side.saturating_add(self.crop.saturating_mul(2)))
    }

    /// Number of trained values.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(Layer::parameters).fold(0, usize::saturating_add)
    }

    /// Number of multiply-accumulates of the forward pass for one image.
    pub fn macs(&self) -> u64 {
        self.layers.iter().map(Layer::macs).fold(0, u64::saturating_add)
    }

    /// The layer with this name, if there is one.
    pub fn layer(&self, name: &str) -> Option<&Layer> {
        self.layers.iter().find(|layer| layer.name == name)
    }
}

/// Adds the name of the layer and the size of the images to an error.
fn name_layer(layer: &str, [h, w]: [usize; 2], error: Error) -> Error {
    error.at(format!("layer {layer}, images of {h}×{w}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Remedy;

    #[test]
    fn the_tutorials_four_networks_are_those_of_the_specification() {
        // The columns are: sides of conv1, pool1, conv2 and pool2; features; parameters; MACs by layer.
        let table: [([usize; 4], usize, usize, [u64; 4]); 4] = [
            ([28, 14, 14, 7], 3136, 421_642, [225_792, 3_612_672, 401_408, 1_280]),
            ([14, 7, 4, 2], 256, 53_002, [56_448, 294_912, 32_768, 1_280]),
            ([26, 13, 11, 5], 1600, 225_034, [194_688, 2_230_272, 204_800, 1_280]),
            ([13, 6, 2, 1], 64, 28_426, [48_672, 73_728, 8_192, 1_280]),
        ];
        for (configuration, (sides, features, parameters, macs)) in Configuration::TUTORIAL.into_iter().zip(table) {
            let network = Network::new([28, 28], configuration).unwrap();
            for (name, side) in ["conv1", "pool1", "conv2", "pool2"].into_iter().zip(sides) {
                assert_eq!(network.layer(name).unwrap().output()[..2], [side, side], "{configuration} {name}");
            }
            let LayerKind::Dense { inputs, .. } = network.layer("dense1").unwrap().kind else { panic!() };
            assert_eq!(inputs, features);
            assert_eq!(network.parameters(), parameters);
            for (name, macs) in ["conv1", "conv2", "dense1", "dense2"].into_iter().zip(macs) {
                assert_eq!(network.layer(name).unwrap().macs(), macs, "{configuration} {name}");
            }
            assert_eq!(network.macs(), macs.iter().sum::<u64>());
        }
    }

    #[test]
    fn an_image_too_small_names_the_layer() {
        let error = Network::new([4, 4], Configuration::new(2, Padding::Valid)).unwrap_err();
        assert!(error.to_string().contains("layer pool1, images of 4×4"), "{error}");
    }

    /// What the error names makes a network, and nothing that does not is named.
    #[test]
    fn an_impossible_network_names_possible_strides_and_paddings() {
        use Remedy::{PaddingSame, StrideUpTo, StrideUpToWithSame};

        let remedies = |image, stride, padding| {
            let error = Network::new(image, Configuration::new(stride, padding)).unwrap_err();
            let of_strides = |remedy: &Remedy| matches!(remedy, StrideUpTo(_) | PaddingSame | StrideUpToWithSame(_));
            error.problem().unwrap().remedies.iter().filter(|remedy| of_strides(remedy)).cloned().collect::<Vec<_>>()
        };
        assert_eq!(remedies([28, 28], 3, Padding::Valid), [StrideUpTo(2), PaddingSame]);
        assert_eq!(remedies([14, 14], 2, Padding::Valid), [StrideUpTo(1), PaddingSame]);
        assert_eq!(remedies([28, 28], 99, Padding::Same), [StrideUpTo(3)]);
        assert_eq!(remedies([4, 4], 1, Padding::Valid), [PaddingSame]);
        assert_eq!(remedies([4, 4], 2, Padding::Valid), [StrideUpToWithSame(1)]);
        assert_eq!(remedies([2, 9], 1, Padding::Same), []);
        assert_eq!(remedies([28, 28], usize::MAX, Padding::Same), [StrideUpTo(3)]);
    }

    #[test]
    fn classes_change_the_last_layer_alone() {
        let network = Network::new([28, 28], Configuration::TUTORIAL[3]).unwrap();
        let letters = network.clone().with_classes(27).unwrap();
        assert_eq!(letters.layer("dense2").unwrap().output(), [1, 1, 27]);
        assert_eq!((letters.classes, letters.parameters() - network.parameters()), (27, 17 * 129));
        assert_eq!(letters.layers[..5], network.layers[..5]);
        assert_eq!(letters.with_classes(10), Ok(network.clone()));
        for classes in [0, 257, usize::MAX] {
            assert!(network.clone().with_classes(classes).is_err(), "{classes}");
        }
    }
}
