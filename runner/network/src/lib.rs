//! Where a step may connect, and connecting for it.
//!
//! A step has no sockets of its own. It asks for a connection to a host and a port; the [`Broker`] compares that with
//! what was granted to the step, and the [`Network`] resolves the name, checks each *address*, connects to exactly the
//! address that it checked, and looks once more at where it got to. What the step receives is the connected descriptor.
//!
//! Addresses are checked and never spellings of them: `2852039166`, a DNS name and `64:ff9b::a9fe:a9fe` may all be the
//! metadata service. Private ranges are open (that is where VPC endpoints are); link-local addresses are closed to every
//! step, this machine's own to every step that was not given them.
//!
//! What the runner itself asks of an address that a job names goes the same way: [`Network::get`].
//!
//! Deliberately absent: TLS of steps, which is their own, end to end; so the name in its handshake is the step's choice, and
//! a grant of one tenant of a shared address reaches the others there. No IDNA (names are ASCII), no UDP, no listening,
//! no proxy from environment variables. Behind a proxy names are the proxy's to resolve: only literal addresses are
//! checked then.

mod address;
mod aws;
mod broker;
mod connect;
mod destination;
mod get;
mod host;
mod network;
mod no_proxy;
mod own;
mod proxy;
mod refusal;
mod resolve;
mod tunnel;

pub use aws::aws_destinations;
pub use broker::Broker;
pub use connect::{MOST_ADDRESSES, TOTAL_TIME};
pub use destination::{Destination, DestinationError};
pub use get::{Answer, Get, GetError};
pub use network::Network;
pub use no_proxy::NoProxy;
pub use proxy::{Proxy, ProxyError};
pub use resolve::RESOLVE_TIME;
pub use windlass_plugin_api::broker::{Refusal, RefusalKind};
