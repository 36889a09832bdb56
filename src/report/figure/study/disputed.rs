//! `disputed`: a contact sheet of the test images on which the models disagree most.

use super::frame::{CONTENT, StudyView, TOP};
use crate::analysis::{DisputedImage, Vote, right};
use crate::report::figure::marks::cells::Cells;
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::palette::GRID;
use crate::report::figure::marks::shapes::{Point, Rect};
use crate::report::figure::marks::style::{Anchor, TextStyle};
use crate::report::figure::marks::svg::Svg;
use crate::report::numbers::percent;

/// Images on the sheet, and how many of them in a row.
const SHOWN: usize = 24;
const COLUMNS: usize = 4;
/// Between two cards of a row.
const GAP: f64 = 30.0;
const CARD: f64 = (CONTENT - (COLUMNS - 1) as f64 * GAP) / COLUMNS as f64;
/// The longer side of an image.
const PICTURE: f64 = 91.0;
/// Predicted classes that are named.
const VOTES: usize = 3;
const LABEL: TextStyle = TextStyle::ink(15.0).semibold();
const DETAIL: TextStyle = TextStyle::muted(12.0);
const VOTE: TextStyle = TextStyle::ink(13.0);
const SHARE: TextStyle = TextStyle::muted(11.0).anchor(Anchor::End);

/// A card an image: its label, what all models say of it, and by configuration the share that is right.
pub(super) fn disputed(study: &StudyView) -> Option<String> {
    let test = study.test?;
    let images: Vec<&DisputedImage> = study.tables.disputed.iter().take(SHOWN).collect();
    let votes = images.iter().flat_map(|image| &image.by_configuration);
    let shown = study.those_of(votes.map(|votes| votes.configuration));
    let models: usize = images.first()?.votes.iter().map(|vote| vote.models).sum();
    let pitch = if shown.len() <= 4 { 15.0 } else { 12.0 };
    let card = PICTURE + 12.0 + pitch * shown.len() as f64 + 26.0;
    let top = study.below_key(TOP, &shown) + 16.0;
    let bottom = top + card * images.len().div_ceil(COLUMNS) as f64;
    let title = "The test images on which the models disagree most";
    let subtitle =
        format!("What {models} models predict; the bars are the share of each configuration's models that are right");
    let mut svg = study.page(title, &subtitle, bottom);
    study.key(&mut svg, TOP, &shown);
    let pixels = test.height * test.width;
    for (i, image) in images.iter().enumerate() {
        let x = EDGE + (i % COLUMNS) as f64 * (CARD + GAP);
        let y = top + (i / COLUMNS) as f64 * card;
        let values = test.images.get(image.image * pixels..(image.image + 1) * pixels)?;
        Cells::square(x, y, PICTURE, [test.height, test.width]).draw(&mut svg, |pixel| [255 - values[pixel]; 3]);
        words(&mut svg, Point::new(x + PICTURE + 12.0, y), image);
        let mut y = y + PICTURE + 12.0;
        for configuration in &shown {
            let of = image.by_configuration.iter().find(|votes| votes.configuration == *configuration);
            let bar = Rect { x, y: y + 2.0, width: CARD - 38.0, height: pitch - 5.0 };
            svg.rect(bar, GRID);
            if let Some(of) = of {
                let share = right(&of.votes, image.label);
                svg.rect(Rect { width: bar.width * share, ..bar }, study.look(configuration).line);
                svg.text(x + CARD, bar.middle() + 4.0, SHARE, &percent(share, 0));
            }
            y += pitch;
        }
    }
    Some(svg.finish())
}

/// The label, the index, and the most frequent predictions.
fn words(svg: &mut Svg, at: Point, image: &DisputedImage) {
    svg.text(at.x, at.y + 13.0, LABEL, &format!("label {}", image.label));
    svg.text(at.x, at.y + 30.0, DETAIL, &format!("image {}", image.image));
    let models: usize = image.votes.iter().map(|vote| vote.models).sum();
    let share = |vote: &Vote| percent(vote.models as f64 / models as f64, 0);
    for (vote, line) in image.votes.iter().take(VOTES).zip(0u32..) {
        let style = if vote.class == image.label { VOTE.semibold() } else { VOTE };
        let y = at.y + 52.0 + 17.0 * f64::from(line);
        svg.text(at.x, y, style, &format!("“{}” {}", vote.class, share(vote)));
    }
}
