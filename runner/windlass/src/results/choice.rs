use clap::Args;
use windlass_errors::nearest_hint;

use super::{StepResults, StepTable};
use crate::problem::Problem;
use crate::{find, show};

/// How many tables an error lists.
const LISTED: usize = 12;

/// Which results are wanted.
#[derive(Args)]
pub(crate) struct Choice {
    /// Only of this step, or of those in this group: `deploy.check`
    #[arg(long, value_name = "PATH")]
    step: Option<String>,
    /// Only this table
    #[arg(long, value_name = "NAME")]
    table: Option<String>,
}

impl Choice {
    pub(super) fn of(&self, mut steps: Vec<StepResults>) -> Result<Vec<StepResults>, Problem> {
        if let Some(wanted) = &self.step {
            find::has_step(wanted, steps.iter().map(|step| step.end.step.as_str()))?;
            steps.retain(|step| find::is_within(wanted, &step.end.step));
        }
        if let Some(wanted) = &self.table {
            let tables = steps.iter().flat_map(|step| &step.tables);
            if !tables.clone().any(|table| table.name == *wanted) {
                let hint = nearest_hint(wanted, tables.map(|table| table.name.as_str()));
                let message = format!("there is no table `{}` in these results", show::safe_text(wanted));
                return Err(Problem::with_help("execution.unknown-result", message, &hint));
            }
            steps.iter_mut().for_each(|step| step.tables.retain(|table| table.name == *wanted));
            steps.retain(|step| !step.tables.is_empty());
        }
        Ok(steps)
    }
}

/// The one table that there is, if there is any.
pub(super) fn one(steps: &[StepResults]) -> Result<Option<&StepTable>, Problem> {
    let tables: Vec<&StepTable> = steps.iter().flat_map(|step| &step.tables).collect();
    if tables.len() < 2 {
        return Ok(tables.first().copied());
    }
    let names = tables.iter().take(LISTED).map(|table| {
        let (step, name) = (show::word(&table.step), show::word(&table.name));
        format!("--step {step} --table {name}  ({} rows)", table.rows)
    });
    let mut help = format!("say which one:\n{}", names.collect::<Vec<_>>().join("\n"));
    if tables.len() > LISTED {
        help += &format!("\nand {} more", tables.len() - LISTED);
    }
    let message = format!("the execution has {} tables, and this format takes one", tables.len());
    Err(Problem::with_help("execution.ambiguous-result", message, &help.replace('\n', "\n        ")))
}
