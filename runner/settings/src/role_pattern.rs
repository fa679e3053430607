use std::fmt;

use crate::RoleArn;

/// Which roles are meant: an ARN in which the account and the resource may hold `*` and `?`.
///
/// Each of the six parts is compared by itself, so that no pattern reaches into another part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolePattern(String);

impl RolePattern {
    /// Checks a pattern; the error is the reason.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        match parts[..] {
            ["arn", _, "iam", "", account, resource] if !account.is_empty() && resource.starts_with("role/") => {
                Ok(Self(text.to_owned()))
            }
            _ => Err("a pattern of roles is written like `arn:aws:iam::*:role/windlass-*`".to_owned()),
        }
    }

    /// Whether the role is one of them.
    pub fn matches(&self, role: &RoleArn) -> bool {
        let parts = self.0.splitn(6, ':').zip(role.as_str().splitn(6, ':'));
        parts.into_iter().all(|(pattern, text)| fits(pattern.as_bytes(), text.as_bytes()))
    }
}

impl fmt::Display for RolePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// `*` stands for any text, `?` for one character. Goes back to the last `*` only, which is enough.
fn fits(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, from));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == text[from] => {
                at += 1;
                from += 1;
            }
            _ => {
                let Some((after, began)) = star else { return false };
                star = Some((after, began + 1));
                (at, from) = (after, began + 1);
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, role: &str) -> bool {
        RolePattern::parse(pattern).unwrap().matches(&RoleArn::parse(role).unwrap())
    }

    #[test]
    fn stars_and_question_marks() {
        let role = "arn:aws:iam::111122223333:role/ops/windlass-reader";
        for good in [
            role,
            "arn:aws:iam::*:role/ops/windlass-*",
            "arn:*:iam::1111222233??:role/*reader",
            "arn:aws:iam::111122223333:role/*",
        ] {
            assert!(matches(good, role), "{good}");
        }
        for bad in [
            "arn:aws:iam::*:role/windlass-*",
            "arn:aws-cn:iam::*:role/*",
            "arn:aws:iam::1111:role/*",
            "arn:aws:iam::111122223333:role/ops/windlass-reade",
            "arn:aws:iam::111122223333:role/*writer",
        ] {
            assert!(!matches(bad, role), "{bad}");
        }
    }

    #[test]
    fn what_is_no_pattern_of_roles_is_refused() {
        for bad in ["*", "arn:aws:iam::*:user/x", "arn:aws:iam:::role/x", "role/x", "arn:aws:sts::1:role/x"] {
            assert!(RolePattern::parse(bad).is_err(), "{bad}");
        }
    }
}
