use std::fmt::Write as _;

use windlass_plugin_api::frames::{Chart, ChartKind};

use crate::points::Points;
use crate::ticks::Times;
use crate::value::{label, shown};

/// The drawing with what a screen reader says of it.
pub(crate) fn described(drawn: &str, chart: &Chart, points: &Points) -> String {
    let title = if chart.title.trim().is_empty() { &chart.chart } else { &chart.title };
    let rest = drawn.strip_prefix("<svg ").expect("it is an SVG document");
    let (attributes, content) = rest.split_once('>').expect("its first element ends");
    format!(
        "<svg role=\"img\" aria-labelledby=\"title description\" {attributes}>\n<title id=\"title\">{}</title>\n<desc \
         id=\"description\">{}</desc>{content}",
        escaped(&label(title, 200)),
        escaped(&description(chart, points))
    )
}

fn description(chart: &Chart, points: &Points) -> String {
    let kind = match chart.kind {
        ChartKind::Line => "Line chart",
        ChartKind::Bar => "Bar chart",
    };
    let columns: Vec<String> = chart.y.iter().map(|column| label(column, 60)).collect();
    let mut text = format!("{kind} of {} by {}", columns.join(", "), label(&chart.x, 60));
    if points.names.len() > 1 {
        let _ = write!(text, ", for {}", points.names.join(", "));
    }
    if points.are_times() {
        let (from, to) = points.x_range();
        let [from, to] = [from, to].map(|time| Times::text(time, "%Y-%m-%d %H:%M:%S"));
        let _ = write!(text, ", from {from} to {to} UTC");
    }
    let (least, most) = points.y_range();
    let _ = write!(text, ". {} values between {} and {}.", points.points.len(), shown(least), shown(most));
    if let Some(note) = points.note() {
        let _ = write!(text, " {note}.");
    }
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
