/// What in a text only the system could resolve that it was written for, in words.
pub(super) fn unresolved(text: &str) -> Option<&'static str> {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| text.starts_with(prefix));
    if text.contains("${") {
        Some("an expression")
    } else if begins(&["encrypted:", "encryptedFile:", "secret://", "secret:", "{cipher}"]) {
        Some("a reference to a secret")
    } else if begins(&["configserver:"]) {
        Some("a reference to a configuration server")
    } else {
        None
    }
}
