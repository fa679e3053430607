use std::io;
use std::net::{IpAddr, Ipv6Addr};

use nix::ifaddrs::{InterfaceAddress, getifaddrs};

/// The addresses of all interfaces, up or not (getifaddrs(3)). They change, so this is asked for each connection.
///
/// # Errors
/// When the system does not tell; then nobody knows which addresses are this machine's.
pub(crate) fn addresses() -> io::Result<Vec<IpAddr>> {
    Ok(getifaddrs()?.filter_map(|interface| ip(&interface)).collect())
}

fn ip(interface: &InterfaceAddress) -> Option<IpAddr> {
    let address = interface.address.as_ref()?;
    let v4 = address.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
    v4.or_else(|| address.as_sockaddr_in6().map(|v6| Ipv6Addr::to_canonical(&v6.ip())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_among_them() {
        assert!(addresses().unwrap().iter().any(IpAddr::is_loopback));
    }
}
