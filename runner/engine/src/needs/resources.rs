//! The ARNs of resources that a step's configuration names.

use serde_json::Value;
use windlass_credentials::literal;
use windlass_jobs::literals;
use windlass_plugin_api::ResourcesMetadata;

use super::texts;

/// Where resources lie.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) partition: Option<&'static str>,
    pub(super) account: Option<String>,
    /// At least one, or `*`.
    pub(super) regions: Vec<String>,
}

/// Whether a configuration is as it was written, or its expressions have become what they stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Written,
    Evaluated,
}

const NAME: &str = "{name}";

/// The ARNs for policies; nothing when the configuration does not name resources, or the templates are none.
///
/// What an expression stands for is not known before the step runs: there is a `*` in its place.
pub(super) fn arns(resources: &ResourcesMetadata, with: &Value, place: &Place, form: Form) -> Option<Vec<String>> {
    let named = texts(with, &resources.names)?;
    let mut arns = Vec::new();
    for template in &resources.arns {
        for text in &named {
            arns.extend(arns_of(template, text, place, resources.patterns, form)?);
        }
    }
    Some(arns)
}

/// Whether one of the names that a configuration has is a pattern, or may come to be one.
pub(super) fn has_pattern(resources: &ResourcesMetadata, with: &Value, form: Form) -> bool {
    if with.pointer(&resources.names).is_none() {
        return false;
    }
    let Some(named) = texts(with, &resources.names) else { return true };
    named.iter().any(|text| {
        // Consoles show some ARNs with a `:*` at their end.
        let text = text.strip_suffix(":*").filter(|text| text.starts_with("arn:")).unwrap_or(text);
        text.contains('*') || (form == Form::Written && literals(text).iter().any(Option::is_none))
    })
}

fn arns_of(template: &str, text: &str, place: &Place, patterns: bool, form: Form) -> Option<Vec<String>> {
    let [_, _, service, _, _, resource] = six(template)?;
    let (before, after) = resource.split_once(NAME)?;
    let Some([_, partition, own_service, region, account, own]) = six(text) else {
        let name = form.name(text, patterns);
        let any = "*".to_owned();
        let render = |region: &String| {
            template
                .replace("{partition}", place.partition.unwrap_or(&any))
                .replace("{region}", region)
                .replace("{account}", place.account.as_ref().unwrap_or(&any))
                .replace(NAME, &name)
        };
        return Some(place.regions.iter().map(render).collect());
    };
    // The name itself may be an ARN, which says where the resource lies; of its own kind only.
    let name = own.strip_prefix(before).filter(|_| own_service == service)?;
    // Consoles show some ARNs with a `:*` at their end.
    let name = form.name(name.strip_suffix(":*").unwrap_or(name), patterns);
    let place = [partition, service, region, account].map(|part| form.pattern(part)).join(":");
    Some(vec![format!("arn:{place}:{before}{name}{after}")])
}

/// The parts of an ARN.
fn six(text: &str) -> Option<[&str; 6]> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    <[&str; 6]>::try_from(parts).ok().filter(|parts| parts[0] == "arn")
}

impl Form {
    /// A name of a resource, in which a `*` may stand for any text.
    fn name(self, text: &str, patterns: bool) -> String {
        if !patterns {
            return self.pattern(text);
        }
        let stars = |text: &str| text.split('*').map(literal).collect::<Vec<_>>().join("*");
        match self {
            Self::Evaluated => stars(text),
            Self::Written => {
                literals(text).into_iter().map(|piece| piece.map_or_else(|| "*".to_owned(), stars)).collect()
            }
        }
    }

