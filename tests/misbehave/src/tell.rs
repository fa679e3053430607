use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use windlass_plugin_api::{Cell, Context, Step, StepError, StepInfo};

use crate::bulk::Counted;

/// Says what it is given: a table, whatever is in it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tell {
    /// The table's name.
    table: String,
    /// Its columns.
    columns: Vec<String>,
    /// Its rows.
    rows: Vec<Vec<Value>>,
    /// Its rows as a preview, that many times, before the table.
    #[serde(default)]
    previews: usize,
    /// Charts of it, as their frames have them.
    #[serde(default)]
    charts: Vec<Value>,
}

impl Step for Tell {
    const INFO: StepInfo = StepInfo {
        name: "tell",
        title: "Say what it is given",
        description: "Sends previews, a table and charts of the rows that it is given.",
        repeatable: true,
        example: "table: results\ncolumns: [n]\nrows: [[1], [2]]\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Counted;

    async fn run(self, context: Context) -> Result<Counted, StepError> {
        let count = self.rows.len() as u64;
        for number in 0..self.previews {
            context.progress(format!("preview {number}"), None);
            context.preview(self.columns.clone(), self.rows.iter().map(|row| row.iter().map(cell).collect()).collect());
        }
        let mut table = context.table(self.table, self.columns);
        for row in &self.rows {
            table.row(row.iter().map(cell));
        }
        drop(table);
        for chart in self.charts {
            context.chart(serde_json::from_value(chart).map_err(|why| StepError::new("step.failed", why.to_string()))?);
        }
        Ok(Counted { count })
    }
}

fn cell(value: &Value) -> Cell<'_> {
    match value {
        Value::String(text) => text.as_str().into(),
        Value::Bool(value) => (*value).into(),
        Value::Number(number) => number.as_i64().map_or_else(|| number.as_f64().unwrap_or_default().into(), Cell::from),
        _ => Cell::Null,
    }
}
