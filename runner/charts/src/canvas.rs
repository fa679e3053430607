//! What all charts have: a heading, what the colours stand for, axes.

use std::ops::Range;

use plotters::coord::Shift;
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use windlass_plugin_api::frames::Chart;

use crate::points::{MOST_SERIES, Points};
use crate::value::label;

pub(crate) const WIDTH: u32 = 960;
pub(crate) const HEIGHT: u32 = 480;
/// How wide a character is at the size of labels, about.
pub(crate) const CHARACTER: u32 = 7;
pub(crate) const LABEL: i32 = 15;
const MARGIN: i32 = 16;
const LINE: i32 = 20;

/// Told apart with any kind of colour vision, on white (Okabe and Ito, without the yellow).
const COLOURS: [RGBColor; MOST_SERIES] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
    RGBColor(127, 127, 127),
];
pub(crate) const INK: RGBColor = RGBColor(51, 51, 51);
pub(crate) const FAINT: RGBColor = RGBColor(224, 224, 224);

pub(crate) type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
pub(crate) type Plane<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<Axis, Axis>>;

/// An axis with marks where they are wanted.
pub(crate) struct Axis {
    range: Range<f64>,
    marks: Vec<f64>,
}

impl Ranged for Axis {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        let part = (value - self.range.start) / (self.range.end - self.range.start);
        limit.0 + (part * f64::from(limit.1 - limit.0)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.marks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.range.clone()
    }
}

pub(crate) fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

/// Draws on a white area of this height with the heading above.
pub(crate) fn on(chart: &Chart, points: &Points, height: u32, draw: impl FnOnce(&Area<'_>)) -> String {
    let mut text = String::new();
    {
        let root = SVGBackend::with_string(&mut text, (WIDTH, height)).into_drawing_area();
        drawn(root.fill(&WHITE));
        let entries = legend(points);
        let lines = entries.last().map_or(0, |(_, line, _)| line + 1);
        let (head, rest) = root.split_vertically(MARGIN + LINE + 8 + lines * LINE);
        let title = if chart.title.trim().is_empty() { &chart.chart } else { &chart.title };
        let style =
            ("sans-serif", 22).into_font().style(FontStyle::Bold).color(&INK).pos(Pos::new(HPos::Left, VPos::Top));
        drawn(head.draw(&Text::new(label(title, 90), (MARGIN, MARGIN), style)));
        for (at, line, series) in entries {
            let top = MARGIN + LINE + 8 + line * LINE;
            let swatch = Rectangle::new([(at, top + 3), (at + 12, top + 13)], colour(series).filled());
            drawn(head.draw(&swatch));
            drawn(head.draw(&Text::new(points.names[series].clone(), (at + 18, top + 2), left())));
        }
        let (body, foot) = match points.note() {
            None => (rest, None),
            Some(note) => {
                let (body, foot) = rest.split_vertically(rest.dim_in_pixel().1 as i32 - LINE);
                (body, Some((foot, note)))
            }
        };
        draw(&body);
        if let Some((foot, note)) = foot {
            drawn(foot.draw(&Text::new(note, (MARGIN, 0), left())));
        }
        drawn(root.present());
    }
    text
}

/// Where the names of the colours stand: from the left, on which line, and which of them; nothing where there is one.
fn legend(points: &Points) -> Vec<(i32, i32, usize)> {
    let (mut at, mut line, mut entries) = (MARGIN, 0, Vec::new());
    if points.names.len() < 2 {
        return entries;
    }
    for (series, name) in points.names.iter().enumerate() {
        let width = 34 + name.chars().count() as i32 * CHARACTER as i32;
        if at > MARGIN && at + width > WIDTH as i32 - MARGIN {
            (at, line) = (MARGIN, line + 1);
        }
        entries.push((at, line, series));
        at += width;
    }
    entries
}

pub(crate) fn axis(range: Range<f64>, marks: Vec<f64>) -> Axis {
    Axis { range, marks }
}

/// A plane with room for labels of its axes.
pub(crate) fn plane<'a, 'b>(area: &'a Area<'b>, x: Axis, y: Axis, labels: u32) -> Plane<'a, 'b> {
    let mut builder = ChartBuilder::on(area);
    builder.margin(MARGIN).margin_right(MARGIN + 24).margin_top(4);
    builder.x_label_area_size(44).y_label_area_size(labels);
    built(builder.build_cartesian_2d(x, y))
}

/// The range of the numbers, from zero where that tells no lie.
pub(crate) fn numbers((least, most): (f64, f64)) -> Range<f64> {
    let (from, to) = (least.min(0.0), most.max(0.0));
    if from == to {
        return from..from + 1.0;
    }
    let room = (to - from) * 0.05;
    (if from < 0.0 { from - room } else { from })..(if to > 0.0 { to + room } else { to })
}

pub(crate) fn small() -> TextStyle<'static> {
    ("sans-serif", LABEL).into_font().color(&INK)
}

fn left() -> TextStyle<'static> {
    small().pos(Pos::new(HPos::Left, VPos::Top))
}

/// Text in memory takes everything.
pub(crate) fn drawn<E: std::error::Error + Send + Sync>(result: Result<(), DrawingAreaErrorKind<E>>) {
    built(result);
}

pub(crate) fn built<T, E: std::error::Error + Send + Sync>(result: Result<T, DrawingAreaErrorKind<E>>) -> T {
    result.expect("text in memory takes everything")
}
