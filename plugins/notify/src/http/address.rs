use std::net::IpAddr;

use windlass_plugin_api::StepError;
use windlass_plugin_api::http::Uri;

use super::invalid;

/// Where a message goes: `https`, or `http` on this machine, since it may hold secrets. It is never shown, only its host is.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address(Uri);

impl Address {
    /// Reads the address of a field.
    ///
    /// # Errors
    /// `step.invalid-config`, without the address.
    pub(crate) fn parse(text: &str, field: &str) -> Result<Self, StepError> {
        let refuse = |why: &str| Err(invalid(format!("the address in `{field}` {why}")));
        let Ok(uri) = text.trim_end().parse::<Uri>() else { return refuse("is not one of the web") };
        match (uri.scheme_str(), uri.authority()) {
            (_, Some(authority)) if authority.as_str().contains('@') => {
                refuse("has a user or a password before its host: take it out")
            }
            (Some("https"), Some(_)) => Ok(Self(uri)),
            (Some("http"), Some(authority)) if is_loopback(authority.host()) => Ok(Self(uri)),
            (Some("http"), Some(_)) => refuse("begins with `http://`, which is for this machine only: use `https://`"),
            _ => refuse("does not begin with `https://` and a host"),
        }
    }

    pub(crate) fn uri(&self) -> Uri {
        self.0.clone()
    }

    pub(crate) fn host(&self) -> &str {
        self.0.host().unwrap_or_default()
    }

    /// Whether both are on one server.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        self.server() == other.server()
    }

    fn server(&self) -> (Option<&str>, String, u16) {
        let port = if self.0.scheme_str() == Some("https") { 443 } else { 80 };
        (self.0.scheme_str(), self.host().to_ascii_lowercase(), self.0.port_u16().unwrap_or(port))
    }

    /// What of it a server might repeat in its answer: what stands behind the host, whole and in its longer parts.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        const SHORTEST: usize = 8;
        let behind = self.0.path_and_query().map_or("", |behind| behind.as_str());
        let parts = behind.split(['/', '?', '&', '=']).filter(|part| part.len() >= SHORTEST);
        Some(behind).filter(|behind| behind.len() > 1).into_iter().chain(parts)
    }
}

/// Whether a host is this machine by its name or address.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, StepError> {
        Address::parse(text, "url")
    }

    #[test]
    fn in_clear_only_on_this_machine() {
        for good in ["https://example.com/a?b", "http://127.0.0.1:80/", "http://localhost", "http://[::1]:8080/a"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://example.com/hush",
            "http://localhost.example.com/hush",
            "https://user:hush@example.com/",
            "ftp://example.com/hush",
            "https:///hush",
            "/hush",
            "https://example.com/hush hush",
        ] {
            let error = parse(bad).err().unwrap();
            assert_eq!(error.code, "step.invalid-config", "{bad}");
            assert!(!error.message.contains("hush"), "{error}");
        }
    }

    #[test]
    fn a_server_is_scheme_host_and_port() {
        let beside = |a, b| parse(a).unwrap().is_beside(&parse(b).unwrap());
        assert!(beside("https://example.com", "https://Example.com:443/a"));
        assert!(!beside("https://example.com", "https://example.com:444/a"));
        assert!(!beside("https://example.com", "https://example.org/a"));
        assert!(!beside("https://localhost:80", "http://localhost:80"));
    }

    #[test]
    fn what_a_server_may_repeat_are_its_long_parts() {
        let address = parse("https://example.com/services/T0/abcdefghij?key=0123456789").unwrap();
        let parts: Vec<&str> = address.parts().collect();
        assert_eq!(parts, ["/services/T0/abcdefghij?key=0123456789", "services", "abcdefghij", "0123456789"]);
        assert_eq!(parse("https://example.com/").unwrap().parts().count(), 0);
    }
}
