//! How shells write a text so that they can read it again: in traces (`set -x`), with `printf %q` and `${name@Q}`, and
//! where they list variables (`set`, `declare -p`, `export -p`). As Bash does it (`lib/sh/shquote.c`, `lib/sh/strtrans.c`);
//! others do the same in one of these ways.

/// What Bash sets a backslash before, wherever it stands.
const SPECIAL: &[u8] = b" \t\n'\"\\|&;()<>!{}*[],?^$`";
/// What a backslash keeps its meaning before within double quotes (POSIX, "Double-Quotes").
const IN_DOUBLE_QUOTES: &[u8] = b"\"$`\\";

/// The text between the quotes, or with what replaces them.
pub(super) fn quoted(secret: &[u8]) -> Vec<Vec<u8>> {
    vec![
        single(secret, br"'\''"),
        // BusyBox, dash, and Python's `shlex.quote`.
        single(secret, br#"'"'"'"#),
        backslashed(secret),
        each(secret, true),
        each(secret, false),
        double(secret),
        ansi(secret, |_| true),
        // In a locale without such characters.
        ansi(secret, |character| character.is_ascii()),
    ]
}

fn single(secret: &[u8], quote: &[u8]) -> Vec<u8> {
    let mut form = Vec::with_capacity(quote.len() * secret.len()); // never moved, so that no copy of it stays behind
    for byte in secret {
        match byte {
            b'\'' => form.extend(quote),
            byte => form.push(*byte),
        }
    }
    form
}

/// `~` is special behind `=` and `:`, and at the beginning of a word, as `#` is; but the secret may be the end of a longer
/// word, and a backslash before it does not matter.
fn backslashed(secret: &[u8]) -> Vec<u8> {
    let mut form = Vec::with_capacity(2 * secret.len());
    let mut before = None;
    for byte in secret {
        let special = SPECIAL.contains(byte) || (*byte == b'~' && matches!(before, Some(b'=' | b':')));
        form.extend(special.then_some(b'\\'));
        form.push(*byte);
        before = Some(*byte);
    }
    form
}

/// What a trace of `[[ $name == "$secret" ]]` has: a backslash before each character, or each byte in a locale without
/// such characters.
fn each(secret: &[u8], by_character: bool) -> Vec<u8> {
    let mut form = Vec::with_capacity(2 * secret.len());
    for chunk in secret.utf8_chunks() {
        for character in chunk.valid().chars() {
            let bytes = &mut [0; 4];
            let bytes = character.encode_utf8(bytes).as_bytes();
            let step = if by_character { bytes.len() } else { 1 };
            for piece in bytes.chunks(step) {
                form.push(b'\\');
                form.extend(piece);
            }
        }
        chunk.invalid().iter().for_each(|byte| form.extend([b'\\', *byte]));
    }
    form
}

fn double(secret: &[u8]) -> Vec<u8> {
    let mut form = Vec::with_capacity(2 * secret.len());
    for byte in secret {
        form.extend(IN_DOUBLE_QUOTES.contains(byte).then_some(b'\\'));
        form.push(*byte);
    }
    form
}

/// Between `$'` and `'`: with escapes for what is not printed, and for characters that are not `kept`.
fn ansi(secret: &[u8], kept: impl Fn(char) -> bool) -> Vec<u8> {
    let mut form = Vec::with_capacity(4 * secret.len());
    for chunk in secret.utf8_chunks() {
        for character in chunk.valid().chars() {
            match character {
                '\x07' => form.extend(br"\a"),
                '\x08' => form.extend(br"\b"),
                '\t' => form.extend(br"\t"),
                '\n' => form.extend(br"\n"),
                '\x0b' => form.extend(br"\v"),
                '\x0c' => form.extend(br"\f"),
                '\r' => form.extend(br"\r"),
                '\x1b' => form.extend(br"\E"),
                '\\' | '\'' => form.extend([b'\\', character as u8]),
                character => {
                    let bytes = &mut [0; 4];
                    let bytes = character.encode_utf8(bytes).as_bytes();
                    if character.is_control() || !kept(character) {
                        bytes.iter().for_each(|byte| octal(*byte, &mut form));
                    } else {
                        form.extend(bytes);
                    }
                }
            }
        }
        chunk.invalid().iter().for_each(|byte| octal(*byte, &mut form));
    }
    form
}

fn octal(byte: u8, form: &mut Vec<u8>) {
    form.extend([b'\\', b'0' + (byte >> 6), b'0' + (byte >> 3 & 7), b'0' + (byte & 7)]);
}

#[cfg(test)]
mod tests;
