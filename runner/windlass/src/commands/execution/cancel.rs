use clap::Args;
use serde_json::json;
use windlass_errors::exit;
use windlass_store::{CancelRequest, State};

use crate::arguments::{Global, Listing};
use crate::problem::Problem;
use crate::{find, setup, show};

#[derive(Args)]
pub(crate) struct Cancel {
    /// The execution's id, or the end of it
    id: String,
    /// Wait until it has ended
    #[arg(long)]
    wait: bool,
    /// How to print what became of it
    #[arg(long, value_enum, default_value_t)]
    output: Listing,
}

pub(super) async fn run(global: &Global, arguments: &Cancel) -> Result<u8, Problem> {
    let desk = setup::desk(global).await?;
    let id = find::execution(&desk.store, &arguments.id).await?.id;
    let became = desk.store.request_cancel(id, jiff::Timestamp::now().as_millisecond()).await?;
    desk.member.wake_others().await;
    let mut state = match became {
        CancelRequest::Ended => State::Cancelled,
        CancelRequest::Requested { .. } => State::Running,
        CancelRequest::AlreadyEnded(state) => state,
        CancelRequest::Unknown => {
            return Err(Problem::coded("execution.unknown", "the execution has been removed meanwhile"));
        }
    };
    let said = match became {
        CancelRequest::Ended => "it had not begun, and never will".to_owned(),
        CancelRequest::AlreadyEnded(state) => format!("it had ended already, as `{state}`"),
        _ => "it is asked to stop".to_owned(),
    };
    show::talk(format_args!("execution {id}: {said}"));
    if let CancelRequest::Requested { member: Some(member) } = became
        && !desk.member.lives(&desk.store, member).await?
    {
        show::talk("the process that ran it is gone; `windlass server`, or any `windlass run`, settles what it left");
    } else if arguments.wait && !state.has_ended() {
        state = wait(&desk, id).await?;
        show::talk(format_args!("execution {id}: it has ended as `{state}`"));
    }
    if arguments.output == Listing::Json {
        show::json(&json!({ "execution": id, "state": state.as_str() }))?;
    }
    Ok(exit::OK)
}

async fn wait(desk: &setup::Desk, id: uuid::Uuid) -> Result<State, Problem> {
    loop {
        match desk.store.execution(id).await? {
            Some(row) if !row.state.has_ended() => desk.member.woken().await,
            Some(row) => return Ok(row.state),
            None => return Err(Problem::coded("execution.unknown", "the execution has been removed meanwhile")),
        }
    }
}
