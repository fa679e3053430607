use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use windlass_errors::exit;
use windlass_store::{MemberRow, Role};

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::setup::{self, Desk};
use crate::show;

#[derive(Subcommand)]
pub(crate) enum Member {
    /// List the processes that work on the database
    ///
    /// `lost` means that its lease is over, or its lock free: what it ran is about to be settled. `other plugin NAME` means
    /// that most servers have other bytes of that plugin.
    #[command(after_help = "Example:\n  windlass member list --output json")]
    List(List),
    /// Let a server take nothing new; what it runs goes on
    #[command(after_help = "Examples:\n  \
        windlass member drain build-7 --wait\n  \
        windlass member drain 3f2a91cc --undo")]
    Drain(Drain),
}

#[derive(Args)]
pub(crate) struct List {
    /// How to print it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

#[derive(Args)]
pub(crate) struct Drain {
    /// The machine's name, or the end of the member's id
    member: String,
    /// Let it take work again
    #[arg(long, conflicts_with = "wait")]
    undo: bool,
    /// Wait until nothing runs there any more
    #[arg(long)]
    wait: bool,
}

pub(crate) async fn run(global: &Global, command: Member) -> Result<u8, Problem> {
    let desk = setup::desk(global).await?;
    match command {
        Member::List(arguments) => list(&desk, &arguments).await,
        Member::Drain(arguments) => drain(&desk, &arguments).await,
    }
}

async fn list(desk: &Desk, arguments: &List) -> Result<u8, Problem> {
    let (rows, lapsed) = (desk.store.member_rows().await?, desk.store.lapsed_members().await?);
    let usual = usual(&rows);
    let marked = rows.iter().map(|row| {
        let is_lost = !desk.member.seems_alive(&row.member, &lapsed);
        (row, is_lost, others(row, &usual))
    });
    match arguments.output {
        Listing::Json => show::json(&marked.map(|(row, lost, others)| facts(row, lost, &others)).collect::<Vec<_>>())?,
        Listing::Table if rows.is_empty() => show::talk("no members"),
        Listing::Table => {
            let header = ["id", "host", "pid", "role", "version", "running", "labels", "seen", "state"];
            show::listing(header, marked.map(|(row, lost, others)| cells(row, lost, &others)))?;
        }
    }
    Ok(exit::OK)
}

async fn drain(desk: &Desk, arguments: &Drain) -> Result<u8, Problem> {
    let rows = desk.store.member_rows().await?;
    let row = find(&rows, &arguments.member)?;
    let id = row.member.id;
    if !desk.store.drain_member(id, !arguments.undo).await? {
        return Err(unknown(&arguments.member));
    }
    desk.member.wake_others().await;
    let what = if arguments.undo { "takes work again" } else { "takes nothing new" };
    show::talk(format_args!("member {} on `{}` {what}", show::short(id), show::safe_text(&row.member.host)));
    while arguments.wait && is_busy(desk, id).await? {
        if !desk.member.lives(&desk.store, id).await? {
            let message = format!("member {} on `{}` is lost", show::short(id), show::safe_text(&row.member.host));
            let help = "a server of the same database settles what it ran; `windlass member list` shows who is there";
            return Err(Problem::with_help("member.lost", message, help));
        }
        desk.member.woken().await;
    }
    Ok(exit::OK)
}

async fn is_busy(desk: &Desk, member: uuid::Uuid) -> Result<bool, Problem> {
    let rows = desk.store.member_rows().await?;
    Ok(rows.iter().any(|row| row.member.id == member && row.running > 0))
}

/// The server of a machine, or the member whose id ends like this.
fn find<'a>(rows: &'a [MemberRow], wanted: &str) -> Result<&'a MemberRow, Problem> {
    let plain = wanted.replace('-', "").to_ascii_lowercase();
    let is_id = plain.len() >= 4 && plain.bytes().all(|digit| digit.is_ascii_hexdigit());
    let by_name = |row: &&MemberRow| row.member.host == wanted && row.member.role == Role::Server;
    let by_id = |row: &&MemberRow| is_id && row.member.id.simple().to_string().ends_with(&plain);
    let found: Vec<&MemberRow> = rows.iter().filter(|row| by_name(row) || by_id(row)).collect();
    match found.as_slice() {
        [] => Err(unknown(wanted)),
        [one] => Ok(one),
        several => {
            let ids: Vec<String> = several.iter().map(|row| format!("`{}`", show::short(row.member.id))).collect();
            let message = format!("several members are called `{}`", show::safe_text(wanted));
            Err(Problem::with_help("member.ambiguous", message, &format!("give the id: one of {}", ids.join(", "))))
        }
    }
}

