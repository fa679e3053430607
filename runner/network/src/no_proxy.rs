use std::net::IpAddr;

use crate::DestinationError;
use crate::destination::parse_host;
use crate::host::Host;

/// What is connected to without the proxy: a host (itself only), all names below one (`.example.com`, `*.example.com`), an
/// address, or a network of addresses (`10.0.0.0/8`).
///
/// Names are not resolved for this: addresses and networks are for targets that are given as addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoProxy(Entry);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Entry {
    Host(Host),
    /// A name with its dot before it.
    Below(String),
    Network {
        base: IpAddr,
        bits: u32,
    },
}

impl NoProxy {
    /// Reads one entry.
    ///
    /// # Errors
    /// When it is none of these; a port is not part of one.
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        if text.contains('/') {
            return network(text).map(Self).ok_or_else(|| DestinationError::Network { text: text.to_owned() });
        }
        let Some(suffix) = text.strip_prefix("*.").or_else(|| text.strip_prefix('.')) else {
            return Ok(Self(Entry::Host(parse_host(text)?)));
        };
        match parse_host(suffix)? {
            Host::Name(name) => Ok(Self(Entry::Below(format!(".{name}")))),
            Host::Address(_) => {
                Err(DestinationError::Host { host: text.to_owned(), why: "is an address: nothing is below it" })
            }
        }
    }

    pub(crate) fn matches(&self, host: &Host) -> bool {
        match (&self.0, host) {
            (Entry::Host(exact), host) => exact == host,
            (Entry::Below(suffix), Host::Name(name)) => name.len() > suffix.len() && name.ends_with(suffix),
            (Entry::Network { base, bits }, Host::Address(address)) => prefix(*base, *bits) == prefix(*address, *bits),
            _ => false,
        }
    }
}

fn network(text: &str) -> Option<Entry> {
    let (base, bits) = text.split_once('/')?;
    let base: IpAddr = base.parse().ok()?;
    let bits = bits.bytes().all(|byte| byte.is_ascii_digit()).then(|| bits.parse().ok()).flatten()?;
    (bits <= if base.is_ipv4() { 32 } else { 128 }).then_some(Entry::Network { base, bits })
}

/// The first bits of an address with its version, all other bits 0.
fn prefix(address: IpAddr, bits: u32) -> (bool, u128) {
    let (all, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32_u32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    // Shifted by its whole width, a number would overflow; nothing of it is left then.
    (address.is_ipv4(), width.checked_sub(bits).and_then(|rest| all.checked_shr(rest)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(entry: &str, host: &str) -> bool {
        NoProxy::parse(entry).unwrap().matches(&Host::parse(host).unwrap())
    }

    #[test]
    fn hosts_and_names_below() {
        assert!(matches("Example.com", "example.com.") && !matches("example.com", "a.example.com"));
        for entry in [".example.com", "*.example.com"] {
            assert!(matches(entry, "a.b.example.com") && !matches(entry, "example.com"));
            assert!(!matches(entry, "aexample.com"));
        }
    }

    #[test]
    fn addresses_and_networks() {
        assert!(matches("10.0.0.1", "0x0a000001") && !matches("10.0.0.1", "10.0.0.2"));
        assert!(matches("10.1.2.3/8", "10.255.0.1") && !matches("10.0.0.0/8", "11.0.0.1"));
        assert!(matches("192.168.0.128/25", "192.168.0.200") && !matches("192.168.0.128/25", "192.168.0.100"));
        assert!(matches("10.0.0.1/32", "10.0.0.1") && !matches("10.0.0.1/32", "10.0.0.0"));
        assert!(matches("0.0.0.0/0", "1.2.3.4") && !matches("0.0.0.0/0", "fd00::1"));
        assert!(matches("::/0", "fd00::1") && !matches("::/0", "1.2.3.4") && !matches("::/0", "a.example.com"));
        assert!(matches("fd00::/8", "fd12::1") && !matches("fd00::/8", "fe00::1"));
    }

    #[test]
    fn others_are_refused() {
        for entry in
            ["", "a:80", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "a/8", "::/129", ".10.0.0.1", "*", "http://a"]
        {
            assert!(NoProxy::parse(entry).is_err(), "{entry}");
        }
    }
}
