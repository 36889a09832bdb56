//! What a model says of every test image, in two bytes an image.

/// Predictions of one model over the test set, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Predictions {
    /// Predicted class of each image.
    pub classes: Vec<u8>,
    /// Probability that the model gives to each image's own label, in 255ths, rounded.
    pub confidences: Vec<u8>,
}

impl Predictions {
    /// From predicted classes and each image's cross-entropy `−ln p` of its label.
    pub fn new(classes: &[u8], losses: &[f32]) -> Predictions {
        assert_eq!(classes.len(), losses.len(), "a class and a loss an image");
        // A loss that is no number becomes 0.
        let confidence = |loss: &f32| (255.0 * f64::from(-loss).exp()).round() as u8;
        Predictions { classes: classes.to_vec(), confidences: losses.iter().map(confidence).collect() }
    }

    /// Whether each image is classified rightly.
    pub fn right<'a>(&'a self, labels: &'a [u8]) -> impl Iterator<Item = bool> + 'a {
        self.classes.iter().zip(labels).map(|(class, label)| class == label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn confidences_are_probabilities_of_the_label() {
        let losses = [0.0, f32::ln(4.0), 1e9, f32::INFINITY, f32::NAN];
        let predictions = Predictions::new(&[1, 2, 3, 4, 5], &losses);
        assert_eq!(predictions.confidences, [255, 64, 0, 0, 0]);
        assert_eq!(predictions.right(&[1, 0, 3, 0, 5]).collect::<Vec<_>>(), [true, false, true, false, true]);
    }
}
