use clap::Args;
use serde_json::{Value, json};
use windlass_settings::{AccountName, ProjectName, Scope};

use super::desk::{Desk, desk, kept};
use crate::arguments::{Document, Global};
use crate::problem::Problem;
use crate::show;

#[derive(Args)]
pub(crate) struct Get {
    /// The account
    name: AccountName,
    /// The project that it is of [default: the system]
    #[arg(long)]
    project: Option<ProjectName>,
    /// How to print the definition
    #[arg(long, value_enum, default_value_t = Document::Yaml)]
    output: Document,
    /// Print the versions that it had, deleted or not, as a table or with `--output json`
    #[arg(long)]
    history: bool,
}

pub(super) async fn run(global: &Global, arguments: Get) -> Result<(), Problem> {
    let desk = desk(global).await?;
    let Get { name, project, output, history } = arguments;
    let scope = desk.scope(project.as_ref())?;
    if history {
        return versions(&desk, &scope, &name, output).await;
    }
    let found = desk.all.of_scope(&scope).iter().find(|account| account.name == name);
    let definition = match found {
        Some(account) => account.definition(),
        // One that cannot work is shown as it was written, so that it can be mended.
        None => {
            let row = desk.row(&scope, &name).await?;
            serde_json::from_str(&row.text).unwrap_or(Value::String(row.text))
        }
    };
    if let Some(account) = found {
        show::talk(format_args!("account `{name}` of {scope}, {}", account.place));
    }
    show::document(&definition, output)
}

async fn versions(desk: &Desk, scope: &Scope, name: &AccountName, output: Document) -> Result<(), Problem> {
    let history = desk.store.account_history(&kept(scope), name.as_str()).await?;
    if history.is_empty() {
        let message = format!("{scope} never had an account `{name}` in the database");
        return Err(Problem::coded("account.unknown", message));
    }
    if output == Document::Json {
        let versions = history.iter().map(|it| {
            let definition = it.text.as_deref().and_then(|text| serde_json::from_str::<Value>(text).ok());
            json!({ "version": it.version, "by": it.by, "at": show::time(it.at), "deleted": it.text.is_none(),
                "definition": definition })
        });
        return show::json(&versions.collect::<Vec<_>>());
    }
    let rows = history.into_iter().map(|it| {
        let what = it.text.map_or_else(|| "deleted".to_owned(), |text| one_line(&text));
        [it.version.to_string(), show::time(it.at), it.by, what]
    });
    show::listing(["VERSION", "AT", "BY", "DEFINITION"], rows)
}

fn one_line(text: &str) -> String {
    serde_json::from_str::<Value>(text).map_or_else(|_| text.to_owned(), |value| value.to_string())
}
