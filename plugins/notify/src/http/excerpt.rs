use super::Address;

/// How much of an answer's text an error shows, in characters.
const LONGEST: usize = 200;

/// The beginning of an answer's body as one line, without what it repeats of the address, where that is a secret. The runner
/// masks the other secrets.
pub(crate) fn excerpt(body: &[u8], hidden: Option<&Address>) -> String {
    let mut text = String::from_utf8_lossy(body).split_whitespace().collect::<Vec<_>>().join(" ");
    for part in hidden.into_iter().flat_map(Address::parts) {
        text = text.replace(part, "[masked]");
    }
    text.retain(|c| !c.is_control());
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => text[..end].to_owned() + "…",
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_one_short_line() {
        assert_eq!(excerpt(b"no\r\n  such\x1b hook\n", None), "no such hook");
        let long = excerpt("ü".repeat(300).as_bytes(), None);
        assert_eq!(long, "ü".repeat(200) + "…");
    }

    #[test]
    fn a_secret_address_is_not_repeated() {
        let address = Address::parse("https://example.com/services/T0/abcdefghij", "webhook").unwrap();
        let said = b"no route for /services/T0/abcdefghij, nor for abcdefghij";
        assert_eq!(excerpt(said, Some(&address)), "no route for [masked], nor for [masked]");
    }
}
