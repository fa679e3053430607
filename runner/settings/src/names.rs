//! Names and identifiers: text with a rule, checked once where it enters.

/// Declares a checked text type: `parse`, `as_str`, `Display`, and serde through the same rule.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $rule:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// Checks the text; the error is the reason, without the text itself.
            pub fn parse(text: &str) -> Result<Self, String> {
                $rule(text)?;
                Ok(Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = String;

            fn from_str(text: &str) -> Result<Self, String> {
                Self::parse(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = String;

            fn try_from(text: String) -> Result<Self, String> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> String {
                value.0
            }
        }
    };
}
pub(crate) use checked_text;

checked_text! {
    /// The name of an account in one scope: `[A-Za-z0-9._-]+`, at most 100 characters.
    AccountName, check_name
}

checked_text! {
    /// The name of a project: `[A-Za-z0-9._-]+`, at most 100 characters; not `.` or `..`, for it becomes a part of key paths.
    ProjectName, check_name
}

checked_text! {
    /// An AWS account id: exactly twelve digits, so a leading zero counts.
    AccountId, check_account_id
}

checked_text! {
    /// An external ID for `sts:AssumeRole`: 2 to 1224 characters of `[\w+=,.@:/-]` (AWS STS API reference, `AssumeRole`).
    ExternalId, check_external_id
}

const LONGEST_NAME: usize = 100;

fn check_name(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("a name may not be empty".to_owned());
    }
    if text.len() > LONGEST_NAME {
        return Err(format!("a name has at most {LONGEST_NAME} characters"));
    }
    if text == "." || text == ".." {
        return Err("`.` and `..` are no names".to_owned());
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) {
        return Err("a name consists of letters, digits, `.`, `_` and `-`".to_owned());
    }
    Ok(())
}

fn check_account_id(text: &str) -> Result<(), String> {
    if text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()) {
        return Ok(());
    }
    Err("an AWS account id is exactly twelve digits".to_owned())
}

fn check_external_id(text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err("an external ID may not be empty; leave the key out when the role asks for none".to_owned());
    }
    if !(2..=1224).contains(&text.len()) {
        return Err("an external ID has 2 to 1224 characters".to_owned());
    }
    if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@:/-".contains(&b)) {
        return Err("an external ID consists of letters, digits and `_+=,.@:/-`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(ProjectName::parse("web_2.eu-west").is_ok());
        for bad in ["", "a b", "a/b", "..", "é", &"x".repeat(101)] {
            assert!(ProjectName::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_account_id_is_twelve_digits() {
        assert!(AccountId::parse("012345678901").is_ok());
        for bad in ["12345678901", "1234567890123", "12345678901x", "１２３４"] {
            assert!(AccountId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn an_external_id_has_its_length_and_alphabet() {
        assert!(ExternalId::parse("a:/=+@,.-_").is_ok());
        assert!(ExternalId::parse(&"x".repeat(1224)).is_ok());
        for bad in ["", "a", "a b", "a#b", &"x".repeat(1225)] {
            assert!(ExternalId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn serde_uses_the_same_rule() {
        assert!(serde_json::from_str::<AccountName>("\"prod\"").is_ok());
        assert!(serde_json::from_str::<AccountName>("\"pr od\"").is_err());
    }
}
