//! `gradient_norms`: the gradient at each layer during training.

use super::frame::{CONTENT, StudyView, TOP, WIDTH};
use crate::analysis::{GradientNorms, StepNorm, gradient_norms as norms};
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::grid::values_at_the_left;
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::palette::AXIS;
use crate::report::figure::marks::shapes::{Extent, Point, Rect};
use crate::report::figure::marks::small_multiples::SmallMultiples;
use crate::report::figure::marks::stroke::{Stroke, stroke};
use crate::report::figure::marks::style::{Anchor, TextStyle};
use crate::report::figure::marks::svg::{Coordinate, Svg};
use crate::report::numbers::grouped;

/// Points of a line at most; of more steps, each point is the mean of several.
const POINTS: usize = 150;
const LABEL: TextStyle = TextStyle::muted(13.0);

/// A panel for each weight tensor, a line for each configuration, all on one logarithmic scale.
pub(super) fn gradient_norms(study: &StudyView) -> Option<String> {
    let all: Vec<GradientNorms> =
        norms(study.records).into_iter().filter(|of| of.tensor.ends_with(".weight")).collect();
    let mut tensors: Vec<&str> = Vec::new();
    for of in &all {
        if !tensors.contains(&of.tensor.as_str()) {
            tensors.push(&of.tensor);
        }
    }
    let last = all.iter().flat_map(|of| of.steps.last()).map(|norm| norm.step).max()?;
    let seeds = all.iter().flat_map(|of| &of.steps).map(|norm| norm.seeds).max()?;
    let configurations = all.iter().map(|of| of.configuration);
    let mut order: Vec<_> = configurations.collect();
    order.dedup();
    let shown = study.those_of(order.into_iter());
    // Of a long training not every step is measured: it is these that count.
    let measured = all.iter().map(|of| of.steps.len()).max()?;
    let run = measured.div_ceil(POINTS);
    let lines: Vec<Vec<StepNorm>> = all.iter().map(|of| means(&of.steps, run)).collect();
    let values: Vec<f64> = lines.iter().flatten().map(|norm| norm.mean).collect();
    let axis = Axis::logarithmic(&values);
    let top = study.below_key(TOP, &shown) + 10.0;
    let left = EDGE + 48.0;
    let gap = 80.0;
    let panel_width = (WIDTH - EDGE - left - gap) / 2.0;
    let grid = SmallMultiples { left, top, columns: 2, size: [panel_width, 230.0], gap: [gap, 56.0] };
    let each = match run {
        1 => String::new(),
        _ => format!("; each point is the mean of {run} measured steps"),
    };
    let mean = if seeds > 1 { format!(", mean of {seeds} seeds") } else { String::new() };
    let subtitle = format!("L2 norm of the gradient of a step's loss by tensor, logarithmic scale{mean}{each}");
    let mut svg = study.page("Gradients during training", &subtitle, grid.bottom(tensors.len()));
    study.key(&mut svg, TOP, &shown);
    for (i, tensor) in tensors.iter().enumerate() {
        let panel = grid.panel(i);
        grid.name(&mut svg, i, tensor, TextStyle::ink(1.0).fill, "");
        values_at_the_left(&mut svg, panel, &axis, "", |value| panel.bottom() - panel.height * axis.place(value));
        steps_below(&mut svg, panel, last);
        for (of, line) in all.iter().zip(&lines).filter(|(of, _)| of.tensor == *tensor) {
            let mut path = String::new();
            for norm in line.iter().filter(|norm| norm.mean > 0.0) {
                let x = panel.x + panel.width * f64::from(norm.step) / f64::from(last);
                let y = panel.bottom() - panel.height * axis.place(norm.mean);
                let command = if path.is_empty() { 'M' } else { 'L' };
                path.push_str(&format!("{command}{} {}", Coordinate(x), Coordinate(y)));
            }
            let colour = study.look(&of.configuration).line;
            stroke(&mut svg, &path, Stroke { colour, width: 1.75, dashed: false, opacity: 0.9 });
        }
    }
    Some(svg.finish())
}

/// Means over so many measured steps that follow one another, each at the middle of its run.
fn means(steps: &[StepNorm], run: usize) -> Vec<StepNorm> {
    let mean = |run: &[StepNorm]| StepNorm {
        step: run[run.len() / 2].step,
        mean: run.iter().map(|norm| norm.mean).sum::<f64>() / run.len() as f64,
        seeds: run.iter().map(|norm| norm.seeds).max().unwrap_or_default(),
    };
    steps.chunks(run).map(mean).collect()
}

/// The horizontal axis of steps.
fn steps_below(svg: &mut Svg, panel: Rect, last: u32) {
    let bottom = panel.bottom();
    svg.line(Point::new(panel.x, bottom), Point::new(panel.right(), bottom), AXIS, 1.0);
    let axis = Axis::linear(&[0.0, f64::from(last)], Extent::new(0.0, f64::from(last)));
    for &tick in axis.ticks.iter().filter(|tick| tick.fract() == 0.0) {
        let x = panel.x + panel.width * tick / f64::from(last);
        svg.line(Point::new(x, bottom), Point::new(x, bottom + 5.0), AXIS, 1.0);
        svg.text(x, bottom + 20.0, LABEL.anchor(Anchor::Middle), &grouped(tick as u64));
    }
    let middle = panel.x.max(EDGE) + panel.width.min(CONTENT) / 2.0;
    svg.text(middle, bottom + 38.0, LABEL.anchor(Anchor::Middle), "step");
}
