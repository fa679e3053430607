use serde::Serialize;
use serde_json::Value;
use windlass_store::Store;

use super::out::{Out, Stop};
use super::rows::json_text;
use super::{Execution, StepResults, StepTable};

/// What the document says before its `steps`.
#[derive(Serialize)]
struct ExecutionJson<'a> {
    execution: String,
    project: &'a str,
    job: &'a str,
    state: String,
}

/// What it says of a step before its `tables`.
#[derive(Serialize)]
struct StepJson<'a> {
    id: &'a str,
    state: String,
    seconds: f64,
    error: Option<ErrorJson<'a>>,
    outputs: Option<&'a Value>,
}

#[derive(Serialize)]
struct ErrorJson<'a> {
    code: &'a str,
    message: &'a str,
    help: Option<&'a str>,
}

/// One document on one line. Its ends are written apart from its middle, which is as long as the tables are.
pub(super) async fn print(
    store: &Store,
    execution: &Execution,
    steps: &[StepResults],
    out: &mut Out,
) -> Result<(), Stop> {
    let head = ExecutionJson {
        execution: execution.id.to_string(),
        project: &execution.project,
        job: &execution.job,
        state: execution.state.to_string(),
    };
    out.text(&opened(&head, "steps", '[')?)?;
    for (index, step) in steps.iter().enumerate() {
        out.text(if index > 0 { "," } else { "" })?;
        out.text(&opened(&StepJson::of(step), "tables", '{')?)?;
        for (index, table) in step.tables.iter().enumerate() {
            out.text(if index > 0 { "," } else { "" })?;
            out.text(&format!("{}:[", json_text(&table.name)?))?;
            rows(store, table, out).await?;
            out.text("]")?;
        }
        out.text("}}")?;
    }
    out.text("]}\n")
}

async fn rows(store: &Store, table: &StepTable, out: &mut Out) -> Result<(), Stop> {
    let (mut rows, mut first) = (table.read(store), true);
    while let Some(page) = rows.page().await? {
        let mut text = String::new();
        for row in page.objects() {
            text += if std::mem::take(&mut first) { "" } else { "," };
            text += &json_text(&row?)?;
        }
        out.text(&text)?;
    }
    Ok(())
}

/// An object that goes on with one more field, whose value begins with `begins`.
fn opened(object: &impl Serialize, field: &str, begins: char) -> Result<String, Stop> {
    let mut text = json_text(object)?;
    text.pop();
    Ok(format!("{text},\"{field}\":{begins}"))
}

impl<'a> StepJson<'a> {
    fn of(step: &'a StepResults) -> Self {
        let end = &step.end;
        Self {
            id: &end.step,
            state: end.state.to_string(),
            seconds: end.took.as_secs_f64(),
            error: end.failure.as_ref().map(|failure| ErrorJson {
                code: failure.code.as_str(),
                message: &failure.message,
                help: failure.help.as_deref(),
            }),
            outputs: end.outputs.as_ref(),
        }
    }
}
