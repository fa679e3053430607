use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use crate::destination::{parse_host, split_port};
use crate::host::Target;
use crate::{DestinationError, Refusal, refusal};

/// An HTTP proxy that makes the connections (`CONNECT`, RFC 9110, section 9.3.6). It is spoken to without TLS.
///
/// Its own address is the administrator's choice and checked against no rule.
#[derive(Clone, Debug)]
pub struct Proxy {
    pub(crate) target: Target,
    user: Option<String>,
    password: Option<SecretString>,
}

/// Why a text is not a proxy. No message repeats the text, which may have a password in it.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// It is spoken to otherwise.
    #[error("the proxy's address does not begin with `http://`: other kinds of proxies are not supported")]
    Scheme,
    /// There is no host and port.
    #[error("the proxy's address is not `http://host:port` or `http://user@host:port`")]
    Form,
    /// The host is none.
    #[error("the proxy's address is wrong: {0}")]
    Host(DestinationError),
    /// The user or the password is not written as in a web address.
    #[error("the proxy's user or password has a `%` without two hexadecimal digits after it, or is not UTF-8")]
    Encoding,
    /// `Basic` authorization cannot say such a user (RFC 7617, section 2).
    #[error("the proxy's user has a colon or a control character in it, or its password a control character")]
    User,
    /// A password needs a user.
    #[error("there is a password for the proxy but no user: write `http://user@host:port`")]
    NoUser,
}

impl Proxy {
    /// Reads `http://[user[:password]@]host:port`. User and password are percent-encoded, as in any web address.
    ///
    /// # Errors
    /// When it is something else.
    pub fn parse(text: &str) -> Result<Self, ProxyError> {
        let (scheme, rest) = text.split_once("://").ok_or(ProxyError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("http") {
            return Err(ProxyError::Scheme);
        }
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        let (login, address) = rest.rsplit_once('@').map_or((None, rest), |(login, address)| (Some(login), address));
        let (host, port) = split_port(address).ok_or(ProxyError::Form)?;
        let target = Target { host: parse_host(host).map_err(ProxyError::Host)?, port };
        let (user, password) = login.map(read_login).transpose()?.unwrap_or_default();
        Ok(Self { target, user, password })
    }

    /// The same proxy with another password, as it is (not percent-encoded).
    ///
    /// # Errors
    /// When the proxy has no user, or the password a control character.
    pub fn with_password(self, password: SecretString) -> Result<Self, ProxyError> {
        if self.user.is_none() {
            return Err(ProxyError::NoUser);
        }
        check_password(password.expose_secret())?;
        Ok(Self { password: Some(password), ..self })
    }

    /// The request for a tunnel to the target, with its end.
    pub(crate) fn request(&self, target: &Target) -> Zeroizing<String> {
        let mut head = Zeroizing::new(format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n"));
        if let Some(user) = &self.user {
            let password = self.password.as_ref().map_or("", |password| password.expose_secret());
            let login = Zeroizing::new(format!("{user}:{password}"));
            let encoded = Zeroizing::new(STANDARD.encode(login.as_bytes()));
            // Grown once: a string that grows leaves its old bytes behind.
            head.reserve_exact(encoded.len() + 64);
            head.push_str("Proxy-Authorization: Basic ");
            head.push_str(&encoded);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        head
    }

    /// What refusals say after the target.
    pub(crate) fn through(&self) -> String {
        format!(" through the proxy `{}`", self.target)
    }

    pub(crate) fn disagrees(&self, target: &Target, why: &str) -> Refusal {
        refusal::proxy_disagrees(target, &self.target, why)
    }
}

type Login = (Option<String>, Option<SecretString>);

fn read_login(text: &str) -> Result<Login, ProxyError> {
    let (user, password) = text.split_once(':').map_or((text, None), |(user, password)| (user, Some(password)));
    let user = decode(user)?;
    if user.is_empty() || user.contains(':') || user.contains(char::is_control) {
        return Err(ProxyError::User);
    }
    let password = password.map(decode).transpose()?;
    password.as_deref().map_or(Ok(()), check_password)?;
    Ok((Some(user), password.map(SecretString::from)))
}

fn check_password(password: &str) -> Result<(), ProxyError> {
    if password.contains(char::is_control) { Err(ProxyError::User) } else { Ok(()) }
}

/// RFC 3986, section 2.1.
fn decode(text: &str) -> Result<String, ProxyError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2).ok_or(ProxyError::Encoding)?;
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (high, low) = digit(digits[0]).zip(digit(digits[1])).ok_or(ProxyError::Encoding)?;
        bytes.push(high << 4 | low);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| ProxyError::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::Host;

    fn request(proxy: &Proxy) -> String {
        proxy.request(&Target { host: Host::parse("::2").unwrap(), port: 443 }).to_string()
    }

    #[test]
    fn asks_for_a_tunnel() {
        let proxy = Proxy::parse("http://Proxy.example.com:3128/").unwrap();
        assert_eq!(proxy.target.to_string(), "proxy.example.com:3128");
        assert_eq!(request(&proxy), "CONNECT [::2]:443 HTTP/1.1\r\nHost: [::2]:443\r\n\r\n");
    }

    /// The user, the password and their encoding are the example of RFC 7617, section 2.
    #[test]
    fn says_who_asks() {
        let expected = "\r\nProxy-Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\n\r\n";
        let in_text = Proxy::parse("http://Aladdin:open%20sesame@[::1]:3128").unwrap();
        let apart = Proxy::parse("http://Aladdin@[::1]:3128").unwrap();
        let apart = apart.with_password(SecretString::from("open sesame")).unwrap();
        assert!(request(&in_text).ends_with(expected) && request(&apart).ends_with(expected));
    }

    #[test]
    fn nothing_shows_the_password() {
        let proxy = Proxy::parse("http://user:hush@proxy.example.com:3128").unwrap();
        assert!(!format!("{proxy:?}").contains("hush"));
        for text in [
            "https://user:hush@a:1",
            "http://user:hush@a",
            "http://user:hush@a b:1",
            "http://user:hush%4@a:1",
            "http://us%3aer:hush@a:1",
            "http://user:hush%00@a:1",
            "http://:hush@a:1",
            "user:hush@a:1",
            "http://user:hush@a:1/path",
        ] {
            let error = Proxy::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hush"), "{text}: {error:?}");
        }
    }

    #[test]
    fn a_password_needs_a_user() {
        let proxy = Proxy::parse("http://a:1").unwrap();
        assert!(matches!(proxy.with_password(SecretString::from("hush")), Err(ProxyError::NoUser)));
    }
}
