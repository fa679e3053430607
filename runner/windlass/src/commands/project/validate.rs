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
        let calendars = checked.as_ref().map(|folder| folder.calendars.len()).ok();
        show::json(&json!({ "valid": all.is_empty(), "jobs": jobs, "calendars": calendars, "errors": all }))?;
    }
    match checked {
        Ok(folder) => {
            let calendars = match folder.calendars.len() {
                0 => String::new(),
                count => format!(" and {}", counted(count, "calendar")),
            };
            let jobs = counted(folder.jobs.len(), "job");
            show::talk(format_args!("{jobs}{calendars} in `{}`, and nothing is wrong", arguments.folder.display()));
            Ok(exit::OK)
        }
        Err(invalid) => {
            let count = errors(&invalid).len();
            show::talk(format_args!("{count} {} to mend", if count == 1 { "thing" } else { "things" }));
            Err(problem(&invalid))
        }
    }
}

fn counted(count: usize, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

fn told(error: &dyn Report) -> Value {
    let snippet = error.snippet().unwrap_or_default();
    let place = snippet.lines().next().filter(|line| !line.is_empty());
    json!({ "code": error.code().as_str(), "message": error.to_string(), "place": place, "help": error.help() })
}
