use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The longest name in bytes (RFC 1035, section 2.3.4, less the length bytes).
const LONGEST_NAME: usize = 253;
const LONGEST_LABEL: usize = 63;

/// A host as it is compared: a name in lower case without the last dot, or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Host {
    Name(String),
    /// Never an IPv4-mapped IPv6 address: that is the IPv4 address.
    Address(IpAddr),
}

/// A host and a port, written `host:port` with an IPv6 address in brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) host: Host,
    pub(crate) port: u16,
}

impl Host {
    /// Reads a name or an address; an IPv6 address with or without brackets. IPv4 addresses are understood in all the
    /// spellings of `inet_aton(3)`, because name resolution and proxies understand them too.
    ///
    /// # Errors
    /// What is wrong, to be said after the text.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        if let Some(inside) = text.strip_prefix('[') {
            return ipv6(inside.strip_suffix(']').ok_or("has no `]`")?);
        }
        if text.contains(':') {
            return ipv6(text);
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        check_name(&name)?;
        if !ends_in_number(&name) {
            return Ok(Self::Name(name));
        }
        let address = ipv4(&name).ok_or("is neither a name nor an IPv4 address: no name ends in a number")?;
        Ok(Self::Address(address.into()))
    }

    /// Whether the name can only mean this machine (RFC 6761, section 6.3).
    pub(crate) fn is_localhost(&self) -> bool {
        matches!(self, Self::Name(name) if name == "localhost" || name.ends_with(".localhost"))
    }
}

fn check_name(name: &str) -> Result<(), &'static str> {
    if !name.is_ascii() {
        return Err("is not ASCII: write an international name in its `xn--` form");
    }
    if name.is_empty() || name.len() > LONGEST_NAME {
        return Err("is no name: it has 1 to 253 characters");
    }
    if name.split('.').any(|label| label.is_empty() || label.len() > LONGEST_LABEL) {
        return Err("is no name: between its dots are 1 to 63 characters");
    }
    if name.split('.').any(|label| label.starts_with('-') || label.ends_with('-')) {
        return Err("is no name: between its dots no `-` is first or last");
    }
    if name.bytes().any(|byte| !(byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))) {
        return Err("is no name: it has letters, digits, `-`, `_` and dots only");
    }
    Ok(())
}

fn ipv6(text: &str) -> Result<Host, &'static str> {
    let address: Ipv6Addr = text.parse().map_err(|_| "is not an IPv6 address")?;
    Ok(Host::Address(address.to_canonical()))
}

/// Whether the name would be taken for an IPv4 address (WHATWG URL, "ends in a number").
fn ends_in_number(name: &str) -> bool {
    name.rsplit('.').next().is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()) || number(last).is_some())
}

/// `inet_aton(3)`: one to four numbers, of which the last fills what is left.
fn ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<u32> = text.split('.').map(number).collect::<Option<_>>()?;
    let (&last, heads) = parts.split_last()?;
    if heads.len() > 3 || heads.iter().any(|&part| part > 0xff) {
        return None;
    }
    let (room, last_bits) = (32 - 8 * heads.len(), u64::from(last));
    let head = heads.iter().zip([24, 16, 8]).fold(0, |sum, (part, shift)| sum | part << shift);
    (last_bits >> room == 0).then(|| Ipv4Addr::from(head | last))
}

/// Hexadecimal after `0x`, octal after `0`, decimal otherwise.
fn number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x") {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // `from_str_radix` would take a sign.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, radix).ok()).flatten()
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_without_the_last_dot() {
        assert_eq!(Host::parse("Logs.Example.COM."), Ok(Host::Name("logs.example.com".to_owned())));
        assert_eq!(Host::parse("a_b.0x.example-1"), Ok(Host::Name("a_b.0x.example-1".to_owned())));
    }

    /// The spellings are those of `inet_aton(3)`, section "Notes", and RFC 4291, section 2.5.5.2.
    #[test]
    fn an_address_is_the_same_however_it_is_spelt() {
        for text in [
            "169.254.169.254",
            "2852039166",
            "0xA9FEA9FE",
            "0251.0376.0251.0376",
            "169.254.43518",
            "169.16689662",
            "0xa9.254.0251.254",
            "::ffff:169.254.169.254",
            "[::ffff:a9fe:a9fe]",
        ] {
            assert_eq!(Host::parse(text), Ok(Host::Address(Ipv4Addr::new(169, 254, 169, 254).into())), "{text}");
        }
    }

    #[test]
    fn what_is_neither_a_name_nor_an_address_is_refused() {
        for text in [
            "",
            ".",
            "a..b",
            "a b",
            "a/b",
            "a@b",
            "a\0",
            "*.a",
            "-a.b",
            "a-.b",
            "1.2.3.256",
            "1.2.3.4.5",
            "4294967296",
            "08",
            "a.1",
            "a.0x1",
            "ä.example",
            "[::1",
            "::1]",
            "fe80::1%eth0",
            "[1.2.3.4]",
            "a:1",
        ] {
            assert!(Host::parse(text).is_err(), "{text:?}");
        }
        assert!(Host::parse(&"a".repeat(64)).is_err());
        assert!(Host::parse(&["a"; 128].join(".")).is_err());
        assert!(Host::parse(&["a"; 127].join(".")).is_ok());
    }

    #[test]
    fn only_names_of_this_machine_are_localhost() {
        let localhost = |text| Host::parse(text).unwrap().is_localhost();
        assert!(localhost("LOCALHOST.") && localhost("a.localhost"));
        assert!(!localhost("notlocalhost") && !localhost("localhost.example.com"));
    }
}
