use std::fmt;

/// The template of a role session's name.
///
/// `{{project}}`, `{{job}}` and `{{execution}}` are filled in by [`render`](Self::render). A name that holds
/// `{{execution}}` differs for each execution, so that sessions can no longer be shared between executions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SessionName(String);

/// `windlass-{{project}}-{{job}}`: `CloudTrail` then names the job, and a job's executions share sessions.
const DEFAULT: &str = "windlass-{{project}}-{{job}}";
const PLACEHOLDERS: [&str; 3] = ["project", "job", "execution"];
const LONGEST: usize = 64;

impl SessionName {
    /// Checks a template; the error is the reason.
    pub fn parse(template: &str) -> Result<Self, String> {
        let mut rest = template;
        while let Some((_, after)) = rest.split_once("{{") {
            let Some((name, after)) = after.split_once("}}") else {
                return Err("a placeholder `{{` is not closed with `}}`".to_owned());
            };
            if !PLACEHOLDERS.contains(&name.trim()) {
                let hint = windlass_errors::nearest_hint(name.trim(), PLACEHOLDERS);
                return Err(format!("there is no placeholder `{}`; {hint}", name.trim()));
            }
            rest = after;
        }
        if template.len() < 2 {
            return Err("a session name has at least 2 characters".to_owned());
        }
        Ok(Self(template.to_owned()))
    }

    /// The name for one execution: 2 to 64 characters of `[\w+=,.@-]` (AWS STS API reference, `AssumeRole`).
    ///
    /// Other characters become `-`; what is longer is cut, what is shorter is filled up with `-`.
    pub fn render(&self, project: &str, job: &str, execution: &str) -> String {
        let mut filled = String::new();
        let mut rest = self.0.as_str();
        while let Some((before, after)) = rest.split_once("{{") {
            let (name, after) = after.split_once("}}").expect("`parse` saw that each placeholder is closed");
            filled.push_str(before);
            filled.push_str(match name.trim() {
                "project" => project,
                "job" => job,
                _ => execution,
            });
            rest = after;
        }
        filled.push_str(rest);
        let mut name: String = filled.chars().map(allowed_or_dash).take(LONGEST).collect();
        while name.len() < 2 {
            name.push('-');
        }
        name
    }

    /// The template itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for SessionName {
    fn default() -> Self {
        Self(DEFAULT.to_owned())
    }
}

impl fmt::Display for SessionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
    fn a_value_is_not_filled_in_twice() {
        let name = SessionName::parse("{{project}}{{job}}").unwrap();
        assert_eq!(name.render("{{job}}", "x", ""), "--job--x");
    }

    #[test]
    fn has_2_to_64_characters() {
        let name = SessionName::parse("{{job}}").unwrap();
        assert_eq!(name.render("", &"x".repeat(100), "").len(), 64);
        assert_eq!(name.render("", "a", ""), "a-");
    }

    #[test]
    fn refuses_unknown_and_open_placeholders() {
        assert!(SessionName::parse("{{jbo}}").unwrap_err().contains("did you mean `job`?"));
        assert!(SessionName::parse("a{{job").is_err());
        assert!(SessionName::parse("a").is_err());
    }
}
