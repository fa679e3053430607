//! What a shown line may not show.
//!
//! A guard against accidents: a secret that was typed where the path of a key belongs, and addresses with a password.

use crate::{KeyPath, MountedStore};

const MASK: &str = "***";
/// A hostile line may hold very many addresses; none is read much further than this.
const LONGEST_PASSWORD: usize = 256;
/// A longer name is no slip of the finger for `secretAccessKey`.
const LONGEST_SLIP: usize = 24;

/// The first `count` lines, printable and without secrets.
pub(super) fn lines(text: &str, count: usize) -> Vec<String> {
    let mut hidden_below: Option<usize> = None;
    let mut shown = Vec::new();
    for line in text.lines().take(count) {
        let indent = line.len() - line.trim_start().len();
        if hidden_below.is_some_and(|outer| line.trim().is_empty() || indent > outer) {
            shown.push(continuation(line, indent));
            continue;
        }
        let (masked, opens) = line_with_keys(line);
        hidden_below = opens.then_some(indent);
        shown.push(printable(&masked));
    }
    shown
}

/// The text on one line without control characters, and without words that are most likely secrets.
pub(crate) fn printable(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut shown = String::new();
    for word in clean.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || "/+=".contains(c))) {
        let token = word.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || "/+=".contains(c)));
        shown.push_str(if looks_like_access_key(token) { MASK } else { token });
        shown.push_str(&word[token.len()..]);
    }
    without_parameter(&without_password(&shown))
}

/// A line of a value that began above: only key paths stay readable.
fn continuation(line: &str, indent: usize) -> String {
    let value = line.rsplit(' ').next().unwrap_or_default();
    if line.trim().is_empty() || is_key_path(value) { printable(line) } else { format!("{:indent$}{MASK}", "") }
}

/// The line with the values of secret keys masked, and whether such a value may go on below.
fn line_with_keys(line: &str) -> (String, bool) {
    let mut from = 0;
    while let Some(found) = line[from..].find(':') {
        let colon = from + found;
        from = colon + 1;
        let name = line[..colon].trim_end_matches([' ', '"', '\'']);
        let name = name.rsplit(|c: char| !(c.is_ascii_alphanumeric() || "_-".contains(c))).next().unwrap_or_default();
        if !is_secret_name(name) {
            continue;
        }
        let value = line[from..].trim_start_matches([' ', '"', '\'']);
        if starts_with_key_path(value) {
            continue;
        }
        let shown = if value.trim().is_empty() { String::new() } else { format!(" {MASK}") };
        return (format!("{}{shown}", &line[..from]), true);
    }
    (line.to_owned(), false)
}

/// Whether the value is a key path and nothing else: the end, the next flow item or a comment follows.
fn starts_with_key_path(value: &str) -> bool {
    let (path, after) = value.split_at(value.find(|c: char| " ,}]\"'".contains(c)).unwrap_or(value.len()));
    let next = after.trim_start_matches([' ', '"', '\'']).chars().next();
    is_key_path(path) && next.is_none_or(|c| ",}]#".contains(c))
}

fn is_key_path(text: &str) -> bool {
    KeyPath::parse(text).is_ok()
}

pub(crate) fn is_secret_name(name: &str) -> bool {
    if name.is_empty() || name == MountedStore::SecretsManager.key() {
        return false;
    }
    let lower = name.to_lowercase();
    ["secret", "password", "passphrase", "token", "privatekey", "private_key"].iter().any(|part| lower.contains(part))
        || (name.len() <= LONGEST_SLIP && windlass_errors::nearest(name, ["secretAccessKey"]).is_some())
}

/// An AWS secret access key has 40 characters of `[A-Za-z0-9/+]`, of all three kinds.
fn looks_like_access_key(token: &str) -> bool {
    token.len() == 40
        && token.bytes().any(|b| b.is_ascii_uppercase())
        && token.bytes().any(|b| b.is_ascii_lowercase())
        && token.bytes().any(|b| b.is_ascii_digit() || b"/+".contains(&b))
}

