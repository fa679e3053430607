//! The log groups and saved queries of a script, and how they are listed.

use super::answer::Answer;
use super::events::Event;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogGroup {
    /// Its name.
    pub name: String,
    /// How many days its events are kept; for ever when there is none.
    pub retention_days: Option<i64>,
    /// How much lies in it.
    pub stored_bytes: i64,
    /// When it was made, in milliseconds since 1970 UTC.
    pub created_ms: i64,
    /// The region that has it; every region when there is none.
    pub region: Option<String>,
}

impl LogGroup {
    /// A log group of every region, empty, that keeps what comes.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let created_ms = 1_767_225_600_000; // 2026-01-01
        Self { name: name.to_owned(), retention_days: None, stored_bytes: 0, created_ms, region: None }
    }

    fn is_in(&self, region: &str) -> bool {
        self.region.as_deref().is_none_or(|own| own == region)
    }
}

/// A saved query ("query definition").
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedQuery {
    /// Its identifier.
    pub id: String,
    /// Its name; slashes stand between the folders that the console shows.
    pub name: String,
    /// Its text.
    pub query: String,
    /// The log groups that were saved with it.
    pub log_groups: Vec<String>,
    /// `CWLI`, `SQL` or `PPL`.
    pub language: String,
}

impl SavedQuery {
    /// A query of one log group in the Logs Insights language.
    #[must_use]
    pub fn new(id: &str, name: &str, query: &str, log_group: &str) -> Self {
        let [id, name, query, language] = [id, name, query, "CWLI"].map(str::to_owned);
        Self { id, name, query, log_groups: vec![log_group.to_owned()], language }
    }
}

#[derive(Debug)]
pub(crate) struct Catalog {
    groups: Vec<LogGroup>,
    saved: Vec<SavedQuery>,
    account: String,
}

impl Catalog {
    /// The groups are those of the script and those of its events.
    pub(crate) fn new(groups: Vec<LogGroup>, events: &[Event], saved: Vec<SavedQuery>, account: String) -> Self {
        let of_events = events.iter().map(|event| ((event.group.as_str(), event.region.as_deref()), event));
        let of_events = of_events.collect::<BTreeMap<_, _>>().into_values();
        let of_events = of_events.map(|event| LogGroup { region: event.region.clone(), ..LogGroup::new(&event.group) });
        let mut all: Vec<LogGroup> = groups.into_iter().chain(of_events).collect();
        // The stable order keeps the script's own group before one that only events name.
        all.sort_by(|one, other| one.name.cmp(&other.name));
        Self { groups: all, saved, account }
    }

    pub(crate) fn has_group(&self, name: &str, region: &str) -> bool {
        self.groups.iter().any(|group| group.name == name && group.is_in(region))
    }

    /// "The results are ASCII-sorted by log group name", at most 50 of them; "`logGroupNamePrefix` and
    /// `logGroupNamePattern` are mutually exclusive"; the pattern is "a case-sensitive substring search", and with it
    /// "only `arn`, `creationTime`, and `logGroupName` are included in the response". (API Reference,
    /// `DescribeLogGroups`)
    pub(crate) fn describe_groups(&self, body: &Value, region: &str) -> Result<Answer, Answer> {
        let (prefix, part) = (body["logGroupNamePrefix"].as_str(), body["logGroupNamePattern"].as_str());
        if prefix.is_some() && part.is_some() {
            return Err(Answer::invalid("logGroupNamePrefix and logGroupNamePattern are mutually exclusive"));
        }
        let mut groups: Vec<&LogGroup> = self.groups.iter().filter(|group| group.is_in(region)).collect();
        groups.dedup_by(|later, kept| later.name == kept.name);
        groups.retain(|group| prefix.is_none_or(|prefix| group.name.starts_with(prefix)));
        groups.retain(|group| part.is_none_or(|part| group.name.contains(part)));
        let shown = |group: &LogGroup| {
            let arn = format!("arn:aws:logs:{region}:{}:log-group:{}", self.account, group.name);
            let mut shown = json!({"logGroupName": group.name, "arn": format!("{arn}:*"),
                "creationTime": group.created_ms});
            if part.is_none() {
                shown["logGroupArn"] = json!(arn);
                shown["storedBytes"] = json!(group.stored_bytes);
                shown["logGroupClass"] = json!("STANDARD");
                if let Some(days) = group.retention_days {
                    shown["retentionInDays"] = json!(days);
                }
            }
            shown
        };
        listed(
            &groups,
            body,
            ("limit", 50),
            |groups| json!({"logGroups": groups.iter().map(|group| shown(group)).collect::<Vec<_>>()}),
        )
    }

