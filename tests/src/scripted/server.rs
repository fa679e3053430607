//! The HTTP side: takes calls, keeps a record of each, and answers from the play.

use super::answer::Answer;
use super::play::Play;
use super::script::Script;
use crate::{Context, Outcome, wait};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tiny_http::{Header, Request, Response, Server};

const TARGET: &str = "Logs_20140328.";

/// One call as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    /// `StartQuery`, `StopQuery`, ...
    pub operation: String,
    /// The request's body.
    pub body: Value,
    /// The access key id that the signature names.
    pub access_key_id: Option<String>,
    /// The region that the signature names.
    pub region: Option<String>,
    /// The session token, for temporary credentials.
    pub session_token: Option<String>,
    /// The client's user agent.
    pub user_agent: String,
    /// The error that it was answered with; none when it succeeded.
    pub error: Option<String>,
}

/// A running scripted server on a port of 127.0.0.1; dropping it ends it.
pub struct ScriptedLogs {
    server: Arc<Server>,
    calls: Arc<Mutex<Vec<Call>>>,
    thread: Option<JoinHandle<()>>,
}

impl ScriptedLogs {
    /// Starts to play `script`.
    ///
    /// # Errors
    /// When no port is free.
    pub fn start(script: Script) -> Outcome<Self> {
        let server = Server::http("127.0.0.1:0").context(|| "start the scripted server".to_owned())?;
        let (server, calls) = (Arc::new(server), Arc::new(Mutex::new(Vec::new())));
        let thread = {
            let (server, calls, mut play) = (Arc::clone(&server), Arc::clone(&calls), Play::new(script));
            std::thread::spawn(move || {
                for request in server.incoming_requests() {
                    serve(request, &mut play, &calls);
                }
            })
        };
        Ok(Self { server, calls, thread: Some(thread) })
    }

    /// Its endpoint.
    ///
    /// # Panics
    /// Never: it listens on an IP address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.server.server_addr().to_ip().expect("bound to 127.0.0.1"))
    }

    /// Every call so far, in order.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The calls of one operation so far, in order.
    #[must_use]
    pub fn calls_of(&self, operation: &str) -> Vec<Call> {
        self.calls().into_iter().filter(|call| call.operation == operation).collect()
    }

    /// Waits until `operation` was called `count` times, and returns those calls.
    ///
    /// # Errors
    /// When that does not happen within `limit`.
    pub fn wait_for(&self, operation: &str, count: usize, limit: Duration) -> Outcome<Vec<Call>> {
        wait::until(&format!("call {count} of {operation}"), limit, || {
            Ok(Some(self.calls_of(operation)).filter(|calls| calls.len() >= count))
        })
    }
}

impl Drop for ScriptedLogs {
    fn drop(&mut self) {
        self.server.unblock();
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

fn serve(mut request: Request, play: &mut Play, calls: &Mutex<Vec<Call>>) {
    let mut text = String::new();
    let read = request.as_reader().read_to_string(&mut text);
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    let operation = header(&request, "x-amz-target").and_then(|target| target.strip_prefix(TARGET).map(str::to_owned));
    let signer = header(&request, "authorization").as_deref().and_then(signer);
    let answer = match (&operation, &signer, read) {
        // "MissingAuthenticationToken: The request must contain a valid ... access key ID" ("Common Errors")
        (_, None, _) => Answer::error(400, "MissingAuthenticationTokenException", "Missing Authentication Token"),
        (Some(operation), Some((_, region)), Ok(_)) => play.answer(operation, &body, region),
        _ => Answer::error(400, "SerializationException", "no call of CloudWatch Logs"),
    };
    let (access_key_id, region) = signer.unzip();
    let call = Call {
        operation: operation.unwrap_or_default(),
        body,
        access_key_id,
        region,
        session_token: header(&request, "x-amz-security-token"),
        user_agent: header(&request, "user-agent").unwrap_or_default(),
        error: answer.body["__type"].as_str().map(str::to_owned),
    };
    calls.lock().unwrap_or_else(PoisonError::into_inner).push(call);
    let kind = Header::from_bytes("Content-Type", "application/x-amz-json-1.1").expect("a valid header");
    let response = Response::from_string(answer.body.to_string()).with_status_code(answer.status).with_header(kind);
    // A client that went away (cancelled, killed) is part of the tests.
    let _gone = request.respond(response);
}

fn header(request: &Request, name: &str) -> Option<String> {
    let found = request.headers().iter().find(|header| header.field.as_str().as_str().eq_ignore_ascii_case(name));
    found.map(|header| header.value.to_string())
}

/// The access key id and the region of `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...` (IAM User
/// Guide, "Elements of an AWS API request signature").
fn signer(authorization: &str) -> Option<(String, String)> {
    let scope = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?.split("Credential=").nth(1)?;
    let mut parts = scope.split('/');
    Some((parts.next()?.to_owned(), parts.nth(1)?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_key_and_region_out_of_a_signature() {
        let header = "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20260102/us-east-1/logs/aws4_request, SignedHeaders=host";
        assert_eq!(signer(header), Some(("AKIAEXAMPLE".to_owned(), "us-east-1".to_owned())));
        assert_eq!(signer("Basic abc"), None);
    }
}
