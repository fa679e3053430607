use plotters::prelude::*;
use windlass_plugin_api::frames::Chart;

use crate::canvas::{self, CHARACTER, HEIGHT, axis, colour, drawn};
use crate::lines::{mesh, y_name};
use crate::points::Points;
use crate::ticks::{self, Times};
use crate::value::{label, shown};

/// How much of its room a bar, or a group of them, takes.
const FULL: f64 = 0.8;
/// How thick a bar is that lies.
const THICK: u32 = 16;

/// Bars that stand at their times.
pub(crate) fn over_time(chart: &Chart, points: &Points) -> String {
    canvas::on(chart, points, HEIGHT, |area| {
        let x = points.x();
        let mut all: Vec<f64> = (0..points.places.len()).map(&x).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        let step = all.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
        let step = if step.is_finite() { step } else { 60_000.0 };
        let (first, last) = (all[0], all[all.len() - 1]);
        let times = Times::new(first as i64, (last as i64).max(first as i64 + 1));
        let range = canvas::numbers(points.y_range());
        let marks = ticks::of_numbers(range.start, range.end);
        let horizontal = axis(first - step / 2.0..last + step / 2.0, times.marks.clone());
        let mut plane = canvas::plane(area, horizontal, axis(range, marks), 84);
        let name = format!("{}  ({})", label(&chart.x, 60), times.common);
        mesh(&mut plane, &name, &y_name(chart), &|x| times.label(*x), &|y| shown(*y));
        let width = step * FULL / points.names.len() as f64;
        let bars = points.points.iter().map(|point| {
            let from = x(point.place) - step * FULL / 2.0 + width * point.series as f64;
            Rectangle::new([(from, 0.0), (from + width, point.y)], colour(point.series).filled())
        });
        drawn(plane.draw_series(bars).map(drop));
    })
}

/// Bars that lie, below each other, so that there is room for their names.
pub(crate) fn of_categories(chart: &Chart, points: &Points) -> String {
    let (count, series) = (points.places.len(), points.names.len());
    let height = 150 + (count * series.max(1)) as u32 * THICK + count as u32 * 8 + series as u32 * 8;
    canvas::on(chart, points, height, |area| {
        let longest = points.places.iter().map(|place| place.label.chars().count()).max().unwrap_or(0);
        let range = canvas::numbers(points.y_range());
        let marks = ticks::of_numbers(range.start, range.end);
        // The first is on top.
        let middle = |place: usize| (count - 1 - place) as f64 + 0.5;
        let vertical = axis(0.0..count as f64, (0..count).map(middle).collect());
        let labels = longest as u32 * CHARACTER + 40;
        let mut plane = canvas::plane(area, axis(range, marks), vertical, labels);
        let name = |y: &f64| {
            let place = (count as f64 - 1.0 - y.floor()).max(0.0) as usize;
            points.places.get(place).map_or_else(String::new, |place| place.label.clone())
        };
        mesh(&mut plane, &y_name(chart), &label(&chart.x, 60), &|x| shown(*x), &name);
        let width = FULL / series as f64;
        let bars = points.points.iter().map(|point| {
            let top = middle(point.place) + FULL / 2.0 - width * point.series as f64;
            Rectangle::new([(0.0, top), (point.y, top - width)], colour(point.series).filled())
        });
        drawn(plane.draw_series(bars).map(drop));
    })
}
