use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::IsTerminal as _;

use clap::{Args, ValueEnum};
use serde_json::json;
use windlass_errors::exit;
use windlass_plugin_api::frames::Level;
use windlass_store::{ExecutionRow, StepRow, Store, Stream, Tail};

use crate::arguments::Global;
use crate::follow::message;
use crate::problem::Problem;
use crate::show::{LogLine, LogLines};
use crate::{find, setup, show};

#[derive(Args)]
pub(crate) struct Logs {
    /// The execution's id, or the end of it
    id: String,
    /// Only of this step, or of those in this group: `deploy.check`
    #[arg(long, value_name = "PATH")]
    step: Option<String>,
    /// From this offset on, in bytes of the whole log
    #[arg(long, value_name = "OFFSET", default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..))]
    from: i64,
    /// Only the last so many lines
    #[arg(long, value_name = "N", conflicts_with = "from")]
    tail: Option<usize>,
    /// Only lines with this text in them, with their offsets
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// When each line came
    #[arg(long)]
    timestamps: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people
    #[default]
    Text,
    /// For programs: one object a line
    Json,
}

pub(super) async fn run(global: &Global, arguments: &Logs) -> Result<u8, Problem> {
    let store = setup::store(&setup::configuration(global)?.settings).await?;
    let row = find::execution(&store, &arguments.id).await?;
    let steps = store.steps(row.id).await?;
    let wanted = arguments.step.as_deref().map(|path| wanted(&steps, path)).transpose()?;
    let mut printer = Printer::new(arguments, &steps);
    read(&store, &row, arguments, wanted.as_ref(), &mut printer).await?;
    printer.finish()?;
    for step in steps.iter().filter(|step| wanted.as_ref().is_none_or(|wanted| wanted.contains(&step.position))) {
        about(step, arguments.output)?;
    }
    Ok(exit::OK)
}

/// The step executions that a path names: the attempts of a step, or everything in a group.
fn wanted(steps: &[StepRow], path: &str) -> Result<BTreeSet<i32>, Problem> {
    find::has_step(path, steps.iter().map(|step| step.path.as_str()))?;
    Ok(steps.iter().filter(|step| find::is_within(path, &step.path)).map(|step| step.position).collect())
}

async fn read(
    store: &Store,
    row: &ExecutionRow,
    arguments: &Logs,
    wanted: Option<&BTreeSet<i32>>,
    printer: &mut Printer<'_>,
) -> Result<(), Problem> {
    let single = wanted.filter(|wanted| wanted.len() == 1).and_then(BTreeSet::first).copied();
    let mut from = arguments.from;
    // Where the end begins can be told without reading what is before it, of the whole log or of one step.
    if let (Some(tail), None, true) = (arguments.tail, &arguments.search, wanted.is_none() || single.is_some()) {
        from = store.log_tail(row.id, single, Tail::Lines(i64::try_from(tail).unwrap_or(i64::MAX))).await?;
    }
    let mut pages = store.log_text(row.id).from(from);
    if let Some(position) = single {
        pages = pages.of_step(position);
    }
    let mut lines = LogLines::default();
    while let Some(page) = pages.page().await? {
        for piece in page {
            if wanted.is_none_or(|wanted| wanted.contains(&piece.position)) {
                for line in lines.push(&piece) {
                    printer.take(line)?;
                }
            }
        }
    }
    lines.finish().into_iter().try_for_each(|line| printer.take(line))
}

/// Prints the lines that are asked for.
struct Printer<'a> {
    arguments: &'a Logs,
    paths: BTreeMap<i32, &'a str>,
    colours: bool,
    /// The last ones, when only those are wanted.
    last: VecDeque<LogLine>,
}

impl<'a> Printer<'a> {
    fn new(arguments: &'a Logs, steps: &'a [StepRow]) -> Self {
        let paths = steps.iter().map(|step| (step.position, step.path.as_str())).collect();
        Self { arguments, paths, colours: std::io::stdout().is_terminal(), last: VecDeque::new() }
    }

    fn take(&mut self, line: LogLine) -> Result<(), Problem> {
        let found = |text: &String| line.text.contains(text) || show::colours(&line.text, false).contains(text);
        if !self.arguments.search.as_ref().is_none_or(found) {
            return Ok(());
        }
        let Some(most) = self.arguments.tail else { return self.print(&line) };
        self.last.push_back(line);
        if self.last.len() > most {
            self.last.pop_front();
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Problem> {
        std::mem::take(&mut self.last).iter().try_for_each(|line| self.print(line))
    }

    fn print(&self, line: &LogLine) -> Result<(), Problem> {
        let step = self.paths.get(&line.position).copied().unwrap_or_default();
        let (level, text) = match line.stream {
            Stream::Log => Some(message(&line.text)).map(|(level, text)| (Some(level), text)).unwrap_or_default(),
            _ => (None, line.text.clone()),
        };
        if self.arguments.output == LogFormat::Json {
            let at = show::time(line.at);
            let stream = line.stream.as_str();
            let line = json!({
                "at": at, "step": step, "stream": stream, "level": level, "offset": line.offset, "text": text,
            });
            return show::line(line);
        }
        let mut start = if self.arguments.timestamps { format!("{} ", show::time(line.at)) } else { String::new() };
        if self.arguments.search.is_some() {
            start += &format!("{} ", line.offset);
        }
        let mark = match level {
            None => "| ",
            Some(Level::Debug) => ": debug: ",
            Some(Level::Info) => ": ",
            Some(Level::Warn) => ": warning: ",
            Some(Level::Error) => ": error: ",
        };
        let step = show::safe_text(step);
        text.lines()
            .try_for_each(|text| show::line(format_args!("{start}{step}{mark}{}", show::colours(text, self.colours))))
    }
}

/// What the log of a step does not have in it.
fn about(step: &StepRow, output: LogFormat) -> Result<(), Problem> {
    if let Some(bytes) = step.log_dropped {
        if output == LogFormat::Json {
            show::line(json!({ "step": step.path, "droppedBytes": bytes }))?;
        }
        show::talk(format_args!("step `{}`: {bytes} bytes more were cut off by `limits.stepLog`", step.path));
    }
    if let Some(child) = step.child {
        let short = show::short(child);
        show::talk(format_args!("step `{}` ran execution {child}: `windlass execution logs {short}`", step.path));
    }
    Ok(())
}
