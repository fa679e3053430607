//! What `StartQuery` refuses (Amazon CloudWatch Logs API Reference, `StartQuery`, "Request Parameters", unless another
//! page is named).

use super::answer::Answer;
use serde_json::Value;

/// How many rows a query may ask for, and gets without asking.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) max: i64,
    pub(crate) default: i64,
}

/// "limit: ... Minimum value of 1. Maximum value of 100000." Pages older than 2026, and those of the regions in China,
/// say 10000; one call of `GetQueryResults` returns that many in either case. The page names no default; the user
/// guide's page of the `limit` command says 10,000.
impl Default for Limits {
    fn default() -> Self {
        Self { max: 100_000, default: 10_000 }
    }
}

/// "100,000 limit is only supported for Logs Insights QL and is currently not supported for PPL and SQL query languages."
const LIMIT_MAX_OTHERS: i64 = 10_000;

/// "You can include up to 50 log groups."
const LOG_GROUPS_MAX: usize = 50;

/// "queryString: Maximum length of 10000."
const QUERY_MAX: usize = 10_000;

/// An accepted request.
#[derive(Debug, PartialEq)]
pub(crate) struct Started {
    /// Seconds since 1970 UTC.
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) log_groups: Vec<String>,
    pub(crate) query_string: String,
    pub(crate) language: Language,
    limit: Option<usize>,
    default_limit: usize,
}

/// "queryLanguage: Valid Values: CWLI | SQL | PPL"
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Language {
    Cwli,
    Sql,
    Ppl,
}

impl Started {
    /// The most rows, where the query's own text says `of_text`.
    pub(crate) fn limit_with(&self, of_text: Option<usize>) -> usize {
        match (self.limit, of_text) {
            (Some(asked), Some(of_text)) => asked.min(of_text),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => self.default_limit,
        }
    }
}

impl Language {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cwli => "CWLI",
            Self::Sql => "SQL",
            Self::Ppl => "PPL",
        }
    }

    fn of(body: &Value) -> Result<Self, Answer> {
        let mut known = [Self::Cwli, Self::Sql, Self::Ppl].into_iter();
        match &body["queryLanguage"] {
            Value::Null => Ok(Self::Cwli),
            given => known.find(|language| given == language.name()).ok_or_else(|| {
                Answer::invalid("Value at 'queryLanguage' must satisfy enum value set: [CWLI, SQL, PPL]")
            }),
        }
    }
}

pub(crate) fn check(body: &Value, limits: Limits) -> Result<Started, Answer> {
    let (start, end) = (seconds(body, "startTime")?, seconds(body, "endTime")?);
    // The page says that both ends are included and not what happens to an empty range; real clients that send one
    // report `InvalidParameterException`.
    if start > end {
        return Err(Answer::invalid("End time should not be before start time"));
    }
    let language = Language::of(body)?;
    let max = if language == Language::Cwli { limits.max } else { limits.max.min(LIMIT_MAX_OTHERS) };
    Ok(Started {
        start,
        end,
        log_groups: log_groups(body, language)?,
        query_string: query_string(body)?,
        language,
        limit: limit(body, max)?,
        default_limit: usize::try_from(limits.default).unwrap_or(usize::MAX),
    })
}

/// "Specified as epoch time, the number of seconds since January 1, 1970, 00:00:00 UTC. Type: Long. Minimum value of 0.
/// Required: Yes". A fraction is no Long (Common Errors: `SerializationException` is what the protocol answers).
/// Milliseconds would be a valid number far in the future: this server refuses them, so that a test cannot pass with
/// the wrong unit.
fn seconds(body: &Value, name: &str) -> Result<i64, Answer> {
    let value = &body[name];
    if value.is_null() {
        return Err(Answer::invalid(&format!("1 validation error detected: Value null at '{name}' must not be null")));
    }
    let unit = || Answer::error(400, "SerializationException", &format!("`{name}` is no whole number of seconds"));
    let seconds = value.as_i64().ok_or_else(unit)?;
    const YEAR_2200: i64 = 7_258_118_400;
    if (0..YEAR_2200).contains(&seconds) { Ok(seconds) } else { Err(unit()) }
}

/// "A `StartQuery` operation must include exactly one of the following parameters: `logGroupName`, `logGroupNames`, or
/// `logGroupIdentifiers`. The exception is queries using the `OpenSearch` Service SQL query language, where you specify the
/// log group names inside the querystring". (The SOURCE command, which needs none either, is not played.)
fn log_groups(body: &Value, language: Language) -> Result<Vec<String>, Answer> {
    let given: Vec<&Value> = ["logGroupName", "logGroupNames", "logGroupIdentifiers"]
        .into_iter()
        .map(|name| &body[name])
        .filter(|value| !value.is_null())
        .collect();
    if given.is_empty() && language == Language::Sql {
        return Ok(Vec::new());
    }
    let [value] = given[..] else {
        return Err(Answer::invalid("exactly one of logGroupName, logGroupNames, logGroupIdentifiers is required"));
    };
    let names: Vec<String> = match value.as_array() {
        Some(list) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        None => value.as_str().into_iter().map(str::to_owned).collect(),
    };
    if names.is_empty() || names.len() > LOG_GROUPS_MAX {
        return Err(Answer::invalid(&format!("between 1 and {LOG_GROUPS_MAX} log groups can be queried")));
    }
    names.into_iter().map(|name| name_of(&name)).collect()
}

