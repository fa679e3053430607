use clap::ValueEnum;
use uuid::Uuid;
use windlass_charts::{ChartError, Drawing};
use windlass_errors::nearest_hint;
use windlass_plugin_api::frames::Chart;
use windlass_store::Store;

use super::out::{Out, Stop};
use super::{Execution, StepResults, StepTable, table, unless_gone};
use crate::problem::Problem;
use crate::{find, show};

/// How many charts an error lists.
const LISTED: usize = 12;

/// How a chart is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ChartFormat {
    /// A picture
    #[default]
    Svg,
    /// The columns that it draws
    Table,
}

/// Says how to get the charts of an execution.
pub(crate) async fn tell_charts(store: &Store, execution: Uuid) -> Result<(), Problem> {
    let charts = store.charts(execution).await?;
    let short = show::short(execution);
    for chart in &charts {
        let name = if charts.len() > 1 { format!(" {}", show::word(&chart.name)) } else { String::new() };
        let shown = show::safe_text(&chart.name);
        show::talk(format_args!(
            "chart `{shown}`: windlass execution chart {short}{name} > {}.svg",
            file_name(&chart.name)
        ));
    }
    Ok(())
}

/// Prints a chart of an execution.
pub(crate) async fn print_chart(
    store: &Store,
    execution: &Execution,
    name: Option<&str>,
    step: Option<&str>,
    format: ChartFormat,
) -> Result<(), Problem> {
    let steps = execution.results(store).await?;
    if let Some(wanted) = step {
        find::has_step(wanted, steps.iter().map(|step| step.end.step.as_str()))?;
    }
    let (step, chart) = the_one(&steps, name, step)?;
    let Some(table) = step.tables.iter().find(|table| table.name == chart.table) else {
        let (chart, table) = (show::safe_text(&chart.chart), show::safe_text(&chart.table));
        let message = format!("chart `{chart}` is of table `{table}`, which its step did not leave");
        return Err(Problem::coded("execution.undrawable-chart", message));
    };
    let mut out = Out::new();
    let printed = match format {
        ChartFormat::Svg => svg(store, chart, table, &mut out).await,
        ChartFormat::Table => {
            let column = |name: &String| table.columns.iter().position(|column| column == name);
            let drawn: Vec<usize> =
                [&chart.x].into_iter().chain(&chart.series).chain(&chart.y).filter_map(column).collect();
            table::one(store, execution, table, &drawn, &mut out).await
        }
    };
    unless_gone(printed.and_then(|()| out.finish()))
}

async fn svg(store: &Store, chart: &Chart, table: &StepTable, out: &mut Out) -> Result<(), Stop> {
    let mut drawing = Drawing::new(chart, &table.columns).map_err(|error| undrawable(&error))?;
    let mut rows = table.read(store);
    while let Some(page) = rows.page().await? {
        for row in page.values() {
            drawing.row(&row?).map_err(|error| undrawable(&error))?;
        }
    }
    out.text(&drawing.svg().map_err(|error| undrawable(&error))?)
}

fn undrawable(error: &ChartError) -> Problem {
    Problem::with_help("execution.undrawable-chart", error, "`--output table` prints what is in its columns")
}

/// The chart that is meant, with its step.
fn the_one<'a>(
    steps: &'a [StepResults],
    name: Option<&str>,
    step: Option<&str>,
) -> Result<(&'a StepResults, &'a Chart), Problem> {
    let within = |of: &StepResults| step.is_none_or(|wanted| find::is_within(wanted, &of.end.step));
    let all =
        steps.iter().filter(|step| within(step)).flat_map(|step| step.charts.iter().map(move |chart| (step, chart)));
    let all: Vec<(&StepResults, &Chart)> = all.collect();
    let named: Vec<_> = all.iter().filter(|(_, chart)| name.is_none_or(|name| chart.chart == name)).copied().collect();
    match (named.as_slice(), name) {
        ([one], _) => Ok(*one),
        ([], None) => Err(Problem::coded("execution.unknown-result", "the execution has no charts")),
        ([], Some(name)) => {
            let hint = nearest_hint(name, all.iter().map(|(_, chart)| chart.chart.as_str()));
            let message = format!("the execution has no chart `{}`", show::safe_text(name));
            Err(Problem::with_help("execution.unknown-result", message, &hint))
        }
        (several, _) => {
            let words = |(step, chart): &(&StepResults, &Chart)| {
                format!("{} --step {}", show::word(&chart.chart), show::word(&step.end.step))
            };
            let mut lines: Vec<String> = several.iter().take(LISTED).map(words).collect();
            if several.len() > LISTED {
                lines.push(format!("and {} more", several.len() - LISTED));
            }
            let help = format!("say which one:\n        {}", lines.join("\n        "));
            let message = format!("there are {} charts to choose from", several.len());
            Err(Problem::with_help("execution.ambiguous-result", message, &help))
        }
    }
}

/// A file name after a chart's name.
fn file_name(chart: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = chart.chars().map(plain).take(60).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "chart".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_chart() {
        assert_eq!(
            ["by hour", "-Errors/5m; rm -rf ~", "../..", "\u{e4}"].map(file_name),
            ["by-hour", "errors-5m--rm--rf", "chart", "chart"]
        );
    }
}
