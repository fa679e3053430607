//! A program that gives keys (AWS SDKs and Tools reference guide, "Process credential provider").

use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};
use zeroize::Zeroizing;

use crate::Credentials;
use crate::cause::Cause;
use crate::document::milliseconds;

/// No answer comes near this many bytes.
const LONGEST_ANSWER: usize = 64 << 10;

/// What it prints. No `Debug`: it holds keys.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    version: u32,
    access_key_id: String,
    secret_access_key: SecretString,
    session_token: Option<SecretString>,
    expiration: Option<String>,
}

/// Runs the command by a shell and reads the keys. When it takes too long, or nobody waits any more, it ends with all that it
/// has started. It has no terminal to ask on, and what it says beside its answer is not shown.
pub(super) async fn ask(command: &str, within: Duration) -> Result<Credentials, Cause> {
    let mut command_line = Command::new("sh");
    command_line.arg("-c").arg(command).process_group(0).kill_on_drop(true);
    command_line.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let cannot = |error: std::io::Error| Cause::new(format!("its `credential_process` cannot be run: {error}"));
    let mut child = command_line.spawn().map_err(cannot)?;
    let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).map(Group);
    let late = || Cause::new(format!("nothing came of its `credential_process` within {} seconds", within.as_secs()));
    let ended = tokio::time::timeout(within, ended(&mut child)).await;
    let (answer, status) = ended.map_err(|_| late())?.map_err(cannot)?;
    if answer.len() > LONGEST_ANSWER {
        return Err(Cause::new(format!("its `credential_process` prints more than {LONGEST_ANSWER} bytes")));
    }
    if !status.success() {
        return Err(Cause::new(format!("its `credential_process` ended with {status}")));
    }
    let keys = read(&answer)?;
    // What it has started for the next time, such as an agent, stays.
    group.into_iter().for_each(std::mem::forget);
    Ok(keys)
}

/// What it prints, and how it ends.
async fn ended(child: &mut Child) -> std::io::Result<(Zeroizing<Vec<u8>>, ExitStatus)> {
    let most = LONGEST_ANSWER + 1;
    // With room for all of it, so that it is never moved.
    let mut answer = Zeroizing::new(Vec::with_capacity(most + 1));
    let output = child.stdout.take().expect("its output is a pipe");
    output.take(most as u64).read_to_end(&mut answer).await?;
    Ok((answer, child.wait().await?))
}

fn read(answer: &[u8]) -> Result<Credentials, Cause> {
    // The parser's own message could quote what it read.
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Cause::new(format!("what its `credential_process` prints holds no keys (line {line}, column {column})"))
    })?;
    if answer.version != 1 {
        return Err(Cause::new(format!("its `credential_process` answers with version {}, not 1", answer.version)));
    }
    let expires_at = answer.expiration.map(|text| milliseconds(&text)).transpose();
    Ok(Credentials {
        access_key_id: answer.access_key_id,
        secret_access_key: answer.secret_access_key,
        session_token: answer.session_token,
        expires_at: expires_at
            .map_err(|()| Cause::new("`Expiration` of its `credential_process` is no RFC 3339 time"))?,
    })
}

/// Processes that end when nobody waits for them.
struct Group(Pid);

impl Drop for Group {
    fn drop(&mut self) {
        let _ = kill_process_group(self.0, Signal::KILL);
    }
}
