/// Spinnaker replaces as often.
const PASSES: usize = 10;
/// What is longer is neither a role nor the name of a session.
const LONGEST: usize = 4096;

/// What the templates of an account may name.
pub(super) struct Tokens<'a> {
    pub(super) name: &'a str,
    pub(super) account_id: Option<&'a str>,
    pub(super) environment: &'a str,
    pub(super) account_type: &'a str,
}

impl Tokens<'_> {
    const NAMES: [&'static str; 4] = ["name", "accountId", "environment", "accountType"];

    /// The text without tokens; the error is the reason. Spinnaker leaves a token that it does not know as it is.
    pub(super) fn fill(&self, template: &str) -> Result<String, String> {
        let [name, account_id, environment, account_type] = Self::NAMES;
        let mut text = Self::short(template.to_owned())?;
        for _ in 0..PASSES {
            let before = text.clone();
            for (token, value) in [
                (name, Some(self.name)),
                (account_id, self.account_id),
                (environment, Some(self.environment)),
                (account_type, Some(self.account_type)),
            ] {
                if let Some(value) = value {
                    let value = Self::short(value.to_owned())?;
                    text = Self::short(text.replace(&format!("{{{{{token}}}}}"), &value))?;
                }
            }
            if text == before {
                return Self::filled(text);
            }
        }
        Err(Self::endless())
    }

    fn endless() -> String {
        format!("its tokens name each other: after {PASSES} times some are left")
    }

    fn short(text: String) -> Result<String, String> {
        let long = || format!("with its tokens filled in it is longer than {LONGEST} bytes");
        if text.len() > LONGEST { Err(long()) } else { Ok(text) }
    }

    fn filled(text: String) -> Result<String, String> {
        let Some((_, rest)) = text.split_once("{{") else { return Ok(text) };
        let token = rest.split_once("}}").map_or(rest, |(token, _)| token);
        if token == "accountId" {
            return Err("`{{accountId}}` stands for nothing without an `accountId`".to_owned());
        }
        if Self::NAMES.contains(&token) {
            return Err(Self::endless());
        }
        let hint = windlass_errors::nearest_hint(token, Self::NAMES);
        Err(format!("`{{{{{token}}}}}` is no token of Spinnaker's; {hint}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens<'a>(environment: &'a str, account_type: &'a str) -> Tokens<'a> {
        Tokens { name: "prod", account_id: Some("012345678901"), environment, account_type }
    }

    #[test]
    fn tokens_are_filled_in_again_and_again() {
        assert_eq!(
            tokens("e", "t").fill("{{name}}-{{accountId}}-{{environment}}{{accountType}}").unwrap(),
            "prod-012345678901-et"
        );
        assert_eq!(tokens("{{accountType}}", "{{name}}").fill("{{environment}}").unwrap(), "prod");
        assert_eq!(tokens("e", "t").fill("plain").unwrap(), "plain");
    }

    #[test]
    fn too_many_levels_of_templatery() {
        assert!(tokens("{{accountType}}", "{{environment}}").fill("{{environment}}").unwrap_err().contains("10 times"));
        let doubling = "{{accountType}}{{accountType}}";
        let error = tokens(doubling, &doubling.repeat(50)).fill("{{environment}}").unwrap_err();
        assert!(error.contains("longer than"), "{error}");
    }

    #[test]
    fn a_token_that_spinnaker_does_not_know_is_told() {
        assert!(tokens("e", "t").fill("{{region}}").unwrap_err().contains("`{{region}}` is no token"));
        assert!(tokens("e", "t").fill("{{nam}}").unwrap_err().contains("did you mean `name`?"));
        assert!(tokens("e", "t").fill("{{").unwrap_err().contains("no token"));
        let without = Tokens { account_id: None, ..tokens("e", "t") };
        assert!(without.fill("{{accountId}}").unwrap_err().contains("stands for nothing"));
    }
}
