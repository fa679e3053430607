use std::collections::BTreeMap;

use clap::Args;
use serde_json::{Value, json};
use windlass_errors::exit;
use windlass_store::{ExecutionRow, State, StepRow, TableRow};

use super::list::facts;
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show::Table;
use crate::{find, setup, show};

/// Of a reason so many characters are shown.
const REASON: usize = 60;

#[derive(Args)]
pub(crate) struct Show {
    /// The execution's id, or the end of it
    id: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(global: &Global, arguments: &Show) -> Result<u8, Problem> {
    let setup::Desk { store, member } = setup::desk(global).await?;
    let row = find::execution(&store, &arguments.id).await?;
    let waits_for = if row.state == State::Queued { member.lacking(&store, &row).await? } else { None };
    let (steps, tables) = (store.steps(row.id).await?, store.tables(row.id).await?);
    let told = store.notifications_of(row.id).await?;
    if arguments.output == Listing::Json {
        let charts = store.charts(row.id).await?;
        let mut all = facts(&row);
        all["waitsFor"] = json!(waits_for);
        all["steps"] = steps.iter().map(|step| step_facts(step, &tables)).collect();
        all["charts"] = charts.iter().map(|chart| {
            json!({ "position": chart.position, "name": chart.name, "definition": parsed(&chart.definition) })
        }).collect();
        all["notifications"] = told.iter().map(notification_facts).collect();
        show::json(&all)?;
        return Ok(exit::OK);
    }
    show::line(show::safe_lines(about(&row, waits_for).trim_end()))?;
    if !steps.is_empty() {
        show::line(tree(&steps).text())?;
    }
    outputs(&steps)?;
    sizes(&steps, &tables)?;
    if !told.is_empty() {
        let cells = told.iter().map(|row| {
            let reason = row.reason.as_deref().map(|reason| show::brief(reason, REASON)).unwrap_or_default();
            [kind(row), row.state.to_string(), row.attempt.to_string(), show::short(row.id), reason]
        });
        show::listing(["notification", "state", "attempt", "id", "reason"], cells)?;
    }
    Ok(exit::OK)
}

/// What a notification is about.
fn kind(row: &ExecutionRow) -> String {
    let event = row.telling.as_ref().map(|telling| parsed(&telling.event)).unwrap_or_default();
    show::plain(&event["kind"])
}

fn notification_facts(row: &ExecutionRow) -> Value {
    json!({ "on": kind(row), "execution": row.id, "state": row.state.as_str(), "attempt": row.attempt, "code": row.code })
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// The facts of the execution, one a line.
fn about(row: &ExecutionRow, waits_for: Option<String>) -> String {
    let mut text = String::new();
    let mut fact = |name: &str, value: Option<String>| {
        let lines = value.filter(|value| !value.is_empty());
        text.extend(lines.map(|value| format!("{name:<10} {}\n", value.replace('\n', "\n           "))));
    };
    fact("execution", Some(row.id.to_string()));
    fact("project", Some(row.project.clone()));
    let version =
        row.job_version.map_or_else(|| " (from a file)".to_owned(), |version| format!(" (version {version})"));
    fact("job", Some(format!("{}{version}", row.job)));
    fact("state", Some(row.state.to_string()));
    fact("waits for", waits_for);
    fact("code", row.code.clone());
    fact("reason", row.reason.clone());
    let attempt = if row.attempt > 1 { format!(", attempt {}", row.attempt) } else { String::new() };
    fact("cause", Some(format!("{}{attempt}", row.cause)));
    fact("schedule", row.scheduled.map(|scheduled| format!("due {}", show::time(scheduled.at))));
    fact("tells of", row.telling.as_ref().map(|telling| format!("execution {}", telling.execution)));
    fact("repeats", row.retry_of.map(|id| id.to_string()));
    fact("part of", row.parent.map(|step| format!("step {} of execution {}", step.position, step.execution)));
    fact("queued", Some(show::time(row.queued_at)));
    fact("not before", row.not_before.map(show::time));
    fact("started", row.started_at.map(show::time));
    fact("to stop", row.cancel_at.map(show::time));
    fact("ended", row.ended_at.map(show::time));
    fact("took", Some(show::took(row.started_at, row.ended_at)));
    fact("options", Some(row.options.clone()).filter(|options| options != "{}"));
    fact("outputs", row.outputs.clone().filter(|outputs| outputs != "{}"));
    text
}

/// The steps, each below the group that it is in.
fn tree(steps: &[StepRow]) -> Table {
    let mut table = Table::new(["step", "type", "attempt", "state", "took", "account", "reason"]);
    for (depth, step) in in_order(steps) {
        let reason = match (&step.code, &step.reason) {
            (Some(code), Some(reason)) => format!("{code}: {reason}"),
            (code, reason) => code.iter().chain(reason).cloned().collect(),
        };
        let took = show::took(step.started_at, step.ended_at.or(step.started_at.filter(|_| step.state.has_ended())));
        let name = format!("{}{}", "  ".repeat(depth), step.path);
        let account = step.account.clone().unwrap_or_default();
        let texts = [name, step.uses.clone(), step.attempt.to_string(), step.state.to_string(), took, account, reason];
        table.values(texts.map(Value::String));
    }
    table
}

/// Steps in the order of their starts, those of a group after it, with their depths.
fn in_order(steps: &[StepRow]) -> Vec<(usize, &StepRow)> {
    let mut below: BTreeMap<Option<i32>, Vec<&StepRow>> = BTreeMap::new();
    for step in steps {
        below.entry(step.parent).or_default().push(step);
    }
    let mut ordered = Vec::with_capacity(steps.len());
    let mut open: Vec<(usize, &StepRow)> =
        below.remove(&None).into_iter().flatten().rev().map(|step| (0, step)).collect();
    while let Some((depth, step)) = open.pop() {
        ordered.push((depth, step));
        open.extend(below.remove(&Some(step.position)).into_iter().flatten().rev().map(|step| (depth + 1, step)));
    }
    ordered
}

fn outputs(steps: &[StepRow]) -> Result<(), Problem> {
    let mut table = Table::new(["step", "output", "value"]);
    let mut any = false;
    for step in steps {
        for (name, value) in step.outputs.as_deref().map(parsed).iter().filter_map(Value::as_object).flatten() {
            table.values([step.path.clone().into(), name.clone().into(), value.clone()]);
            any = true;
        }
    }
    if any { show::line(table.text()) } else { Ok(()) }
}

fn sizes(steps: &[StepRow], tables: &[TableRow]) -> Result<(), Problem> {
    if tables.is_empty() {
        return Ok(());
    }
    let path = |position| steps.iter().find(|step| step.position == position).map(|step| step.path.clone());
    let rows = tables.iter().map(|it| {
        let rows = if it.content_type.is_none() { it.rows.to_string() } else { String::new() };
        let kind = it.content_type.clone().unwrap_or_else(|| "table".to_owned());
        [path(it.position).unwrap_or_default(), it.name.clone(), kind, rows, it.bytes.to_string()]
    });
    show::listing(["step", "name", "kind", "rows", "bytes"], rows)
}

fn step_facts(step: &StepRow, tables: &[TableRow]) -> Value {
    let time = |at: Option<i64>| at.map(show::time);
    let of_step = tables.iter().filter(|it| it.position == step.position).map(|it| {
        let columns = it.content_type.is_none().then(|| parsed(&it.columns));
        json!({ "name": it.name, "columns": columns, "rows": it.rows, "bytes": it.bytes, "contentType": it.content_type })
    });
    json!({
        "position": step.position,
        "parent": step.parent,
        "path": step.path,
        "step": step.step,
        "uses": step.uses,
        "attempt": step.attempt,
        "state": step.state.as_str(),
        "code": step.code,
        "reason": step.reason,
        "account": step.account,
        "pluginSha256": step.plugin_sha256,
        "containment": step.containment,
        "execution": step.child,
        "outputs": step.outputs.as_deref().map(parsed),
        "tables": of_step.collect::<Vec<_>>(),
        "logDropped": step.log_dropped,
        "started": time(step.started_at),
        "ended": time(step.ended_at),
    })
}
