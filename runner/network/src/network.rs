use std::net::TcpStream;

use tokio::time::Instant;

use crate::connect::{TOTAL_TIME, check, first, prepare};
use crate::host::{Host, Target};
use crate::{Destination, NoProxy, Proxy, Refusal, refusal, resolve, tunnel};

/// How this runner connects for its steps.
#[derive(Debug)]
pub struct Network {
    proxy: Option<Proxy>,
    no_proxy: Vec<NoProxy>,
    local: Vec<Destination>,
}

impl Network {
    /// A network that connects through the proxy, except to what `no_proxy` names and to this machine. `local` are the
    /// destinations at which steps may reach this machine's own addresses; they grant nothing by themselves.
    pub fn new(proxy: Option<Proxy>, no_proxy: Vec<NoProxy>, local: Vec<Destination>) -> Self {
        Self { proxy, no_proxy, local }
    }

    /// Connects to a host and a port for a step that may connect to `granted`. Takes [`TOTAL_TIME`] at most.
    ///
    /// The stream is non-blocking, closed on exec, with `TCP_NODELAY` and keepalive set. With a proxy it is the tunnel.
    ///
    /// # Errors
    /// [`Denied`](crate::RefusalKind::Denied) when the step may not, the other kinds when it does not work.
    pub async fn connect(&self, granted: &[Destination], host: &str, port: u16) -> Result<TcpStream, Refusal> {
        let until = Instant::now() + TOTAL_TIME;
        let target = Host::parse(host).map_err(|why| refusal::no_host(host, port, why))?;
        let target = Target { host: target, port };
        let local = self.is_local(granted, &target)?;
        let stream = match self.proxy_for(&target, local) {
            Some(proxy) => through(proxy, &target, until).await?,
            None => directly(&target, local, until).await?,
        };
        prepare(stream).map_err(|source| refusal::not_connected(&target, "", &source))
    }

    /// Whether this machine's own addresses are allowed.
    ///
    /// # Errors
    /// When the target is not granted at all.
    fn is_local(&self, granted: &[Destination], target: &Target) -> Result<bool, Refusal> {
        let mut matching = granted.iter().filter(|destination| destination.matches(target)).peekable();
        if matching.peek().is_none() {
            return Err(refusal::not_granted(target, granted));
        }
        Ok(matching.any(Destination::is_local) || self.local.iter().any(|destination| destination.matches(target)))
    }

    fn proxy_for(&self, target: &Target, local: bool) -> Option<&Proxy> {
        let directly = local || target.host.is_localhost() || self.no_proxy.iter().any(|no| no.matches(&target.host));
        self.proxy.as_ref().filter(|_| !directly)
    }
}

async fn directly(target: &Target, local: bool, until: Instant) -> Result<tokio::net::TcpStream, Refusal> {
    let addresses = resolve::allowed(target, resolve::addresses(target, until).await?, local)?;
    let (stream, address) = first(target, "", &addresses, until).await?;
    check(target, &stream, address, local)?;
    Ok(stream)
}

/// Names are the proxy's to resolve; an address is an address on either side of it.
async fn through(proxy: &Proxy, target: &Target, until: Instant) -> Result<tokio::net::TcpStream, Refusal> {
    if let Host::Address(_) = target.host {
        resolve::allowed(target, resolve::addresses(target, until).await?, false)?;
    }
    let to_proxy = resolve::addresses(&proxy.target, until).await;
    let addresses = to_proxy.map_err(|refused| Refusal {
        message: format!("cannot connect to `{target}`{}: {}", proxy.through(), refused.message),
        ..refused
    })?;
    let (mut stream, _) = first(target, &proxy.through(), &addresses, until).await?;
    tunnel::open(&mut stream, proxy, target, until).await?;
    Ok(stream)
}
