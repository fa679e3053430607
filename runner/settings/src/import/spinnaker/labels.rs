use super::draft::Draft;
use super::fields::Fields;
use super::tokens::Tokens;
use crate::shape::Text;

/// What the templates of an account may name besides its name and number.
pub(super) struct Labels {
    environment: Option<Text>,
    account_type: Option<Text>,
}

impl Labels {
    /// The labels that a template names, one way or another; the others mean nothing here.
    pub(super) fn of(draft: &mut Draft<'_, '_>, fields: &mut Fields<'_>, templates: [Option<&Text>; 2]) -> Self {
        let (environment, account_type) = ("environment", "accountType");
        let written = draft.original.text;
        let label = |key: &str, fields: &Fields<'_>| Some(fields.peek(key)?.text(written)?.to_owned());
        let in_templates = |key: &str| templates.iter().flatten().any(|text| names(text.as_str(), key));
        let through =
            |other: &str, key: &str| in_templates(other) && label(other, fields).is_some_and(|text| names(&text, key));
        let by_environment = in_templates(environment) || through(account_type, environment);
        let by_type = in_templates(account_type) || through(environment, account_type);
        let mut take = |key: &str, is_named: bool| fields.take_if(key, is_named).and_then(|node| draft.text(key, node));
        Self { environment: take(environment, by_environment), account_type: take(account_type, by_type) }
    }

    /// The template without tokens; none, with the reason recorded, when some stay.
    pub(super) fn fill(
        &self,
        draft: &mut Draft<'_, '_>,
        template: &Text,
        name: &Text,
        account_id: Option<&Text>,
    ) -> Option<Text> {
        let tokens = Tokens {
            name: name.as_str(),
            account_id: account_id.map(Text::as_str),
            environment: self.environment.as_ref().unwrap_or(name).as_str(),
            account_type: self.account_type.as_ref().unwrap_or(name).as_str(),
        };
        match tokens.fill(template.as_str()) {
            Ok(filled) => Some(Text::at(template.into(), filled)),
            Err(reason) => {
                draft.fault(template.into(), reason, None);
                None
            }
        }
    }
}

fn names(text: &str, token: &str) -> bool {
    text.contains(&format!("{{{{{token}}}}}"))
}
