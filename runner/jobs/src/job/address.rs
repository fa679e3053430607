use std::fmt;
use std::net::IpAddr;

const LONGEST: usize = 2000;

/// The address that is asked for the values of an option: `https`, or `http` on this machine, without user and password.
///
/// It is shown without its query, where people put tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct WebAddress(String);

impl WebAddress {
    /// Reads an address; the error is the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let plain = |c: char| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c);
        if text.len() > LONGEST || !text.chars().all(plain) {
            return Err(format!("an address has at most {LONGEST} characters, all of them plain"));
        }
        let (rest, safe) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
            (Some(rest), _) => (rest, true),
            (None, Some(rest)) => (rest, false),
            (None, None) => return Err("an address begins with `https://`".to_owned()),
        };
        match rest.split(['/', '?', '#']).next().unwrap_or_default() {
            "" => Err("the address names no host".to_owned()),
            authority if authority.contains('@') => Err("an address holds no user and no password".to_owned()),
            authority if !safe && !is_loopback(authority) => {
                Err("an address begins with `https://`, unless it is on this machine".to_owned())
            }
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// All of it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_loopback(authority: &str) -> bool {
    let host = match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl fmt::Display for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.split(['?', '#']).next().unwrap_or_default())
    }
}

impl fmt::Debug for WebAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WebAddress({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_secret_is_not_shown() {
        for text in ["https://example.com/zones?token=hush", "https://example.com/zones#hush"] {
            let address = WebAddress::parse(text).unwrap();
            assert_eq!((address.as_str(), address.to_string().as_str()), (text, "https://example.com/zones"));
            assert!(!format!("{address:?}").contains("hush"));
        }
    }
}
