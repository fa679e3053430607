//! What `plugin-api` offers, used to get to where it may not lead.

use windlass_plugin_api::http::Request;
use windlass_plugin_api::{ConnectError, Context};

use crate::attempt::{Attempt, Attempts};

/// More than a process may have open, and than the runner makes at a time.
const MOST: usize = 1000;

pub(crate) async fn connect(context: &Context, host: &str, port: u16) -> Attempt {
    match context.connect(host, port).await {
        Ok(connection) => match connection.peer_addr() {
            Ok(peer) => Attempt::saw(peer),
            Err(error) => Err::<(), _>(error).into(),
        },
        Err(error) => refused(&error),
    }
}

/// Takes connections until there are no more, and holds them.
pub(crate) async fn hold(context: &Context, host: &str, port: u16) -> Attempts {
    let mut held = Vec::new();
    while held.len() < MOST {
        match context.connect(host, port).await {
            Ok(connection) => held.push(connection),
            Err(error) => {
                let mut attempts = Attempts::one("held", Attempt::saw(held.len()));
                attempts.add("one more", refused(&error));
                drop(held);
                attempts.add("after all are closed", connect(context, host, port).await);
                return attempts;
            }
        }
    }
    Attempts::one("held", Attempt::saw("more than a process may have open"))
}

/// The status and the start of the body.
pub(crate) async fn get(context: &Context, url: &str) -> Attempt {
    let request = match Request::get(url).body(Vec::new()) {
        Ok(request) => request,
        Err(error) => return Attempt::failed(error),
    };
    match context.http().send(request).await {
        Ok(answer) => {
            let start: String = String::from_utf8_lossy(answer.body()).chars().take(200).collect();
            Attempt::saw(format!("{} {start}", answer.status().as_u16()))
        }
        Err(error) => Attempt::failed(error),
    }
}

fn refused(error: &ConnectError) -> Attempt {
    Attempt::failed(format!("{:?}: {error}", error.kind))
}
