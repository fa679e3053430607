//! Held against what the shells of this machine write.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use crate::{MASK, Masker};

/// Every way in which Bash quotes, each on lines of its own that begin with its name.
const BASH: &str = r#"
value=$1
printf 'q %q\n' "$value"
printf 'Q %s\n' "${value@Q}"
declare -p value
set | grep -a -A9 ^value=
PS4='trace '; exec 2>&1; set -x; : "$value"; x=$value; [[ $value == "$value" ]]"#;
/// Other shells list variables.
const POSIX: &str = r#"export value="$1"; export -p | grep -a -A9 value=; exec 2>&1; set -x; : "$value""#;

const SECRETS: [&[u8]; 14] = [
    b"wJalrXUtnFEMI/K7MDENG+bPxRfi=CYEX",
    b"correct horse battery staple",
    b"it's o'clock",
    b"'quoted'",
    b"#comment ~home",
    b"~home=~me:~you~#",
    b"a\"b$c`d\\e!f",
    b"(x){y}[z]<a>|b&c;d,e*f?g^h",
    b"line one\nline two",
    b"tab\there\x1b[0m\x07\x08\x0b\x0c\r\x7f\x01end",
    "p\u{e4}ssw\u{f6}rd \u{1f600}!".as_bytes(),
    b"bytes \xff\xfe in no text",
    b"%n %s \\n \\t",
    b"plain-secret_1.2",
];

fn said(shell: &[&str], script: &str, secret: &[u8], locale: &str) -> Option<Vec<u8>> {
    let mut command = Command::new(shell[0]);
    command
        .args(&shell[1..])
        .args(["-c", script, "sh"])
        .arg(OsStr::from_bytes(secret))
        .env_clear()
        .env("PATH", "/usr/bin:/bin");
    command.env("LC_ALL", locale).output().ok().map(|output| output.stdout)
}

/// The secret is masked in each line of what a shell wrote: taking out the masks leaves nothing of it.
#[track_caller]
fn assert_masked(secret: &[u8], said: &[u8], at_least: usize) {
    let masked = Masker::new([secret]).mask(said).into_owned();
    let masked = String::from_utf8_lossy(&masked);
    assert!(masked.matches(MASK).count() >= at_least, "{masked}\nof\n{}", String::from_utf8_lossy(said));
    // What is left is names, quotes and masks: no piece of a secret of three letters.
    for piece in secret.split(|byte| !byte.is_ascii_alphanumeric()).filter(|piece| piece.len() > 2) {
        let piece = String::from_utf8_lossy(piece);
        assert!(!masked.contains(&*piece), "`{piece}` is left in\n{masked}");
    }
}

#[test]
fn what_bash_writes_is_masked() {
    for secret in SECRETS {
        for locale in ["C", "C.UTF-8"] {
            let said = said(&["bash"], BASH, secret, locale).expect("the tests need Bash");
            assert_masked(secret, &said, 7);
        }
    }
}

#[test]
fn what_other_shells_write_is_masked() {
    for shell in [&["dash"][..], &["busybox", "sh"], &["ksh"], &["zsh"]] {
        for secret in SECRETS {
            if let Some(said) = said(shell, POSIX, secret, "C.UTF-8") {
                assert_masked(secret, &said, 2);
            }
        }
    }
}

#[test]
fn each_way_by_itself() {
    let forms = super::quoted(b"it's \"a\" $b\n\xc3\xa9");
    let texts: Vec<&str> = forms.iter().filter_map(|form| std::str::from_utf8(form).ok()).collect();
    let wanted = [
        "it'\\''s \"a\" $b\n\u{e9}",
        "it'\"'\"'s \"a\" $b\n\u{e9}",
        "it\\'s\\ \\\"a\\\"\\ \\$b\\\n\u{e9}",
        "\\i\\t\\'\\s\\ \\\"\\a\\\"\\ \\$\\b\\\n\\\u{e9}",
        "it's \\\"a\\\" \\$b\n\u{e9}",
        "it\\'s \"a\" $b\\n\u{e9}",
        "it\\'s \"a\" $b\\n\\303\\251",
    ];
    assert_eq!(texts, wanted);
    assert!(forms.iter().any(|form| form.ends_with(b"\\\xc3\\\xa9")), "a backslash before each byte");
}
