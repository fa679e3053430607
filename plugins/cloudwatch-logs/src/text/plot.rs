//! Which chart shows the rows of a query that counts.

use windlass_plugin_api::frames::ChartKind;

use super::Nature;
use super::pipeline::{bare, parts};

/// The columns of a chart. Every other column that has numbers is drawn.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plot {
    pub(crate) kind: ChartKind,
    pub(crate) x: String,
    /// Whose values become lines or bars of their own.
    pub(crate) series: Option<String>,
    pub(crate) title: String,
}

impl Plot {
    /// `stats ... by bin(5m)` is seen over time, `stats ... by field` as bars.
    pub(crate) fn of(nature: &Nature) -> Option<Self> {
        let stats = nature.last("stats")?;
        let (aggregates, by) = split_by(&stats.rest)?;
        let groups = groups(&stats.rest);
        let (kind, x) = match groups.iter().find(|group| group.is_time) {
            Some(time) => (ChartKind::Line, time),
            None => (ChartKind::Bar, groups.first()?),
        };
        let mut others = groups.iter().filter(|group| *group != x);
        let series = others.next().map(|group| group.column.clone());
        if others.next().is_some() {
            return None; // Lines of pairs of values say nothing to a reader.
        }
        Some(Self { kind, x: x.column.clone(), series, title: format!("{aggregates} by {by}") })
    }
}

/// Something that rows are grouped by, and the column that has it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) column: String,
    is_time: bool,
}

/// What a `stats` command groups by.
pub(crate) fn groups(stats: &str) -> Vec<Group> {
    let by = split_by(stats).map(|(_, by)| by);
    by.map(|by| parts(by).into_iter().map(Group::of).collect()).unwrap_or_default()
}

impl Group {
    fn of(part: &str) -> Self {
        let (expression, alias) = match word(part, "as") {
            Some(at) => (part[..at].trim(), Some(part[at + 2..].trim())),
            None => (part, None),
        };
        let column = alias.unwrap_or(expression).trim_matches('`').to_owned();
        let function = expression.split('(').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_time = expression.contains('(') && ["bin", "datefloor", "dateceil"].contains(&function.as_str());
        Self { column, is_time }
    }
}

fn split_by(stats: &str) -> Option<(String, &str)> {
    let at = word(stats, "by")?;
    Some((stats[..at].split_whitespace().collect::<Vec<_>>().join(" "), stats[at + 2..].trim()))
}

/// Where this word stands by itself, outside of brackets and quotes; the last place.
fn word(text: &str, wanted: &str) -> Option<usize> {
    bare(text).map(|(at, _)| at).filter(|at| is_word(text, *at, wanted)).last()
}

fn is_word(text: &str, at: usize, wanted: &str) -> bool {
    let inside = |c: char| c.is_alphanumeric() || c == '_' || c == '@';
    let after = at + wanted.len();
    text.get(at..after).is_some_and(|word| word.eq_ignore_ascii_case(wanted))
        && !text[..at].chars().next_back().is_some_and(inside)
        && !text[after..].chars().next().is_some_and(inside)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;

    fn plot(query: &str) -> Option<(ChartKind, String, Option<String>)> {
        Plot::of(&Nature::of(query, Language::Cwli)).map(|plot| (plot.kind, plot.x, plot.series))
    }

    #[test]
    fn time_makes_lines() {
        let line = |x: &str, series: Option<&str>| Some((ChartKind::Line, x.to_owned(), series.map(str::to_owned)));
        assert_eq!(plot("stats count(*) by bin(5m)"), line("bin(5m)", None));
        assert_eq!(plot("stats avg(x) as y by bin(1h) as hour | sort hour"), line("hour", None));
        assert_eq!(plot("filter a | stats count(*) by status, bin(1h)"), line("bin(1h)", Some("status")));
        assert_eq!(plot("stats sum(b) BY datefloor(@timestamp, 1h) as t"), line("t", None));
    }

    #[test]
    fn fields_make_bars() {
        let bar = |x: &str, series: Option<&str>| Some((ChartKind::Bar, x.to_owned(), series.map(str::to_owned)));
        assert_eq!(plot("stats count(*) as n by path | sort n desc"), bar("path", None));
        assert_eq!(plot("stats count(*) by `the path`, status"), bar("the path", Some("status")));
        assert_eq!(plot("stats max(bin) by bin"), bar("bin", None));
    }

    #[test]
    fn others_have_no_chart() {
        assert_eq!(plot("fields a, b"), None);
        assert_eq!(plot("stats count(*)"), None);
        assert_eq!(plot("stats count(*) by a, b, c"), None);
        assert_eq!(plot("stats count(if(a, ' by b', c))"), None);
    }

    #[test]
    fn the_title_is_what_is_counted() {
        let plot = Plot::of(&Nature::of("stats  count(*)\n by path | limit 5", Language::Cwli)).unwrap();
        assert_eq!(plot.title, "count(*) by path");
    }
}
