use std::fmt;

use crate::host::{Host, Target};

/// Where a step may connect: a host, or all hosts below a name, and a TCP port.
///
/// Its text is `host:port`, `*.example.com:443` (any names below, one label or more) or `[::1]:80`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Destination {
    pattern: Pattern,
    port: u16,
    local: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(Host),
    /// A name with its dot before it.
    Below(String),
}

/// Why a text is not a destination, or not an entry of the list of what the proxy is not for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DestinationError {
    /// The port is missing or none, or there is more than a host and a port.
    #[error("`{text}` is not `host:port` with a port from 1 to 65535; an IPv6 address stands in brackets")]
    HostPort {
        /// What was given.
        text: String,
    },
    /// The host is none.
    #[error("the host `{host}` {why}")]
    Host {
        /// What was given as host.
        host: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// It is not an address of the web.
    #[error("the address begins with neither `https://` nor `http://`")]
    Scheme,
    /// It has a user or a password, which is not repeated here.
    #[error("the address has a user or a password before its host: take it out")]
    UserInfo,
    /// A network of addresses has another form.
    #[error("`{text}` is not a network: write it as `10.0.0.0/8` or `fd00::/8`")]
    Network {
        /// What was given.
        text: String,
    },
}

impl Destination {
    /// Reads `host:port`.
    ///
    /// # Errors
    /// When the host is neither a name in ASCII nor an address, or there is no port.
    pub fn parse(text: &str) -> Result<Self, DestinationError> {
        let (host, port) = split_host_port(text)?;
        Ok(Self { pattern: Pattern::parse(host)?, port, local: false })
    }

    /// The destination of one server, `host:port`: no star stands for others.
    ///
    /// # Errors
    /// Those of [`Self::parse`].
    pub fn of_server(text: &str) -> Result<Self, DestinationError> {
        let (host, port) = split_host_port(text)?;
        Ok(Self::exact(parse_host(host)?, port))
    }

    /// The destination of an `http` or `https` address; the port is 80 or 443 when it has none.
    ///
    /// # Errors
    /// When it is another kind of address, or has a user before its host.
    pub fn of_url(url: &str) -> Result<Self, DestinationError> {
        let (scheme, rest) = url.split_once("://").ok_or(DestinationError::Scheme)?;
        let default = match scheme.to_ascii_lowercase().as_str() {
            "http" => 80,
            "https" => 443,
            _ => return Err(DestinationError::Scheme),
        };
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.contains('@') {
            return Err(DestinationError::UserInfo);
        }
        // The last colon of a bare IPv6 address is inside its brackets.
        if authority.rsplit_once(':').is_none_or(|(_, end)| end.ends_with(']')) {
            return Ok(Self::exact(parse_host(authority)?, default));
        }
        let (host, port) = split_host_port(authority)?;
        Ok(Self::exact(parse_host(host)?, port))
    }

    /// The same destination, where also this machine's own addresses are allowed.
    #[must_use]
    pub fn local(self) -> Self {
        Self { local: true, ..self }
    }

    pub(crate) fn exact(host: Host, port: u16) -> Self {
        Self { pattern: Pattern::Exact(host), port, local: false }
    }

    pub(crate) fn is_local(&self) -> bool {
        self.local
    }

    pub(crate) fn matches(&self, target: &Target) -> bool {
        self.port == target.port && self.pattern.matches(&target.host)
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, DestinationError> {
        let Some(suffix) = text.strip_prefix("*.") else { return Ok(Self::Exact(parse_host(text)?)) };
        match parse_host(suffix)? {
            Host::Name(name) => Ok(Self::Below(format!(".{name}"))),
            Host::Address(_) => Err(no_host(text, "is an address: nothing is below it")),
        }
    }

    fn matches(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Exact(exact), host) => exact == host,
            (Self::Below(suffix), Host::Name(name)) => name.len() > suffix.len() && name.ends_with(suffix),
            (Self::Below(_), Host::Address(_)) => false,
        }
    }
}

pub(crate) fn parse_host(text: &str) -> Result<Host, DestinationError> {
    Host::parse(text).map_err(|why| no_host(text, why))
}

fn split_host_port(text: &str) -> Result<(&str, u16), DestinationError> {
    split_port(text).ok_or_else(|| DestinationError::HostPort { text: text.to_owned() })
}