    fn pattern(self, text: &str) -> String {
        match self {
            Self::Evaluated => literal(text),
            Self::Written => {
                literals(text).into_iter().map(|piece| piece.map_or_else(|| "*".to_owned(), literal)).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn declared(patterns: bool) -> ResourcesMetadata {
        ResourcesMetadata {
            actions: vec!["logs:StartQuery".to_owned()],
            names: "/logGroups".to_owned(),
            arns: vec!["arn:{partition}:logs:{region}:{account}:log-group:{name}:*".to_owned()],
            patterns,
            lookups: Vec::new(),
        }
    }

    fn found(log_groups: &Value, place: &Place) -> Option<Vec<String>> {
        arns(&declared(false), &json!({ "logGroups": log_groups }), place, Form::Written)
    }

    fn in_two_regions() -> Place {
        let regions = ["eu-west-1", "us-east-1"].map(str::to_owned).to_vec();
        Place { partition: Some("aws"), account: Some("444455556666".to_owned()), regions }
    }

    fn nowhere() -> Place {
        Place { partition: None, account: None, regions: vec!["*".to_owned()] }
    }

    #[test]
    fn a_name_lies_where_the_account_does() {
        let arn = |region: &str| format!("arn:aws:logs:{region}:444455556666:log-group:/web/access:*");
        let wanted = Some(vec![arn("eu-west-1"), arn("us-east-1")]);
        assert_eq!(found(&json!(["/web/access"]), &in_two_regions()), wanted);
        assert_eq!(found(&json!("/web/access"), &in_two_regions()), wanted);
        let anywhere = "arn:*:logs:*:*:log-group:/web/access:*".to_owned();
        assert_eq!(found(&json!(["/web/access"]), &nowhere()), Some(vec![anywhere]));
    }

    #[test]
    fn an_arn_says_itself_where_it_lies() {
        let wanted = Some(vec!["arn:aws-cn:logs:cn-north-1:111122223333:log-group:/a:*".to_owned()]);
        for text in ["", ":*"].map(|end| format!("arn:aws-cn:logs:cn-north-1:111122223333:log-group:/a{end}")) {
            assert_eq!(found(&json!([text]), &in_two_regions()), wanted, "{text}");
        }
        assert_eq!(found(&json!(["arn:aws:s3:::bucket"]), &in_two_regions()), None);
    }

    #[test]
    fn an_expression_can_be_anything_and_a_star_is_one() {
        let one = |text: &str| found(&json!([text]), &nowhere()).unwrap().remove(0);
        assert_eq!(one("/web/${{ options.stage }}/access"), "arn:*:logs:*:*:log-group:/web/*/access:*");
        assert_eq!(one("/web/*"), "arn:*:logs:*:*:log-group:/web/${*}:*");
        let whole = found(&json!("${{ options.groups }}"), &nowhere()).unwrap();
        assert_eq!(whole, ["arn:*:logs:*:*:log-group:*:*"]);
    }

    #[test]
    fn a_star_stands_for_any_text_where_the_step_type_says_so() {
        let one =
            |text: &str, form| arns(&declared(true), &json!({"logGroups": text}), &nowhere(), form).unwrap().remove(0);
        for form in [Form::Written, Form::Evaluated] {
            assert_eq!(one("/aws/lambda/*", form), "arn:*:logs:*:*:log-group:/aws/lambda/*:*");
            let arn = "arn:aws:logs:eu-*:111122223333:log-group:/aws/*-a?b:*";
            assert_eq!(one(arn, form), "arn:aws:logs:eu-${*}:111122223333:log-group:/aws/*-a${?}b:*");
        }
        assert_eq!(one("/${{ options.stage }}/*", Form::Written), "arn:*:logs:*:*:log-group:/*/*:*");
        assert_eq!(one("/${{ x }}*", Form::Evaluated), "arn:*:logs:*:*:log-group:/${$}{{ x }}*:*");
    }

    #[test]
    fn a_pattern_is_seen_or_suspected() {
        let has = |log_groups: Value, form| has_pattern(&declared(true), &json!({"logGroups": log_groups}), form);
        for (log_groups, written, evaluated) in [
            (json!(["/a", "arn:aws:logs:eu-west-1:111122223333:log-group:/a:*"]), false, false),
            (json!(["/a", "/b/*"]), true, true),
            (json!(["/a/${{ options.stage }}"]), true, false),
            (json!("${{ options.groups }}"), true, false),
        ] {
            assert_eq!(has(log_groups.clone(), Form::Written), written, "{log_groups}");
            assert_eq!(has(log_groups.clone(), Form::Evaluated), evaluated, "{log_groups}");
        }
        assert!(!has_pattern(&declared(true), &json!({}), Form::Written));
    }

    #[test]
    fn what_was_evaluated_has_no_expressions() {
        assert_eq!(Form::Evaluated.pattern("/web/${{ x }}*"), "/web/${$}{{ x }}${*}");
    }

    #[test]
    fn what_is_not_named_is_not_known() {
        for nothing in [json!(null), json!(5), json!([5])] {
            assert_eq!(found(&nothing, &nowhere()), None, "{nothing}");
        }
    }
}
