use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, STANDARD, URL_SAFE};

/// What a secret may look like: as it is, in hex, in base64 alone or anywhere within something longer, encoded for
/// URLs, escaped for JSON, and quoted for shells; each with its name.
pub(super) fn forms(secret: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let mut forms = vec![
        ("plain", secret.to_vec()),
        ("hex", each(secret, |byte| format!("{byte:02x}"))),
        ("hex", each(secret, |byte| format!("{byte:02X}"))),
    ];
    for alphabet in [STANDARD, URL_SAFE] {
        forms.extend((0..3).map(|before| ("base64", within_base64(secret, before, &alphabet))));
    }
    for (kept, upper) in [("-._~", true), ("-._~", false), ("-._~/", true), ("-._~/", false)] {
        forms.push(("URL", each(secret, |byte| url(byte, kept, upper))));
    }
    forms.extend(json(secret).map(|form| ("JSON", form)));
    forms.extend(shell(secret).map(|form| ("shell", form)));
    forms.sort_by(|one, other| one.1.cmp(&other.1));
    forms.dedup_by(|one, other| one.1 == other.1);
    forms
}

fn each(secret: &[u8], written: impl Fn(u8) -> String) -> Vec<u8> {
    secret.iter().flat_map(|byte| written(*byte).into_bytes()).collect()
}

/// The characters that are the same whatever stands around the secret, when `before` bytes (or three more, and so on)
/// stand before it: three bytes make four characters.
fn within_base64(secret: &[u8], before: usize, alphabet: &GeneralPurpose) -> Vec<u8> {
    let encoded = |around: u8| alphabet.encode([&vec![around; before], secret, &[around; 3]].concat()).into_bytes();
    let both = encoded(0).into_iter().zip(encoded(0xff));
    both.filter(|(one, other)| one == other && *one != b'=').map(|(one, _)| one).collect()
}

fn url(byte: u8, kept: &str, upper: bool) -> String {
    match char::from(byte) {
        character if character.is_ascii_alphanumeric() || kept.contains(character) => character.to_string(),
        _ if upper => format!("%{byte:02X}"),
        _ => format!("%{byte:02x}"),
    }
}

/// As every encoder must escape (RFC 8259, section 7), with the slash escaped too (PHP), and with each sign as a number
/// (encoders that write for HTML).
fn json(secret: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let text = std::str::from_utf8(secret).ok();
    let least =
        text.and_then(|text| serde_json::to_string(text).ok()).map(|quoted| quoted[1..quoted.len() - 1].to_owned());
    let slash = least.as_ref().map(|least| least.replace('/', "\\/"));
    let sign = |character: char| match character {
        character if character.is_ascii_alphanumeric() => character.to_string(),
        character => format!("\\u{:04x}", u32::from(character)),
    };
    let signs = text.map(|text| text.chars().map(sign).collect());
    [least, slash, signs].into_iter().flatten().map(String::into_bytes)
}

/// Between single quotes, between double quotes, and with backslashes: before all that is special (Bash's `printf %q`) and
/// before everything (its traces of patterns).
fn shell(secret: &[u8]) -> [Vec<u8>; 4] {
    let escaped = |special: &dyn Fn(u8) -> bool| {
        let before = |byte: &u8| special(*byte).then_some(b'\\');
        secret.iter().flat_map(|byte| before(byte).into_iter().chain([*byte])).collect()
    };
    [
        secret.split(|byte| *byte == b'\'').collect::<Vec<_>>().join(&br"'\''"[..]),
        escaped(&|byte| b"\"$`\\".contains(&byte)),
        escaped(&|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric() && !b"#%+-./:=@_~".contains(&byte)),
        escaped(&|_| true),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJa/rXU+tnF=\"MI";

    #[track_caller]
    fn found(text: &[u8]) {
        let within = |form: &Vec<u8>| text.windows(form.len()).any(|window| window == form);
        assert!(forms(SECRET.as_bytes()).iter().any(|(_, form)| within(form)), "{}", String::from_utf8_lossy(text));
    }

    #[test]
    fn every_usual_form_is_known() {
        for text in [
            "wJa/rXU+tnF=\"MI",
            "774a612f7258552b746e463d224d49",
            "774A612F7258552B746E463D224D49",
            "wJa%2FrXU%2BtnF%3D%22MI",
            "wJa%2frXU%2btnF%3d%22MI",
            "wJa/rXU%2BtnF%3D%22MI",
            r#"wJa/rXU+tnF=\"MI"#,
            r#"wJa\/rXU+tnF=\"MI"#,
            r#"wJa/rXU+tnF=\"MI"#,
            r#"\w\J\a\/\r\X\U\+\t\n\F\=\"\M\I"#,
            r"wJa\u002frXU\u002btnF\u003d\u0022MI",
        ] {
            found(text.as_bytes());
        }
    }

    #[test]
    fn base64_is_known_wherever_it_stands() {
        for (before, after) in (0..6).flat_map(|before| (0..4).map(move |after| (before, after))) {
            let text = format!("{}{SECRET}{}", &"a:\nb? "[..before], &"~~~~"[..after]);
            found(STANDARD.encode(&text).as_bytes());
            found(URL_SAFE.encode(&text).as_bytes());
        }
    }

    #[test]
    fn bytes_that_are_no_text_have_forms_too() {
        let forms = forms(&[0xff; 8]);
        assert!(forms.iter().any(|(_, form)| form == b"ffffffffffffffff"));
        assert!(!forms.iter().any(|(name, _)| *name == "JSON"));
    }
}
