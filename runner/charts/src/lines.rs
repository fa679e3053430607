use plotters::prelude::*;
use windlass_plugin_api::frames::Chart;

use crate::canvas::{self, FAINT, HEIGHT, INK, Plane, axis, colour, drawn};
use crate::points::Points;
use crate::ticks::{self, Times};
use crate::value::{label, shown};

/// Points of lines with no more than so many are shown.
const DOTS: usize = 60;
/// So many categories have their labels below the axis.
const LABELS: usize = 8;

/// A line for each series, over times, numbers, or categories as they came.
pub(crate) fn draw(chart: &Chart, points: &Points) -> String {
    canvas::on(chart, points, HEIGHT, |area| {
        let x = points.x();
        let (from, to) = points.x_range();
        let (from, to) = if from < to { (from, to) } else { (from - 1.0, to + 1.0) };
        let horizontal = Horizontal::new(points, from, to);
        let range = canvas::numbers(points.y_range());
        let marks = ticks::of_numbers(range.start, range.end);
        let mut plane = canvas::plane(area, axis(from..to, horizontal.marks()), axis(range, marks), 84);
        let describe = label(&chart.x, 60);
        let description = horizontal.describe(&describe);
        mesh(&mut plane, &description, &y_name(chart), &|x| horizontal.label(*x), &|y| shown(*y));
        let gap = gap(points, &x);
        for series in 0..points.names.len() {
            let mut line: Vec<(f64, f64)> = points
                .points
                .iter()
                .filter(|point| point.series == series)
                .map(|point| (x(point.place), point.y))
                .collect();
            line.sort_by(|one, other| one.0.total_cmp(&other.0));
            for part in line.chunk_by(|one, next| next.0 - one.0 <= gap) {
                let style = colour(series).stroke_width(2);
                drawn(plane.draw_series([PathElement::new(part.to_vec(), style)]).map(drop));
                if part.len() == 1 || line.len() <= DOTS {
                    let dots = part.iter().map(|at| Circle::new(*at, 3, colour(series).filled()));
                    drawn(plane.draw_series(dots).map(drop));
                }
            }
        }
    })
}

/// What the vertical axis is of, when that is one thing.
pub(crate) fn y_name(chart: &Chart) -> String {
    match chart.y.as_slice() {
        [one] => label(one, 60),
        _ => String::new(),
    }
}

pub(crate) fn mesh(
    plane: &mut Plane<'_, '_>,
    x_name: &str,
    y_name: &str,
    x_label: &dyn Fn(&f64) -> String,
    y_label: &dyn Fn(&f64) -> String,
) {
    let mut mesh = plane.configure_mesh();
    mesh.bold_line_style(FAINT).light_line_style(TRANSPARENT).axis_style(INK);
    mesh.label_style(canvas::small()).axis_desc_style(canvas::small());
    mesh.x_desc(x_name).y_desc(y_name).x_label_formatter(x_label).y_label_formatter(y_label);
    drawn(mesh.draw());
}

/// How far two points may be apart and still belong to one line: where most follow each other in the same step, one that is
/// missing is a gap.
fn gap(points: &Points, x: impl Fn(usize) -> f64) -> f64 {
    let mut all: Vec<f64> = (0..points.places.len()).map(x).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    let steps: Vec<f64> = all.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let step = 1.5 * steps.iter().copied().fold(f64::INFINITY, f64::min);
    let regular = steps.iter().filter(|one| **one <= step).count() * 2 >= steps.len();
    if regular && points.are_times() { step } else { f64::INFINITY }
}

/// The horizontal axis of a line chart.
enum Horizontal<'a> {
    Times(Times),
    Numbers(Vec<f64>),
    Categories(&'a Points),
}

impl<'a> Horizontal<'a> {
    fn new(points: &'a Points, from: f64, to: f64) -> Self {
        if points.are_times() {
            Self::Times(Times::new(from as i64, to as i64))
        } else if points.are_numbers() {
            Self::Numbers(ticks::of_numbers(from, to))
        } else {
            Self::Categories(points)
        }
    }

    fn marks(&self) -> Vec<f64> {
        match self {
            Self::Times(times) => times.marks.clone(),
            Self::Numbers(marks) => marks.clone(),
            Self::Categories(points) => {
                let apart = points.places.len().div_ceil(LABELS).max(1);
                (0..points.places.len()).step_by(apart).map(|place| place as f64).collect()
            }
        }
    }

    fn label(&self, x: f64) -> String {
        match self {
            Self::Times(times) => times.label(x),
            Self::Numbers(_) => shown(x),
            Self::Categories(points) => {
                points.places.get(x as usize).map_or_else(String::new, |place| label(&place.label, 14))
            }
        }
    }

    fn describe(&self, name: &str) -> String {
        match self {
            Self::Times(times) => format!("{name}  ({})", times.common),
            _ => name.to_owned(),
        }
    }
}
