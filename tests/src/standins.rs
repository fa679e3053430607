//! All stand-ins together, on loopback ports of their own or at the addresses that AWS uses.

use crate::{Outcome, Port, Seeded, metadata::CONTAINER_PATH, metadata::MetadataServer, ministack::Ministack};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

/// The Python environments that the stand-ins need.
pub const ENVIRONMENTS: [&str; 2] = ["ministack", "metadata"];

/// What the container server asks for in `Authorization`.
pub const CONTAINER_TOKEN: &str = "Basic d2luZGxhc3MtdGFzaw";

/// Where EC2's instance metadata service answers (Amazon EC2 User Guide, "Use the Instance Metadata Service").
pub const INSTANCE_METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 169, 254);

/// Where the ECS agent's credentials endpoint answers (Amazon ECS Developer Guide, "Task IAM role").
pub const CONTAINER_METADATA: Ipv4Addr = Ipv4Addr::new(169, 254, 170, 2);

/// Running, seeded stand-ins; dropping the value ends them.
#[derive(Debug)]
pub struct StandIns {
    /// What was made in ministack.
    pub seeded: Seeded,
    instance: MetadataServer,
    container: MetadataServer,
    ministack: Ministack,
    _ports: Vec<Port>,
}

impl StandIns {
    /// Starts them on free ports of 127.0.0.1, with their logs in `folder`.
    ///
    /// # Errors
    /// The first one that could not be installed, started or seeded.
    pub fn start(folder: &Path) -> Outcome<Self> {
        let ports = (0..3).map(|_| Port::take()).collect::<Outcome<Vec<_>>>()?;
        let at = |index: usize| SocketAddr::from((Ipv4Addr::LOCALHOST, ports[index].number()));
        let mut started = Self::start_at(at(0), at(1), at(2), folder)?;
        started._ports = ports;
        Ok(started)
    }

    /// Starts them where AWS has them; only in a network namespace of one's own (see [`crate::Namespace`]).
    ///
    /// # Errors
    /// As [`StandIns::start`].
    pub fn start_link_local(folder: &Path) -> Outcome<Self> {
        let services = SocketAddr::from((Ipv4Addr::LOCALHOST, 4566));
        Self::start_at(services, (INSTANCE_METADATA, 80).into(), (CONTAINER_METADATA, 80).into(), folder)
    }

    fn start_at(services: SocketAddr, instance: SocketAddr, container: SocketAddr, folder: &Path) -> Outcome<Self> {
        let ministack = Ministack::start(services, folder)?;
        let seeded = ministack.seed()?;
        let url = ministack.url();
        let instance = MetadataServer::instance(instance, &url, &seeded, folder)?;
        let container = MetadataServer::container(container, CONTAINER_TOKEN, &url, &seeded, folder)?;
        Ok(Self { seeded, instance, container, ministack, _ports: Vec::new() })
    }

    /// Endpoint of STS, IAM and CloudWatch Logs.
    #[must_use]
    pub fn services_url(&self) -> String {
        self.ministack.url()
    }

    /// Endpoint of the instance metadata server.
    #[must_use]
    pub fn instance_url(&self) -> String {
        self.instance.url()
    }

    /// Full URI of the container credentials, for `AWS_CONTAINER_CREDENTIALS_FULL_URI`.
    #[must_use]
    pub fn container_uri(&self) -> String {
        format!("{}{CONTAINER_PATH}", self.container.url())
    }
}