fn without_password(text: &str) -> String {
    let last = text.rfind('@');
    let mut shown = String::new();
    let mut from = 0;
    while let Some(scheme) = text[from..].find("://") {
        let begin = from + scheme + 3;
        let address = &text[begin..];
        shown.push_str(&text[from..begin]);
        let at = if begins_with_password(address) {
            last.filter(|at| *at >= begin)
        } else {
            let authority = address.find(|c: char| c == '/' || c.is_whitespace()).unwrap_or(address.len());
            address[..authority].rfind('@').map(|at| begin + at)
        };
        shown.push_str(if at.is_some() { MASK } else { "" });
        from = at.unwrap_or(begin);
    }
    shown + &text[from..]
}

/// Whether an address has a password behind its user. One that was typed as it is may hold a `/`, a blank or an `@`,
/// so that it ends at the last `@` of the line.
fn begins_with_password(address: &str) -> bool {
    let Some((user, after)) = address.split_once(':') else {
        return false;
    };
    let port = after.trim_start_matches(|c: char| c.is_ascii_digit());
    let ends = port.len() < after.len() && !port.starts_with(|c: char| c.is_alphanumeric());
    let mut near = after.bytes().take(LONGEST_PASSWORD).take_while(|b| !b.is_ascii_whitespace());
    let is_port = ends && !near.any(|b| b == b'@');
    !user.contains(|c: char| "/@[".contains(c) || c.is_whitespace()) && !is_port
}

/// An address may have its password as a parameter as well.
fn without_parameter(text: &str) -> String {
    const NAME: &str = "password=";
    let lower = text.to_ascii_lowercase();
    let mut shown = String::new();
    let mut from = 0;
    while let Some(found) = lower[from..].find(NAME) {
        let begin = from + found + NAME.len();
        let value = &text[begin..];
        let end = begin + value.find(char::is_whitespace).unwrap_or(value.len());
        shown.push_str(&text[from..begin]);
        shown.push_str(if end > begin { MASK } else { "" });
        from = end;
    }
    shown + &text[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

    fn masked(text: &str) -> String {
        lines(text, usize::MAX).join("\n")
    }

    #[test]
    fn a_secret_is_masked_however_it_is_written() {
        for text in [
            "secretAccessKey: {S}",
            "secretAccessKey: short",
            "secretAcessKey: short",
            "{accessKeyId: AKIA, secretAccessKey: \"{S}\"}",
            "{\"secretAccessKey\":\"short\"}",
            "sercetAccesKey: {S}",
            "x: {S}",
            "secretAccessKey:\n  short",
            "secretAccessKey: |\n  short\n\n  short",
            "token: keys/has space short",
        ] {
            let shown = masked(&text.replace("{S}", SECRET));
            assert!(!shown.contains(SECRET) && !shown.contains("short"), "{text}: {shown}");
        }
        assert_eq!(masked("  secretAccessKey: short\n  name: b"), "  secretAccessKey: ***\n  name: b");
    }

    #[test]
    fn what_is_no_secret_stays() {
        for text in [
            "secretAccessKey: keys/aws/ops",
            "{accessKeyId: AKIA, secretAccessKey: keys/aws/ops}",
            "secrets:\n  password: keys/project/web/db",
            "assumeRole: arn:aws:iam::123456789012:role/Reader",
            "sts: http://127.0.0.1:4566/",
        ] {
            assert_eq!(masked(text), text);
        }
    }

    #[test]
    fn an_address_loses_its_password_and_a_line_its_control_characters() {
        assert_eq!(masked("sts: https://me:pw@sts.example/x"), "sts: https://***@sts.example/x");
        assert_eq!(printable("a\u{1b}[31mb"), "a [31mb");
    }

    #[test]
    fn the_password_of_an_address_may_look_like_anything() {
        for password in ["hunter2", "h/2", "h?2", "h@2/3", "h 2", "1/2", "1@2", "[h]", "h://2"] {
            let shown = masked(&format!("url: 'postgres://me:{password}@db.example/w' # of the team"));
            assert_eq!(shown, "url: 'postgres://***@db.example/w' # of the team", "{password}");
        }
        let parameters = masked("{url: postgres://db/w?sslmode=require&Password=hunter2&x=y, durability: full}");
        assert_eq!(parameters, "{url: postgres://db/w?sslmode=require&Password=*** durability: full}");
        for text in ["http://host:80/a", "http://[::1]:80 to me@example.com", "http://me@host:80, b: c@d"] {
            assert!(!masked(text).contains(":***") && masked(text).contains(":80"), "{text}: {}", masked(text));
        }
        let two = "a: http://127.0.0.1:4566, b: http://localhost:1";
        assert_eq!(masked(two), two);
    }
}
