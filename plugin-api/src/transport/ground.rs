//! What tests of connections stand on: a context whose host connects directly, and servers on loopback.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::IntoRawFd as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use abi_stable::prefix_type::PrefixTypeTrait as _;
use abi_stable::std_types::{RStr, RString};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use crate::Context;
use crate::boundary::Host;
use crate::broker::{Refusal, RefusalKind};
use crate::frames::{Answer, Ask, ExecutionInfo, Given, Start, Wanted};

/// A name to which nothing may connect.
pub(crate) const DENIED: &str = "denied.example";

/// A context of a step whose runner trusts this authority.
pub(crate) fn context(certificates: Option<String>) -> Context {
    let text = |text: &str| text.to_owned();
    let (id, project, job, step) = (text("1"), text("web"), text("job"), text("step"));
    let execution = ExecutionInfo { id, project, job, step_path: step.clone(), step };
    let start = Start {
        step: text("step"),
        config: serde_json::Value::Null,
        execution,
        region: None,
        places: Vec::new(),
        endpoints: BTreeMap::new(),
        certificates,
        checkpoint: None,
        token: None,
        scratch: None,
    };
    Context::new(Host { send, ask, wait_cancelled }.leak_into_prefix(), start)
}

extern "C" fn send(_: RStr<'_>) -> bool {
    true
}

extern "C" fn ask(ask: RStr<'_>) -> RString {
    let ask: Ask = serde_json::from_str(ask.as_str()).unwrap();
    let Wanted::Connect { host, port } = ask.what else { panic!("only connections are asked for here") };
    let given = connect(&host, port).map_or_else(Given::Refused, |stream| Given::Connection(stream.into_raw_fd()));
    serde_json::to_string(&Answer { id: ask.id, result: Ok(given) }).unwrap().into()
}

extern "C" fn wait_cancelled(_: u64) -> bool {
    false
}

fn connect(host: &str, port: u16) -> Result<TcpStream, Refusal> {
    let refused = |kind, why: String| Refusal { kind, message: format!("cannot connect to `{host}:{port}`: {why}") };
    if host == DENIED {
        return Err(refused(RefusalKind::Denied, "not declared".to_owned()));
    }
    let stream = TcpStream::connect((host, port));
    let stream = stream.map_err(|error| refused(RefusalKind::Unreachable, error.to_string()))?;
    stream.set_nonblocking(true).unwrap();
    Ok(stream)
}

/// A server that gives every request the same answer, as many on a connection as come.
pub(crate) struct Server {
    pub(crate) port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) fn plain(answer: &'static str) -> Self {
        Self::start(move |connection| serve(connection, answer))
    }

    /// With TLS, and the certificate of its authority, PEM. Its own is for `localhost`.
    pub(crate) fn tls(answer: &'static str) -> (Self, String) {
        let (config, authority) = localhost();
        let server = Self::start(move |connection| {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            serve(StreamOwned::new(tls, connection), answer);
        });
        (server, authority)
    }

    /// One that takes connections and says nothing until the client hangs up.
    pub(crate) fn silent() -> Self {
        Self::start(|mut connection| drop(connection.read_to_end(&mut Vec::new())))
    }

    /// One that reads a request and hangs up.
    pub(crate) fn closing() -> Self {
        Self::start(|mut connection| drop(connection.read(&mut [0; 4096])))
    }

    fn start(connection: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, accepted) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let (count, connection) = (Arc::clone(&accepted), Arc::new(connection));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                let connection = Arc::clone(&connection);
                std::thread::spawn(move || connection(stream.unwrap()));
            }
        });
        Self { port, accepted }
    }

    /// How many connections have been made to it.
    pub(crate) fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

/// Answers requests without a body until the client hangs up, or does not trust us.
fn serve(stream: impl Read + Write, answer: &str) {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while matches!(stream.read_line(&mut line), Ok(1..)) {
        if line.ends_with("\r\n\r\n") {
            line.clear();
            if stream.get_mut().write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    }
}

fn localhost() -> (Arc<ServerConfig>, String) {
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let trusted = authority.self_signed(&key).unwrap().pem();
    let (own, issuer) = (KeyPair::generate().unwrap(), Issuer::new(authority, key));
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().signed_by(&own, &issuer).unwrap();
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let key = PrivateKeyDer::try_from(own.serialize_der()).unwrap();
    (Arc::new(builder.with_single_cert(vec![certificate.der().clone()], key).unwrap()), trusted)
}
