use std::collections::BTreeMap;

use minijinja::Value as Seen;
use serde_json::{Map, Value, json};

use super::seen;

/// What is fixed for an execution.
#[derive(Clone, Copy, Debug)]
pub struct RunFacts<'a> {
    /// The project.
    pub project: &'a str,
    /// The job's name.
    pub job: &'a str,
    /// The execution's identifier.
    pub execution: &'a str,
    /// Which attempt of the job it is, from 1.
    pub attempt: u32,
    /// When a schedule was due that it stands for, RFC 3339.
    pub scheduled_at: Option<&'a str>,
}

/// How a step has ended, as expressions see it.
#[derive(Clone, Debug, Default)]
pub struct StepFacts {
    /// The word for its state, `succeeded`.
    pub state: String,
    /// The code of its failure.
    pub code: Option<String>,
    /// Its outputs: an object by name; of a step with `forEach` the list of its iterations' outputs.
    pub outputs: Option<Value>,
    /// Its tables by name.
    pub tables: BTreeMap<String, TableFacts>,
}

/// A table of a step, as expressions see it.
#[derive(Clone, Debug, Default)]
pub struct TableFacts {
    /// Its first rows, objects by column; what is more than [`TableFacts::MOST_ROWS`] or, as JSON, longer than
    /// [`TableFacts::LARGEST`] is cut off.
    pub rows: Vec<Value>,
    /// How many rows it has.
    pub count: u64,
}

impl TableFacts {
    /// The most rows that expressions see.
    pub const MOST_ROWS: usize = 1000;
    /// The most bytes of rows, as JSON, that expressions see.
    pub const LARGEST: usize = 2 << 20;

    /// The rows that expressions see.
    fn seen(self) -> Vec<Value> {
        let mut left = Self::LARGEST;
        let fits = |row: &Value| {
            let rest = left.checked_sub(row.to_string().len());
            left = rest.unwrap_or(0);
            rest.is_some()
        };
        self.rows.into_iter().take(Self::MOST_ROWS).take_while(fits).collect()
    }
}

pub(super) fn seen_step(facts: StepFacts) -> Seen {
    let table = |(name, table): (String, TableFacts)| {
        let count = table.count;
        (name, json!({ "rows": table.seen(), "count": count }))
    };
    let tables: Map<String, Value> = facts.tables.into_iter().map(table).collect();
    let outputs = facts.outputs.unwrap_or_else(|| json!({}));
    seen(&json!({ "state": facts.state, "code": facts.code, "outputs": outputs, "tables": tables }))
}
