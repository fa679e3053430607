//! Whether a value looks like what it is said to be, by its headers: what else is in it is the business of whoever
//! uses it. What is found is named by words of this file alone, since it may be a secret in the wrong place.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use windlass_store::SecretKind;

const PRIVATE: [&str; 7] = [
    "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY",
    "RSA PRIVATE KEY",
    "EC PRIVATE KEY",
    "DSA PRIVATE KEY",
    "OPENSSH PRIVATE KEY",
    "PGP PRIVATE KEY BLOCK",
];
const PUBLIC: [&str; 6] =
    ["PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "TRUSTED CERTIFICATE", "SSH2 PUBLIC KEY", "PGP PUBLIC KEY BLOCK"];
/// The types that sshd(8) lists for authorized keys, without `@openssh.com` and `-cert-v01`.
const OPENSSH: [&str; 7] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519",
    "sk-ecdsa-sha2-nistp256",
];

/// What was found instead, for people.
pub(crate) fn check(kind: SecretKind, value: &[u8]) -> Result<(), String> {
    let Ok(text) = std::str::from_utf8(value) else {
        return if kind == SecretKind::Password { Ok(()) } else { Err("bytes that are no text".to_owned()) };
    };
    let blocks = blocks(text);
    let private = blocks.iter().find(|(label, _)| PRIVATE.contains(label));
    let public = blocks.iter().find(|(label, _)| PUBLIC.contains(label));
    match kind {
        SecretKind::Password => Ok(()),
        SecretKind::PrivateKey => match (private, public) {
            (Some((_, true)), _) => Ok(()),
            (Some((label, false)), _) => Err(format!("a `{label}` without its end")),
            (None, Some((label, _))) => Err(format!("a `{label}`")),
            (None, None) if is_openssh(text) => Err("an OpenSSH public key".to_owned()),
            (None, None) => Err(other(text)),
        },
        SecretKind::PublicKey => match (private, public) {
            // It would be shown.
            (Some((label, _)), _) => Err(format!("a `{label}`")),
            _ if text.contains("PRIVATE KEY-----") => Err("a text with a private key in it".to_owned()),
            (None, Some((_, true))) if blocks.iter().all(|(label, _)| PUBLIC.contains(label)) => Ok(()),
            (None, Some((label, false))) => Err(format!("a `{label}` without its end")),
            (None, None) if blocks.is_empty() && is_openssh(text) => Ok(()),
            _ => Err(other(text)),
        },
    }
}

/// The labels of PEM (RFC 7468), or of what is like it (RFC 4716), and whether each has its end.
fn blocks(text: &str) -> Vec<(&str, bool)> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = lines.iter().enumerate().filter_map(|(at, line)| Some((at, label(line, "BEGIN ")?)));
    let ends = |at: usize, of: &str| lines[at..].iter().any(|line| label(line, "END ") == Some(of));
    begins.map(|(at, of)| (of, ends(at, of))).collect()
}

/// What a line such as `-----BEGIN CERTIFICATE-----` is about.
fn label<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    let line = line.trim();
    let dashed = line.starts_with("----") && line.ends_with("----");
    line.trim_matches('-').trim().strip_prefix(word).filter(|_| dashed)
}

/// One OpenSSH public key a line, and comments.
fn is_openssh(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).peekable();
    lines.peek().is_some() && lines.all(is_openssh_line)
}

/// The type stands before the key and, with its length, in it (RFC 4253, section 6.6).
fn is_openssh_line(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let (Some(name), Some(encoded)) = (words.next(), words.next()) else { return false };
    let plain = name.strip_suffix("@openssh.com").map_or(name, |name| name.strip_suffix("-cert-v01").unwrap_or(name));
    let Ok(key) = STANDARD.decode(encoded) else { return false };
    let Some((length, rest)) = key.split_first_chunk::<4>() else { return false };
    OPENSSH.contains(&plain)
        && usize::try_from(u32::from_be_bytes(*length)) == Ok(name.len())
        && rest.starts_with(name.as_bytes())
}

fn other(text: &str) -> String {
    match text.lines().count() {
        0 | 1 => "a line of text that is no key".to_owned(),
        lines => format!("{lines} lines of text without the header of a key"),
    }
}

#[cfg(test)]
mod tests;
