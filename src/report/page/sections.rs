//! Figures with what they show.

use super::PageFigure;
use super::markup::{prose, themed};

/// A figure's place on the page: its name, a heading, and what is to be seen.
pub(super) struct Shown {
    name: &'static str,
    heading: &'static str,
    text: &'static str,
}

const fn shown(name: &'static str, heading: &'static str, text: &'static str) -> Shown {
    Shown { name, heading, text }
}

/// Of accuracy.
pub(super) const ACCURACY: &[Shown] = &[
    shown(
        "final_accuracy",
        "Every model",
        "Training starts from random numbers, which a seed chooses, and another seed gives another accuracy. One model of each network says \
         little; the mean of many, with its interval, gives a range for the true mean.",
    ),
    shown(
        "differences",
        "Pair by pair",
        "Models of the same seed saw the images in the same order, so they are compared one by one. Where the bar does not touch \
         the line at zero and a test agrees, one of the two is more accurate.",
    ),
    shown(
        "accuracy",
        "While they learn",
        "Accuracy on images that no network was trained on, after each epoch, which is one pass over the training images.",
    ),
    shown(
        "gap",
        "Training against validation",
        "A network that does much better on the images it was trained on than on others has learnt them by heart.",
    ),
    shown(
        "class_accuracy",
        "Class by class",
        "Some classes are harder than others, and not the same ones for every network.",
    ),
    shown(
        "gradient_norms",
        "Gradients by layer",
        "The gradient says how the weights should change. Its norm, layer by layer during training, shows whether it gets through to the \
         first layer.",
    ),
];

/// Of what reaches the classifier.
pub(super) const SIGHT: &[Shown] = &[
    shown(
        "coverage",
        "Which pixels count",
        "In how many ways each pixel reaches the classifier, from the geometry of the layers alone. The squares are the mean of the test images: where they lie, there is something to be read. Hatched pixels never do: with `valid` \
         padding a window that does not fit is dropped, at every layer, and always at the bottom and on the right.",
    ),
    shown("uncovered_ink", "Ink that nobody reads", "How much of the ink of each class lies where no window reaches."),
    shown(
        "ink_by_ring",
        "Where the ink is",
        "Padding acts at the edge of an image, so it matters only if there is ink there. Ring 0 is the outermost ring of pixels.",
    ),
    shown(
        "shift_accuracy",
        "Images moved towards the border",
        "The same test images moved by up to four pixels, which no network was trained on. Do networks that cannot see the border lose more?",
    ),
    shown(
        "blanked_accuracy",
        "Pixels taken away",
        "What `valid` cannot read is set to zero for the networks that do read it. If accuracy stays, those pixels did not matter.",
    ),
];

/// Of feature maps.
pub(super) const MAPS: &[Shown] = &[
    shown(
        "features",
        "The run's own picture",
        "One image through the same filters of every network, each map where it lies on the image.",
    ),
    shown(
        "smoothness",
        "How rough feature maps are",
        "Total variation: how much neighbouring pixels of a map differ, for an equal area of the image. Less is smoother.",
    ),
];

/// Of cost.
pub(super) const COST: &[Shown] = &[
    shown(
        "accuracy_cost",
        "Accuracy for its price",
        "Each point is a network: to the left it is cheap, at the top it is accurate.",
    ),
    shown(
        "cost",
        "Where the time of a step goes",
        "A separate benchmark of one model alone, on the machine that stands below the figure: each layer, forward and backward.",
    ),
];

/// Of disagreement.
pub(super) const DISPUTES: &[Shown] = &[
    shown("disputed", "The most disputed images", "Test images on which about half of all models are right."),
    shown(
        "confusion",
        "What is taken for what",
        "How often an image of each row's class is taken for that of each column, over all models of a network. An empty cell: never.",
    ),
];

/// The figures that a page has.
pub(super) struct Figures<'a>(pub &'a [PageFigure]);

impl Figures<'_> {
    /// Those of a section, or a sentence that says there are none.
    pub(super) fn section(&self, all: &[Shown]) -> String {
        let html: String = all.iter().filter_map(|shown| self.figure(shown)).collect();
        if html.is_empty() { "<p class=\"note\">The run has no records of this.</p>\n".into() } else { html }
    }

    /// Whether there is a figure of that name.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|figure| figure.name == name)
    }

    fn figure(&self, Shown { name, heading, text }: &Shown) -> Option<String> {
        let figure = self.0.iter().find(|figure| figure.name == *name)?;
        Some(format!(
            "<h3>{heading}</h3>\n<p>{}</p>\n<figure class=\"figure\" id=\"figure-{name}\">\n<div class=\"scroll\" tabindex=\"0\" \
             role=\"group\" aria-label=\"{heading}\">\n{}</div>\n<figcaption><button type=\"button\" class=\"save\" \
             data-name=\"{name}\" hidden>Save as SVG</button></figcaption>\n</figure>\n",
            prose(text),
            themed(name, &figure.svg),
        ))
    }
}
