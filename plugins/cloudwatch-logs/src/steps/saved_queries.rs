//! The saved queries ("query definitions") of the step's account and region.

use aws_sdk_cloudwatchlogs::types::QueryDefinition;
use windlass_plugin_api::StepError;

use crate::aws::{About, Calls};

/// A saved query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SavedQuery {
    pub(crate) id: String,
    /// With its folders, `infra/nginx/slow`.
    pub(crate) name: String,
    pub(crate) query: String,
    /// Those that were saved with it.
    pub(crate) log_groups: Vec<String>,
    /// `CWLI`, `SQL` or `PPL`.
    pub(crate) language: String,
    /// Milliseconds since 1970 UTC.
    pub(crate) modified_ms: Option<i64>,
}

/// All saved queries in folder `path` and below it, or all there are, page after page.
pub(crate) async fn list(calls: &Calls<'_>, path: Option<&str>) -> Result<Vec<SavedQuery>, StepError> {
    const ACTION: &str = "logs:DescribeQueryDefinitions";
    let prefix = path.and_then(folder);
    let (mut queries, mut token) = (Vec::new(), None::<String>);
    loop {
        let request = calls.client.describe_query_definitions().set_query_definition_name_prefix(prefix.clone());
        let request = request.set_next_token(token);
        let answer = calls.patiently(ACTION, async || request.clone().send().await).await?;
        let answer = answer.map_err(|error| calls.failure(&error, ACTION, About::SavedQueries))?;
        queries.extend(answer.query_definitions.unwrap_or_default().into_iter().filter_map(SavedQuery::of));
        calls.context.progress(format!("listed {} saved queries", queries.len()), None);
        token = answer.next_token;
        if token.is_none() {
            return Ok(queries);
        }
    }
}

/// Folders are parts of the name: `infra` holds `infra/nginx`, and not `infrastructure`.
fn folder(path: &str) -> Option<String> {
    let path = path.trim_matches('/');
    (!path.is_empty()).then(|| format!("{path}/"))
}

impl SavedQuery {
    fn of(definition: QueryDefinition) -> Option<Self> {
        Some(Self {
            id: definition.query_definition_id?,
            name: definition.name?,
            query: definition.query_string.unwrap_or_default(),
            log_groups: definition.log_group_names.unwrap_or_default(),
            language: definition.query_language.as_ref().map_or("CWLI", |language| language.as_str()).to_owned(),
            modified_ms: definition.last_modified,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_ends_with_a_slash() {
        for (path, expected) in [("infra/nginx", Some("infra/nginx/")), ("/infra/", Some("infra/")), ("/", None)] {
            assert_eq!(folder(path).as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn what_aws_left_out_is_the_first_language() {
        let definition = QueryDefinition::builder().query_definition_id("1").name("a/b").build();
        assert_eq!(SavedQuery::of(definition).unwrap().language, "CWLI");
        assert_eq!(SavedQuery::of(QueryDefinition::builder().name("a/b").build()), None);
    }
}