fn unknown(wanted: &str) -> Problem {
    let message = format!("there is no member `{}`", show::safe_text(wanted));
    Problem::with_help("member.unknown", message, "`windlass member list` shows names and ids")
}

/// Name, version and hash of each plugin.
fn plugins(row: &MemberRow) -> Vec<Value> {
    serde_json::from_str(&row.member.plugins).unwrap_or_default()
}

/// The hash that most servers have, by the plugin's name.
fn usual(rows: &[MemberRow]) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    for plugin in rows.iter().flat_map(plugins) {
        if let (Some(name), Some(hash)) = (plugin["name"].as_str(), plugin["sha256"].as_str()) {
            *counts.entry(name.to_owned()).or_default().entry(hash.to_owned()).or_default() += 1;
        }
    }
    let most = |counts: BTreeMap<String, usize>| counts.into_iter().max_by_key(|(_, count)| *count).map(|it| it.0);
    counts.into_iter().filter_map(|(name, counts)| Some((name, most(counts)?))).collect()
}

/// The plugins of which a member has other bytes than most.
fn others(row: &MemberRow, usual: &BTreeMap<String, String>) -> Vec<String> {
    let other = |plugin: Value| {
        let (name, hash) = (plugin["name"].as_str()?, plugin["sha256"].as_str()?);
        usual.get(name).is_some_and(|usual| usual != hash).then(|| name.to_owned())
    };
    plugins(row).into_iter().filter_map(other).collect()
}

fn state(row: &MemberRow, is_lost: bool, others: &[String]) -> Vec<String> {
    let marks = [(is_lost, "lost"), (row.draining, "draining")];
    let marks = marks.into_iter().filter(|(holds, _)| *holds).map(|(_, mark)| mark.to_owned());
    marks.chain(others.iter().map(|name| format!("other plugin {name}"))).collect()
}

fn cells(row: &MemberRow, is_lost: bool, others: &[String]) -> [String; 9] {
    let member = &row.member;
    let labels: Vec<String> = serde_json::from_str(&member.labels).unwrap_or_default();
    let running = match member.role {
        Role::Server => format!("{}/{}", row.running, member.max_executions),
        Role::Run => row.running.to_string(),
    };
    [
        show::short(member.id),
        member.host.clone(),
        member.pid.to_string(),
        member.role.to_string(),
        member.version.clone(),
        running,
        labels.join(", "),
        show::time(row.seen_at.unwrap_or(member.started_at)),
        state(row, is_lost, others).join(", "),
    ]
}

fn facts(row: &MemberRow, is_lost: bool, others: &[String]) -> Value {
    let member = &row.member;
    let labels: Value = serde_json::from_str(&member.labels).unwrap_or_default();
    json!({
        "id": member.id,
        "host": member.host,
        "pid": member.pid,
        "role": member.role.as_str(),
        "version": member.version,
        "started": show::time(member.started_at),
        "seen": row.seen_at.map(show::time),
        "running": row.running,
        "maxExecutions": (member.role == Role::Server).then_some(member.max_executions),
        "masterKey": member.master_key,
        "labels": labels,
        "plugins": plugins(row),
        "otherPlugins": others,
        "draining": row.draining,
        "lost": is_lost,
    })
}
