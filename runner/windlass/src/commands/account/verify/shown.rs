use serde::Serialize;
use serde_json::Value;
use windlass_credentials::{Checked, Verification};

use crate::show::{Table, safe_lines};

/// For programs.
#[derive(Serialize)]
pub(super) struct Shown<'a> {
    valid: bool,
    #[serde(flatten)]
    found: &'a Verification,
}

pub(super) fn json(found: &Verification) -> Shown<'_> {
    Shown { valid: found.holds(), found }
}

/// For people: a row for each finding, and what to do about them.
pub(super) fn text(found: &Verification) -> String {
    let mut table = Table::new(["ACCOUNT", "HOP", "CHECK", "RESULT", "WHAT"]);
    for Checked { hop, account, kind, outcome, what, .. } in &found.findings {
        table.values([account, hop, kind.name(), outcome.name(), what].map(|cell: &str| Value::from(cell)));
    }
    let remedies: String = found.findings.iter().filter_map(remedy).collect();
    let account = &found.account;
    let head = format!("account `{}` of {} ({})", account.name, account.scope, account.defined_at);
    format!("{head}\n{}\n{}", table.text(), safe_lines(&remedies))
}

fn remedy(found: &Checked) -> Option<String> {
    let remedy = found.remedy.as_ref()?.replace('\n', "\n  ");
    Some(format!("{} of {}: {remedy}\n", found.kind.name(), found.hop))
}
