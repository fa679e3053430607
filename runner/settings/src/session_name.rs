use std::fmt;

use crate::Template;

/// The template of a role session's name, or of its source identity: STS has the same rule for both.
///
/// A name that holds `{{execution}}` differs for each execution, so that sessions can no longer be shared between
/// executions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionName(Template);

/// `windlass-{{project}}-{{job}}`: `CloudTrail` then names the job, and a job's executions share sessions.
const DEFAULT: &str = "windlass-{{project}}-{{job}}";
const LONGEST: usize = 64;

impl SessionName {
    /// Checks a template; the error is the reason.
    pub fn parse(template: &str) -> Result<Self, String> {
        let parsed = Template::parse(template)?;
        if template.len() < 2 {
            return Err("a session name has at least 2 characters".to_owned());
        }
        Ok(Self(parsed))
    }

    /// The name for one execution: 2 to 64 characters of `[\w+=,.@-]` (AWS STS API reference, `AssumeRole`).
    ///
    /// Other characters become `-`; what is longer is cut, what is shorter is filled up with `-`.
    pub fn render(&self, project: &str, job: &str, execution: &str) -> String {
        let filled = self.0.fill(project, job, execution);
        let mut name: String = filled.chars().map(allowed_or_dash).take(LONGEST).collect();
        while name.len() < 2 {
            name.push('-');
        }
        name
    }

    /// The template itself.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl Default for SessionName {
    fn default() -> Self {
        Self(Template::parse(DEFAULT).expect("the default is well formed"))
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

fn allowed_or_dash(c: char) -> char {
    if c.is_ascii_alphanumeric() || "_+=,.@-".contains(c) { c } else { '-' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_in_and_cleans() {
        let name = SessionName::parse("w-{{project}}-{{ job }}-{{execution}}").unwrap();
        assert_eq!(name.render("web", "top paths/ä", "01f"), "w-web-top-paths---01f");
        assert_eq!(SessionName::default().render("web", "clean", ""), "windlass-web-clean");
    }

    #[test]
    fn has_2_to_64_characters() {
        let name = SessionName::parse("{{job}}").unwrap();
        assert_eq!(name.render("", &"x".repeat(100), "").len(), 64);
        assert_eq!(name.render("", "a", ""), "a-");
        assert!(SessionName::parse("a").is_err());
    }
}