/// `host:port`; an IPv6 address has to be in brackets, or its last group would be the port.
pub(crate) fn split_port(text: &str) -> Option<(&str, u16)> {
    let (host, port) = text.rsplit_once(':')?;
    let port = port.bytes().all(|byte| byte.is_ascii_digit()).then(|| port.parse().ok()).flatten()?;
    (port != 0 && (host.starts_with('[') || !host.contains(':'))).then_some((host, port))
}

fn no_host(host: &str, why: &'static str) -> DestinationError {
    DestinationError::Host { host: host.to_owned(), why }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pattern {
            Pattern::Exact(host) => write!(f, "{host}:{}", self.port),
            Pattern::Below(suffix) => write!(f, "*{suffix}:{}", self.port),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(destination: &str, host: &str, port: u16) -> bool {
        let target = Target { host: Host::parse(host).unwrap(), port };
        Destination::parse(destination).unwrap().matches(&target)
    }

    #[test]
    fn a_host_is_itself_on_its_port() {
        assert!(matches("Logs.example.com.:443", "logs.EXAMPLE.com", 443));
        assert!(!matches("logs.example.com:443", "logs.example.com", 80));
        assert!(!matches("logs.example.com:443", "a.logs.example.com", 443));
        assert!(matches("[::1]:80", "0:0:0:0:0:0:0:1", 80));
        assert!(matches("10.1.2.3:80", "::ffff:10.1.2.3", 80));
    }

    #[test]
    fn a_star_is_one_label_or_more() {
        assert!(matches("*.example.com:443", "a.example.com", 443));
        assert!(matches("*.example.com:443", "a.b.example.com.", 443));
        assert!(!matches("*.example.com:443", "example.com", 443));
        assert!(!matches("*.example.com:443", "aexample.com", 443));
        assert!(!matches("*.example.com:443", "a.example.com.evil.org", 443));
        assert!(!matches("*.1a:443", "10.0.0.1", 443));
    }

    #[test]
    fn its_text_is_what_it_is_parsed_from() {
        for text in ["logs.example.com:443", "*.example.com:8443", "[::1]:80", "10.0.0.1:1"] {
            assert_eq!(Destination::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_destination_says_why() {
        for text in ["example.com", "a:0", "a:65536", "a:+1", "a:", "::1", "::1:80", "a:b:1", "https://a:443", ""] {
            assert_eq!(Destination::parse(text), Err(DestinationError::HostPort { text: text.to_owned() }), "{text}");
        }
        for text in ["*:443", "*.:443", "*.10.0.0.1:443", "a*.b:1", "*.*.b:1", "ü.de:1", ":443"] {
            assert!(matches!(Destination::parse(text), Err(DestinationError::Host { .. })), "{text}");
        }
    }

    #[test]
    fn a_server_is_one_host() {
        assert_eq!(Destination::of_server("smtp.example.com:587").unwrap().to_string(), "smtp.example.com:587");
        assert!(matches!(Destination::of_server("*.example.com:587"), Err(DestinationError::Host { .. })));
        assert!(Destination::of_server("smtp.example.com").is_err());
    }

    #[test]
    fn an_address_of_the_web_has_a_default_port() {
        let of = |url| Destination::of_url(url).map(|destination| destination.to_string());
        assert_eq!(of("https://Example.com/a:1@b"), Ok("example.com:443".to_owned()));
        assert_eq!(of("HTTP://example.com?x"), Ok("example.com:80".to_owned()));
        assert_eq!(of("https://example.com:8443#f"), Ok("example.com:8443".to_owned()));
        assert_eq!(of("http://[fd00::1]"), Ok("[fd00::1]:80".to_owned()));
        assert_eq!(of("http://[fd00::1]:8080/"), Ok("[fd00::1]:8080".to_owned()));
        assert_eq!(of("ftp://example.com"), Err(DestinationError::Scheme));
        assert_eq!(of("https://user:secret@example.com"), Err(DestinationError::UserInfo));
        for url in ["https://", "https:///a", "https://*.example.com", "https://a\\b", "https://a:", "https://a:b"] {
            assert!(of(url).is_err(), "{url}");
        }
    }
}
