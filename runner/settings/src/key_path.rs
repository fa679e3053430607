use crate::names::checked_text;

checked_text! {
    /// Where a secret lies in key storage: `keys/...` for the system, `keys/project/NAME/...` for one project.
    ///
    /// Segments are `[A-Za-z0-9._-]+`, never `.` or `..`; the whole has at most 512 characters.
    /// `keys/project` and `keys/project/NAME` themselves name no secret.
    KeyPath, check
}

const LONGEST: usize = 512;

impl KeyPath {
    /// The project whose key this is; `None` for a key of the system.
    pub fn project(&self) -> Option<&str> {
        let (name, _) = self.as_str().strip_prefix("keys/project/")?.split_once('/')?;
        Some(name)
    }
}

fn check(text: &str) -> Result<(), String> {
    let Some(rest) = text.strip_prefix("keys/") else {
        return Err("a key path begins with `keys/`".to_owned());
    };
    if text.len() > LONGEST {
        return Err(format!("a key path has at most {LONGEST} characters"));
    }
    let segments: Vec<&str> = rest.split('/').collect();
    if segments.iter().any(|segment| segment.is_empty() || *segment == "." || *segment == "..") {
        return Err("a segment of a key path may not be empty, `.` or `..`".to_owned());
    }
    if !rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b)) {
        return Err("a key path consists of letters, digits, `.`, `_`, `-` and `/`".to_owned());
    }
    if segments[0] == "project" && segments.len() < 3 {
        return Err("a project's key has the form `keys/project/NAME/...`".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_whose_key_it_is() {
        assert_eq!(KeyPath::parse("keys/aws/ops").unwrap().project(), None);
        assert_eq!(KeyPath::parse("keys/project/web/aws").unwrap().project(), Some("web"));
        assert_eq!(KeyPath::parse("keys/projects/web").unwrap().project(), None);
    }

    #[test]
    fn refuses_what_is_no_path() {
        let long = format!("keys/{}", "x".repeat(508));
        let bad = ["", "keys", "keys/", "key/a", "keys//a", "keys/a/", "keys/../a", "keys/./a", "keys/a b", "keys/ä"];
        for text in bad.into_iter().chain(["keys/project", "keys/project/web", long.as_str()]) {
            assert!(KeyPath::parse(text).is_err(), "{text:?}");
        }
        assert!(KeyPath::parse(&long[..512]).is_ok());
    }
}
