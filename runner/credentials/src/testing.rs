//! What the unit tests share: records, and a metadata service that answers a script.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use windlass_settings::{
    Account, AccountName, Chain, FilePlace, Grant, Installation, Narrowing, Overrides, Place, Project, ProjectName,
    Role, RoleArn, Scope, SessionName, Settings, Source, load_for,
};

use crate::failure::{Failed, Failure, Hop};
use crate::{Environment, SessionError};

pub(crate) fn project_name(name: &str) -> ProjectName {
    ProjectName::parse(name).unwrap()
}

pub(crate) fn account_name(name: &str) -> AccountName {
    AccountName::parse(name).unwrap()
}

/// An account of the system with the instance role, no role, and any region.
pub(crate) fn account(name: &str) -> Account {
    Account {
        name: account_name(name),
        scope: Scope::System,
        account_id: None,
        source: Source::Ec2InstanceRole,
        role: None,
        regions: Vec::new(),
        default_region: None,
        grant: Grant::default(),
        place: Place::File(FilePlace { file: "windlass.yaml".into(), line: 7, column: 5 }),
    }
}

pub(crate) fn account_of(project: &str, name: &str) -> Account {
    Account { scope: Scope::Project(project_name(project)), ..account(name) }
}

pub(crate) fn role(arn: &str, external_id: Option<&str>) -> Role {
    Role {
        arn: RoleArn::parse(arn).unwrap(),
        external_id: external_id.map(|id| id.parse().unwrap()),
        session_name: SessionName::default(),
        duration: std::time::Duration::from_secs(3600),
        source_identity: None,
        tags: std::collections::BTreeMap::new(),
        narrowing: Narrowing::default(),
    }
}

/// The chain of an account that starts from no other.
pub(crate) fn chain(account: &Account) -> Chain {
    settings(Vec::new(), Vec::new()).chain(account).unwrap()
}

/// One project, `web`.
pub(crate) fn settings(system: Vec<Account>, web: Vec<Account>) -> Settings {
    let web = Project {
        name: project_name("web"),
        description: None,
        default_account: None,
        accounts: web,
        max_executions: None,
    };
    let nowhere = Installation { root: true, system_config_dir: "/nowhere".into(), ..Installation::detect() };
    let loaded = load_for(&nowhere, &Overrides::default(), []).unwrap();
    Settings { accounts: system, projects: vec![web], ..loaded.settings }
}

pub(crate) fn environment(pairs: &[(&str, &str)]) -> Environment {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

pub(crate) fn session_error(why: Failure) -> SessionError {
    SessionError::new(&chain(&account("central")), Failed { why, hop: Hop::Source }.into())
}

/// What the scripted service does with a request.
pub(crate) enum Reply {
    /// Sends these bytes and closes the connection.
    Send(String),
    /// Keeps the connection open and says nothing.
    Hang,
    /// Sends bytes for as long as somebody reads.
    Endless,
}

pub(crate) fn reply(status: &str, headers: &str, body: &str) -> Reply {
    Reply::Send(format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    ))
}

/// A fake of a metadata service or of STS: a socket on loopback whose answers the test scripts.
pub(crate) struct Scripted {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Scripted {
    pub(crate) fn start(script: impl Fn(&str) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        std::thread::spawn(move || {
            let mut hanging = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let request = request(&mut stream);
                seen.lock().unwrap().push(request.clone());
                match script(&request) {
                    Reply::Send(bytes) => drop(stream.write_all(bytes.as_bytes())),
                    Reply::Hang => hanging.push(stream),
                    Reply::Endless => {
                        let mut sent = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n");
                        while sent.is_ok() {
                            sent = stream.write_all(&[b'x'; 1 << 16]);
                        }
                    }
                }
            }
        });
        Self { url, requests }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// The request in lower case. The body is read too: a connection that is closed over unread bytes is reset, and with it
/// the answer.
fn request(stream: &mut TcpStream) -> String {
    let mut request = Vec::new();
    let mut byte = [0];
    while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) == 1 {
        request.push(byte[0]);
    }
    let head = String::from_utf8(request.clone()).unwrap().to_lowercase();
    let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    drop(stream.read_exact(&mut body));
    head + &String::from_utf8_lossy(&body).to_lowercase()
}

/// An address on which nobody listens.
pub(crate) fn closed_port() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
