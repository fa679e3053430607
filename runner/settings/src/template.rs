use std::fmt;

/// A text with `{{project}}`, `{{job}}` and `{{execution}}`, which are filled in for each session.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template(String);

const PLACEHOLDERS: [&str; 3] = ["project", "job", "execution"];

impl Template {
    /// Checks that each placeholder is known and closed; the error is the reason.
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
        Ok(Self(template.to_owned()))
    }

    /// The text for one execution.
    pub fn fill(&self, project: &str, job: &str, execution: &str) -> String {
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
        filled
    }

    /// The template itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_not_filled_in_twice() {
        let name = Template::parse("{{project}}{{ job }}").unwrap();
        assert_eq!(name.fill("{{job}}", "x", ""), "{{job}}x");
    }

    #[test]
    fn refuses_unknown_and_open_placeholders() {
        assert!(Template::parse("{{jbo}}").unwrap_err().contains("did you mean `job`?"));
        assert!(Template::parse("a{{job").is_err());
    }
}
