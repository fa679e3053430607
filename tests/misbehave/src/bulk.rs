//! Steps that behave, for benches.

use std::io::{BufWriter, Write};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use windlass_plugin_api::{Context, Step, StepError, StepInfo};

/// Does nothing.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Noop {}

/// Writes log lines.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Lines {
    /// How many.
    count: u64,
    /// The length of each, line break included.
    #[serde(default = "hundred")]
    #[schemars(range(min = 20, max = 100_000))]
    bytes: usize,
    /// As log frames, or as bytes on standard output.
    #[serde(default)]
    through: Through,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Through {
    #[default]
    Log,
    Stdout,
}

/// Fills a table.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rows {
    /// How many.
    count: u64,
}

/// How many there were.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct Counted {
    pub(crate) count: u64,
}

impl Step for Noop {
    const INFO: StepInfo = StepInfo {
        name: "noop",
        title: "Do nothing",
        description: "Does nothing.",
        repeatable: true,
        example: "{}\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Counted;

    async fn run(self, _: Context) -> Result<Counted, StepError> {
        Ok(Counted { count: 0 })
    }
}

impl Step for Lines {
    const INFO: StepInfo = StepInfo {
        name: "lines",
        title: "Write log lines",
        description: "Writes log lines of one length.",
        repeatable: true,
        example: "count: 1000\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Counted;

    async fn run(self, context: Context) -> Result<Counted, StepError> {
        match self.through {
            Through::Log => (0..self.count).for_each(|number| context.info(line(number, self.bytes))),
            Through::Stdout => self.to_stdout().map_err(|error| StepError::new("step.failed", error.to_string()))?,
        }
        Ok(Counted { count: self.count })
    }
}

impl Lines {
    fn to_stdout(self) -> std::io::Result<()> {
        let mut out = BufWriter::with_capacity(64 * 1024, std::io::stdout().lock());
        (0..self.count).try_for_each(|number| writeln!(out, "{}", line(number, self.bytes)))?;
        out.flush()
    }
}

impl Step for Rows {
    const INFO: StepInfo = StepInfo {
        name: "rows",
        title: "Fill a table",
        description: "Fills the table `rows` with four columns: number, text, ratio, even.",
        repeatable: true,
        example: "count: 1000\n",
        ..StepInfo::DEFAULT
    };
    type Outputs = Counted;

    async fn run(self, context: Context) -> Result<Counted, StepError> {
        let columns = ["number", "text", "ratio", "even"].map(str::to_owned).to_vec();
        let mut table = context.table("rows", columns);
        for number in 0..self.count {
            let text = line(number, 100);
            let ratio = number as f64 / self.count as f64;
            table.row([(number as i64).into(), text.as_str().into(), ratio.into(), (number % 2 == 0).into()]);
        }
        Ok(Counted { count: self.count })
    }
}

/// A line of `bytes` bytes with its line break, which is left to whoever writes it.
fn line(number: u64, bytes: usize) -> String {
    format!("{:.<width$}", format!("line {number} "), width = bytes.saturating_sub(1))
}

fn hundred() -> usize {
    100
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_its_length() {
        assert_eq!(line(7, 20), "line 7 ............");
        assert_eq!(line(123_456, 100).len() + 1, 100);
    }
}
