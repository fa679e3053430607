use serde_json::{Value, json};
use windlass_errors::{Report, exit};

use super::{Jobs, errors, ground, problem};
use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::show;

pub(super) async fn run(global: &Global, arguments: &Jobs) -> Result<u8, Problem> {
    let ground = ground(global, &arguments.project).await?;
    let checked = ground.checked(&arguments.folder, &arguments.project).await;
    if arguments.output == Listing::Json {
        let all: Vec<Value> = checked.as_ref().err().map(errors).unwrap_or_default().into_iter().map(told).collect();
        let jobs = checked.as_ref().map(|folder| folder.jobs.len()).ok();
        show::json(&json!({ "valid": all.is_empty(), "jobs": jobs, "errors": all }))?;
    }
    match checked {
        Ok(folder) => {
            let (count, folder) = (folder.jobs.len(), arguments.folder.display());
            show::talk(format_args!(
                "{count} {} in `{folder}`, and nothing is wrong",
                if count == 1 { "job" } else { "jobs" }
            ));
            Ok(exit::OK)
        }
        Err(invalid) => {
            let count = errors(&invalid).len();
            show::talk(format_args!("{count} {} to mend", if count == 1 { "thing" } else { "things" }));
            Err(problem(&invalid))
        }
    }
}

fn told(error: &dyn Report) -> Value {
    let snippet = error.snippet().unwrap_or_default();
    let place = snippet.lines().next().filter(|line| !line.is_empty());
    json!({ "code": error.code().as_str(), "message": error.to_string(), "place": place, "help": error.help() })
}
