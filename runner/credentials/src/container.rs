//! The role of the ECS task (or EKS pod), by the container credentials endpoint (AWS SDKs and Tools reference guide,
//! "Container credential provider").
//!
//! The SDK's own provider is left out because it reads the process environment and cannot be given another.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use http::Uri;

use crate::cause::Cause;
use crate::clients::{Answer, get};
use crate::environment::{FULL_URI, RELATIVE_URI, TOKEN, TOKEN_FILE};
use crate::failure::{Failure, Service};
use crate::{Credentials, Environment, document};

/// The ECS agent's address; a relative URI is relative to it.
const ECS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);
/// The EKS pod identity agent's addresses.
const EKS: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 23);
const EKS_V6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23);

const ANSWER: Duration = Duration::from_secs(2);
/// The ECS agent throttles; connections are not tried again, so an endpoint that is not there fails at once.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_millis(400)];

/// The task role's keys.
pub(crate) async fn task_role(environment: &Environment) -> Result<Credentials, Failure> {
    fetch(environment, address(environment)?).await
}

/// The pod role's keys. EKS sets the address of its agent and a token file, which it replaces (Amazon EKS user guide, "EKS
/// Pod Identity").
pub(crate) async fn pod_identity(environment: &Environment) -> Result<Credentials, Failure> {
    if environment.get(FULL_URI).is_none() || environment.get(TOKEN_FILE).is_none() {
        return Err(Failure::NoPodIdentity);
    }
    fetch(environment, full_address(environment)?).await
}

async fn fetch(environment: &Environment, address: Uri) -> Result<Credentials, Failure> {
    let token = authorization(environment)?;
    let service = Service::Container(origin(&address));
    let answer = ask(&address, token.as_deref()).await;
    let answer = answer.map_err(|source| Failure::Unreachable { service: service.clone(), source })?;
    match answer.status {
        200..=299 => document::read(&answer.body, &service),
        status => {
            let said = document::refusal(&answer.body);
            let said = said.map(|said| token.iter().fold(said, |said, token| said.replace(token.as_str(), "***")));
            Err(Failure::Refused { service, status, said })
        }
    }
}

async fn ask(address: &Uri, token: Option<&str>) -> Result<Answer, Cause> {
    let url = address.to_string();
    for pause in PAUSES {
        let answer = get(&url, token, ANSWER).await?;
        if answer.status < 500 && answer.status != 429 {
            return Ok(answer);
        }
        tokio::time::sleep(pause).await;
    }
    get(&url, token, ANSWER).await
}

/// The relative URI wins over the full one.
fn address(environment: &Environment) -> Result<Uri, Failure> {
    if let Some(path) = environment.get(RELATIVE_URI) {
        let rooted = path.starts_with('/').then(|| format!("http://{ECS}{path}").parse().ok()).flatten();
        return rooted.ok_or_else(|| unusable(RELATIVE_URI, "it is no path that begins with `/`"));
    }
    full_address(environment)
}

fn full_address(environment: &Environment) -> Result<Uri, Failure> {
    let Some(text) = environment.get(FULL_URI) else {
        return Err(Failure::NoTaskRole);
    };
    let parsed: Result<Uri, _> = text.parse();
    let address = parsed.map_err(|_| unusable(FULL_URI, "it is no URI"))?;
    match (address.scheme_str(), address.host()) {
        (Some("https"), Some(_)) => Ok(address),
        (Some("http"), Some(host)) if may_be_plain(host) => Ok(address),
        (Some("http"), Some(_)) => {
            Err(unusable(FULL_URI, "plain http is only for loopback and the ECS and EKS agents"))
        }
        _ => Err(unusable(FULL_URI, "it is no http or https URI with a host")),
    }
}

/// Names are not looked up, unlike in the SDKs: what a name stands for may change between the look-up and the request.
fn may_be_plain(host: &str) -> bool {
    match host.trim_start_matches('[').trim_end_matches(']').parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip == ECS || ip == EKS,
        Ok(IpAddr::V6(ip)) => ip.is_loopback() || ip == EKS_V6,
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

/// The file wins over the variable, and is read each time: its agent replaces it.
fn authorization(environment: &Environment) -> Result<Option<String>, Failure> {
    let Some(path) = environment.get(TOKEN_FILE) else {
        return Ok(environment.get(TOKEN).map(str::to_owned));
    };
    match std::fs::read_to_string(path) {
        Ok(token) => Ok(Some(token.trim_end().to_owned())),
        Err(error) => Err(unusable(TOKEN_FILE, &format!("cannot read `{path}`: {error}"))),
    }
}

fn unusable(variable: &'static str, problem: &str) -> Failure {
    Failure::Variable { variable, source: Cause::new(problem) }
}

fn origin(address: &Uri) -> String {
    let port = address.port().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", address.scheme_str().unwrap_or("http"), address.host().unwrap_or_default())
}

#[cfg(test)]
mod tests;
