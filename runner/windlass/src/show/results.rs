//! The results of an execution: tables and outputs, as a table, JSON or CSV.

use std::collections::BTreeMap;

use clap::ValueEnum;
use serde::ser::{Error as _, Serialize, Serializer};
use serde_json::Value;
use serde_json::value::RawValue;
use windlass_engine::{Finished, Notice, Prepared, StepEnd};
use windlass_store::{ExecutionRow, Store};

use super::{Table, line, write};
use crate::follow::step_end;
use crate::problem::Problem;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ResultsFormat {
    /// Tables that fit the terminal
    #[default]
    Table,
    /// One JSON document: the execution, its steps, outputs, and rows as objects
    Json,
    /// The rows of the last table, with a header (RFC 4180)
    Csv,
}

/// Collects the tables of an execution. Rows stay JSON text until they are printed.
#[derive(Default)]
pub(crate) struct Results {
    tables: Vec<ResultTable>,
}

struct ResultTable {
    step: String,
    name: String,
    columns: Vec<String>,
    pieces: Vec<String>,
}

impl Results {
    pub(crate) fn notice(&mut self, notice: &Notice<'_>) {
        match notice {
            // What an attempt left that failed is not its result.
            Notice::StepStarted { step, attempt: 2.., .. } => self.tables.retain(|known| known.step != *step),
            Notice::Table { step, table, columns } => self.tables.push(ResultTable {
                step: (*step).to_owned(),
                name: (*table).to_owned(),
                columns: columns.to_vec(),
                pieces: Vec::new(),
            }),
            Notice::Rows { step, table, rows } => {
                let known = self.tables.iter_mut().rev().find(|known| known.step == *step && known.name == *table);
                if let Some(known) = known {
                    known.pieces.push((*rows).to_owned());
                }
            }
            _ => {}
        }
    }

    /// Those of an execution that has ended, from the database, and how it ended.
    pub(crate) async fn recorded(store: &Store, row: &ExecutionRow) -> Result<(Self, Finished), Problem> {
        let steps = store.steps(row.id).await?;
        let mut results = Self::default();
        for table in store.tables(row.id).await?.into_iter().filter(|table| table.content_type.is_none()) {
            let Some(step) = steps.iter().find(|step| step.position == table.position) else { continue };
            let mut pages = store.rows(row.id, table.position, &table.name);
            let mut pieces = Vec::new();
            while let Some(page) = pages.page().await? {
                let rows: Vec<_> = std::str::from_utf8(&page).unwrap_or_default().lines().collect();
                pieces.push(format!("[{}]", rows.join(",")));
            }
            let columns = serde_json::from_str(&table.columns).unwrap_or_default();
            results.tables.push(ResultTable { step: step.path.clone(), name: table.name, columns, pieces });
        }
        let end = Finished {
            execution: row.id,
            state: row.state,
            steps: steps.iter().map(|step| step_end(step, step.path.clone())).collect(),
            outputs: None,
            failed: None,
            next: None,
        };
        Ok((results, end))
    }

    pub(crate) fn print(&self, format: ResultsFormat, prepared: &Prepared, end: &Finished) -> Result<(), Problem> {
        match format {
            ResultsFormat::Table => self.print_tables(end),
            ResultsFormat::Json => self.print_json(prepared, end),
            ResultsFormat::Csv => self.print_csv(),
        }
    }

    /// Each table; for a step without one, its outputs as a table of names and values.
    fn print_tables(&self, end: &Finished) -> Result<(), Problem> {
        for step in &end.steps {
            let tables: Vec<&ResultTable> = self.of(step).collect();
            for table in &tables {
                let mut shown = Table::new(&table.columns);
                for row in table.rows::<Vec<Value>>()? {
                    shown.values(row);
                }
                line(shown.text())?;
            }
            if let (true, Some(Value::Object(outputs))) = (tables.is_empty(), &step.outputs) {
                let mut shown = Table::new(["output", "value"]);
                for (name, value) in outputs {
                    shown.values([Value::String(name.clone()), value.clone()]);
                }
                line(shown.text())?;
            }
        }
        Ok(())
    }

    fn print_json(&self, prepared: &Prepared, end: &Finished) -> Result<(), Problem> {
        let steps = end.steps.iter().map(|step| StepJson {
            id: &step.step,
            state: step.state.to_string(),
            seconds: step.took.as_secs_f64(),
            error: step.failure.as_ref().map(|failure| ErrorJson {
                code: failure.code.as_str(),
                message: &failure.message,
                help: failure.help.as_deref(),
            }),
            outputs: step.outputs.as_ref(),
            tables: self.of(step).map(|table| (table.name.as_str(), table)).collect(),
        });
        let execution = ExecutionJson {
            execution: end.execution.to_string(),
            project: prepared.project.as_str(),
            job: &prepared.job.name,
            state: end.state.to_string(),
            steps: steps.collect(),
        };
        let mut text =
            serde_json::to_vec(&execution).map_err(|error| Problem::internal(format!("no JSON: {error}")))?;
        text.push(b'\n');
        write(&text)
    }

    fn of(&self, step: &StepEnd) -> impl Iterator<Item = &ResultTable> {
        self.tables.iter().filter(|table| table.step == step.step)
    }

    fn print_csv(&self) -> Result<(), Problem> {
        let Some(table) = self.tables.last() else { return Ok(()) };
        let mut csv = csv::Writer::from_writer(Vec::new());
        let broken = |error| Problem::internal(format!("no CSV: {error}"));
        csv.write_record(&table.columns).map_err(broken)?;
        for row in table.rows::<Vec<Value>>()? {
            csv.write_record(row.iter().map(super::plain)).map_err(broken)?;
        }
        write(&csv.into_inner().map_err(|error| Problem::internal(format!("no CSV: {error}")))?)
    }
}

impl ResultTable {
    fn rows<'a, R: serde::Deserialize<'a>>(&'a self) -> Result<Vec<R>, Problem> {
        let mut rows = Vec::new();
        for piece in &self.pieces {
            let parsed: Vec<R> = serde_json::from_str(piece)
                .map_err(|error| Problem::internal(format!("table `{}` has unreadable rows: {error}", self.name)))?;
            rows.extend(parsed);
        }
        Ok(rows)
    }
}

#[derive(serde::Serialize)]
struct ExecutionJson<'a> {
    execution: String,
    project: &'a str,
    job: &'a str,
    state: String,
    steps: Vec<StepJson<'a>>,
}

#[derive(serde::Serialize)]
struct StepJson<'a> {
    id: &'a str,
    state: String,
    seconds: f64,
    error: Option<ErrorJson<'a>>,
    outputs: Option<&'a Value>,
    tables: BTreeMap<&'a str, &'a ResultTable>,
}

#[derive(serde::Serialize)]
struct ErrorJson<'a> {
    code: &'a str,
    message: &'a str,
    help: Option<&'a str>,
}

/// A list of rows as objects; cells are copied as the text that they are.
impl Serialize for ResultTable {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = self.rows::<Vec<&RawValue>>().map_err(|_| S::Error::custom("unreadable rows"))?;
        serializer.collect_seq(rows.iter().map(|row| RowJson { columns: &self.columns, row }))
    }
}

struct RowJson<'a> {
    columns: &'a [String],
    row: &'a [&'a RawValue],
}

impl Serialize for RowJson<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.columns.iter().zip(self.row))
    }
}