    /// "only the query definitions that have names that start with the prefix"; `maxResults` is at most 1000. The page
    /// names no default: 50 here, so that a client must go on with the token. (API Reference,
    /// `DescribeQueryDefinitions`)
    pub(crate) fn describe_saved(&self, body: &Value) -> Result<Answer, Answer> {
        let (prefix, language) = (body["queryDefinitionNamePrefix"].as_str(), body["queryLanguage"].as_str());
        let fits = |saved: &&SavedQuery| {
            prefix.is_none_or(|prefix| saved.name.starts_with(prefix))
                && language.is_none_or(|language| saved.language == language)
        };
        let saved: Vec<&SavedQuery> = self.saved.iter().filter(fits).collect();
        let shown = |saved: &&SavedQuery| {
            json!({"queryDefinitionId": saved.id, "name": saved.name, "queryString": saved.query,
                "logGroupNames": saved.log_groups, "queryLanguage": saved.language, "lastModified": 1_767_225_600_000_i64})
        };
        listed(
            &saved,
            body,
            ("maxResults", 1000),
            |saved| json!({"queryDefinitions": saved.iter().map(shown).collect::<Vec<_>>()}),
        )
    }
}

/// One page of a list, 50 long unless the call says otherwise in `limit` (its name, and the most that it may be).
fn listed<T>(
    all: &[T],
    body: &Value,
    (limit, most): (&str, u64),
    page: impl FnOnce(&[T]) -> Value,
) -> Result<Answer, Answer> {
    let length = if body[limit].is_null() { Some(50) } else { body[limit].as_u64() };
    let length = length.filter(|length| (1..=most).contains(length)).and_then(|length| usize::try_from(length).ok());
    let refuse = || Answer::invalid(&format!("Value at '{limit}' must be between 1 and {most}"));
    let length = length.ok_or_else(refuse)?;
    let from = super::answer::offset(body)?.min(all.len());
    let to = all.len().min(from + length);
    let mut page = page(&all[from..to]);
    if to < all.len() {
        page["nextToken"] = json!(super::answer::token(to));
    }
    Ok(Answer::ok(page))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog() -> Catalog {
        let named = |number: usize| LogGroup::new(&format!("/app/{number:03}"));
        let mut groups: Vec<LogGroup> = (0..120).map(named).collect();
        groups.push(LogGroup { retention_days: Some(7), region: Some("eu-west-1".to_owned()), ..LogGroup::new("/eu") });
        let saved = vec![
            SavedQuery::new("1", "infra/nginx/slow", "fields @message", "/app/001"),
            SavedQuery { language: "PPL".to_owned(), ..SavedQuery::new("2", "other", "x", "/app/001") },
        ];
        Catalog::new(groups, &[Event::new("/app/000", "s", 0, "x")], saved, "111122223333".to_owned())
    }

    fn names(answer: &Answer) -> Vec<&str> {
        let groups = answer.body["logGroups"].as_array().unwrap();
        groups.iter().map(|group| group["logGroupName"].as_str().unwrap()).collect()
    }

    #[test]
    fn groups_come_fifty_at_a_time() {
        let (catalog, mut body, mut lengths) = (catalog(), json!({}), Vec::new());
        loop {
            let page = catalog.describe_groups(&body, "us-east-1").unwrap();
            lengths.push(names(&page).len());
            match &page.body["nextToken"] {
                Value::Null => break,
                token => body = json!({"nextToken": token}),
            }
        }
        assert_eq!(lengths, [50, 50, 20]);
        assert_eq!(catalog.describe_groups(&json!({"limit": 51}), "us-east-1").unwrap_err().status, 400);
    }

    #[test]
    fn groups_are_found_by_prefix_or_part() {
        let catalog = catalog();
        let found = catalog.describe_groups(&json!({"logGroupNamePrefix": "/app/11"}), "us-east-1").unwrap();
        assert_eq!((names(&found).len(), &found.body["logGroups"][0]["storedBytes"]), (10, &json!(0)));
        let found = catalog.describe_groups(&json!({"logGroupNamePattern": "eu"}), "eu-west-1").unwrap();
        assert_eq!((names(&found), &found.body["logGroups"][0]["retentionInDays"]), (vec!["/eu"], &Value::Null));
        assert!(
            names(&catalog.describe_groups(&json!({"logGroupNamePattern": "eu"}), "us-east-1").unwrap()).is_empty()
        );
        let both = json!({"logGroupNamePattern": "eu", "logGroupNamePrefix": "/"});
        assert_eq!(
            catalog.describe_groups(&both, "us-east-1").unwrap_err().body["__type"],
            "InvalidParameterException"
        );
    }

    #[test]
    fn saved_queries_are_found_by_prefix_and_language() {
        let found = |body| catalog().describe_saved(&body).unwrap().body["queryDefinitions"].clone();
        assert_eq!(found(json!({"queryDefinitionNamePrefix": "infra/"}))[0]["logGroupNames"], json!(["/app/001"]));
        assert_eq!(found(json!({"queryLanguage": "PPL"}))[0]["name"], "other");
        let first = catalog().describe_saved(&json!({"maxResults": 1})).unwrap().body;
        assert_eq!(found(json!({"nextToken": first["nextToken"]})).as_array().unwrap().len(), 1);
    }
}