/// A name, or the name in an ARN: "use the format arn:aws:logs:region:account-id:log-group:log_group_name. Don't
/// include an * at the end."
fn name_of(identifier: &str) -> Result<String, Answer> {
    if identifier.ends_with('*') {
        return Err(Answer::invalid(&format!("`{identifier}` ends with an asterisk")));
    }
    Ok(match identifier.strip_prefix("arn:") {
        Some(rest) => rest.splitn(6, ':').nth(5).unwrap_or_default().to_owned(),
        None => identifier.to_owned(),
    })
}

fn query_string(body: &Value) -> Result<String, Answer> {
    match body["queryString"].as_str() {
        Some(text) if text.chars().count() <= QUERY_MAX => Ok(text.to_owned()),
        Some(_) => Err(Answer::invalid("Value at 'queryString' must have length less than or equal to 10000")),
        None => Err(Answer::invalid("Value null at 'queryString' must not be null")),
    }
}

fn limit(body: &Value, max: i64) -> Result<Option<usize>, Answer> {
    if body["limit"].is_null() {
        return Ok(None);
    }
    let limit = body["limit"].as_i64().filter(|limit| (1..=max).contains(limit));
    let limit = limit.and_then(|limit| usize::try_from(limit).ok());
    limit.map(Some).ok_or_else(|| Answer::invalid(&format!("Value at 'limit' must be between 1 and {max}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn request(change: &Value) -> Value {
        let mut body = json!({"startTime": 1_767_000_000, "endTime": 1_767_003_600, "queryString": "fields @message",
            "logGroupNames": ["/app/web"]});
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    }

    #[track_caller]
    fn accepted(change: &Value) -> Started {
        check(&request(change), Limits::default()).unwrap()
    }

    #[track_caller]
    fn refused(change: &Value) -> String {
        check(&request(change), Limits::default()).unwrap_err().body["message"].as_str().unwrap().to_owned()
    }

    #[test]
    fn takes_a_request_as_documented() {
        let started = accepted(&json!({}));
        assert_eq!((started.log_groups, started.query_string.as_str()), (vec!["/app/web".into()], "fields @message"));
        assert_eq!((started.start, started.end, started.language), (1_767_000_000, 1_767_003_600, Language::Cwli));
        assert_eq!(accepted(&json!({"startTime": 1_767_003_600, "limit": 100_000})).limit, Some(100_000));
    }

    #[test]
    fn the_lowest_limit_counts_and_the_default_only_without_any() {
        let (none, asked) = (accepted(&json!({})), accepted(&json!({"limit": 50})));
        assert_eq!((none.limit_with(None), none.limit_with(Some(20_000))), (10_000, 20_000));
        assert_eq!((asked.limit_with(None), asked.limit_with(Some(20)), asked.limit_with(Some(60))), (50, 20, 50));
    }

    #[test]
    fn languages_have_their_own_rules() {
        let sql = accepted(&json!({"queryLanguage": "SQL", "logGroupNames": null}));
        assert_eq!((sql.language.name(), sql.log_groups.len()), ("SQL", 0));
        assert!(refused(&json!({"queryLanguage": "PPL", "logGroupNames": null})).contains("exactly one"));
        assert!(refused(&json!({"queryLanguage": "PPL", "limit": 10_001})).contains("between 1 and 10000"));
        assert!(refused(&json!({"queryLanguage": "Latin"})).contains("CWLI, SQL, PPL"));
    }

    #[test]
    fn takes_the_name_out_of_an_arn() {
        let arn = "arn:aws:logs:us-east-1:444455556666:log-group:/app/web";
        let change = json!({"logGroupNames": null, "logGroupIdentifiers": [arn]});
        assert_eq!(accepted(&change).log_groups, ["/app/web"]);
    }

    #[test]
    fn refuses_times_that_are_no_seconds() {
        assert!(refused(&json!({"startTime": 1_767_000_000.5})).contains("whole number of seconds"));
        assert!(refused(&json!({"endTime": 1_767_003_600_000_i64})).contains("whole number of seconds"));
        assert!(refused(&json!({"endTime": 1_766_999_999})).contains("before start"));
        assert!(refused(&json!({"startTime": null})).contains("must not be null"));
    }

    #[test]
    fn refuses_other_than_one_way_to_name_log_groups() {
        assert!(refused(&json!({"logGroupNames": null})).contains("exactly one"));
        assert!(refused(&json!({"logGroupName": "/app/web"})).contains("exactly one"));
        assert!(refused(&json!({"logGroupNames": vec!["/x"; 51]})).contains("between 1 and 50"));
        assert!(refused(&json!({"logGroupNames": ["/x:*"]})).contains("asterisk"));
    }

    #[test]
    fn refuses_what_is_out_of_bounds() {
        assert!(refused(&json!({"limit": 0})).contains("between 1 and 100000"));
        assert!(refused(&json!({"limit": 100_001})).contains("between 1 and 100000"));
        assert!(refused(&json!({"queryString": "é".repeat(10_001)})).contains("10000"));
        accepted(&json!({"queryString": "é".repeat(10_000)}));
        let fewer = Limits { max: 10_000, ..Limits::default() };
        let refusal = check(&request(&json!({"limit": 10_001})), fewer).unwrap_err();
        assert!(refusal.body["message"].as_str().unwrap().contains("between 1 and 10000"));
    }
}
