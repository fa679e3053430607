use super::finding::Kind;
use super::several::{Scalar, Several, Unique};
use super::shape::Conditions;

/// What is wrong with the condition on the external ID, which has to be this one; without it, only a condition that is
/// there and does nothing.
pub(super) fn kind(conditions: &Conditions, wanted: Option<&str>) -> Option<Kind> {
    let on_it: Vec<(&str, Vec<&str>)> = conditions
        .0
        .iter()
        .flat_map(|(operator, Unique(keys))| keys.iter().map(move |(key, values)| (operator.as_str(), key, values)))
        // Context keys know no case (AWS IAM user guide, "AWS JSON policy elements: Condition").
        .filter(|(_, key, _)| key.eq_ignore_ascii_case("sts:ExternalId"))
        .map(|(operator, _, Several(values))| (operator, values.iter().map(|Scalar(text)| text.as_str()).collect()))
        .collect();
    let sound: Vec<&Vec<&str>> = on_it
        .iter()
        .filter(|(operator, values)| why_vain(operator, values).is_none())
        .map(|(_, values)| values)
        .collect();
    if let Some(values) = sound.first() {
        let wanted = wanted?;
        let bound = sound.iter().any(|values| ***values == [wanted]);
        return (!bound).then(|| Kind::OtherExternalId { accepted: values.contains(&wanted) });
    }
    match on_it.first() {
        Some((operator, values)) => {
            why_vain(operator, values).map(|why| Kind::VainExternalId { operator: (*operator).to_owned(), why })
        }
        None => wanted.map(|_| Kind::NoExternalId),
    }
}

/// Why a condition with this operator lets in callers that send another external ID, or none (AWS IAM user guide, "IAM JSON
/// policy elements: Condition operators").
fn why_vain(operator: &str, values: &[&str]) -> Option<&'static str> {
    let name = operator.to_ascii_lowercase();
    Some(match name.as_str() {
        "stringequals" | "stringlike" if values.iter().any(|value| value.contains("${")) => {
            "a variable can be whatever the caller sends"
        }
        "stringlike" if values.iter().any(|value| value.contains(['*', '?'])) => "a pattern fits other external IDs",
        "stringequals" | "stringlike" => return None,
        _ if name.ends_with("ifexists") => "it holds as well when the caller sends no external ID",
        _ if name.starts_with("forallvalues:") => "it holds as well when the caller sends no external ID",
        _ if name.starts_with("foranyvalue:") => "it is made for keys with several values, and the external ID is one",
        _ if name.contains("not") => "it lets in all others",
        "null" => "it does not say which external ID",
        "stringequalsignorecase" => "it fits other external IDs, which differ in case",
        _ => "it does not compare texts",
    })
}
