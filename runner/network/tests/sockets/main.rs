//! The network with real sockets on loopback. The only thing that is not what it will meet outside is the proxy.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod asker;
mod broker;
mod connect;
mod fake_proxy;
mod get;
mod proxy;
