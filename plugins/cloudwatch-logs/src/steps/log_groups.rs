//! The log groups of the step's account and region.

use aws_sdk_cloudwatchlogs::operation::describe_log_groups::DescribeLogGroupsOutput;
use windlass_plugin_api::StepError;

use crate::aws::{About, Calls};

/// A log group as AWS lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LogGroup {
    pub(crate) name: String,
    /// Without `:*` at its end.
    pub(crate) arn: String,
    /// For ever when there is none.
    pub(crate) retention_days: Option<i32>,
    pub(crate) stored_bytes: Option<i64>,
    pub(crate) class: Option<String>,
    /// Milliseconds since 1970 UTC.
    pub(crate) created_ms: Option<i64>,
}

/// A log group's name in which `*` stands for any characters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glob<'a>(pub(crate) &'a str);

/// All log groups whose names begin with `prefix`, by name, page after page.
///
/// `logGroupNamePattern` is deliberately not used: AWS leaves retention, class and size out of its answers
/// ([`DescribeLogGroups`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html)).
pub(crate) async fn list(calls: &Calls<'_>, prefix: Option<&str>) -> Result<Vec<LogGroup>, StepError> {
    const ACTION: &str = "logs:DescribeLogGroups";
    let prefix = prefix.filter(|prefix| !prefix.is_empty());
    let (mut groups, mut token) = (Vec::new(), None::<String>);
    loop {
        let request = calls.client.describe_log_groups().set_log_group_name_prefix(prefix.map(str::to_owned));
        let request = request.set_next_token(token);
        let answer = calls.patiently(ACTION, async || request.clone().send().await).await?;
        let answer = answer.map_err(|error| calls.failure(&error, ACTION, About::Groups))?;
        token = answer.next_token.clone();
        groups.extend(page(answer));
        calls.context.progress(format!("listed {} log groups", groups.len()), None);
        if token.is_none() {
            return Ok(groups);
        }
    }
}

fn page(answer: DescribeLogGroupsOutput) -> impl Iterator<Item = LogGroup> {
    answer.log_groups.unwrap_or_default().into_iter().filter_map(|group| {
        let arn = group.log_group_arn.or(group.arn).unwrap_or_default();
        Some(LogGroup {
            name: group.log_group_name?,
            arn: arn.trim_end_matches(":*").to_owned(),
            retention_days: group.retention_in_days,
            stored_bytes: group.stored_bytes,
            class: group.log_group_class.map(|class| class.as_str().to_owned()),
            created_ms: group.creation_time,
        })
    })
}

impl<'a> Glob<'a> {
    /// What all names that it matches begin with.
    pub(crate) fn prefix(self) -> &'a str {
        self.0.split('*').next().unwrap_or_default()
    }

    pub(crate) fn matches(self, name: &str) -> bool {
        let Some((first, rest)) = self.0.split_once('*') else { return self.0 == name };
        let Some(name) = name.strip_prefix(first) else { return false };
        let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
        let Some(mut name) = name.strip_suffix(last) else { return false };
        // The first place that fits leaves the most for what follows.
        middle.split('*').all(|part| match name.find(part) {
            Some(at) => {
                name = &name[at + part.len()..];
                true
            }
            None => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudwatchlogs::types;

    use super::*;

    #[test]
    fn a_glob_matches_whole_names() {
        for (glob, name, matches) in [
            ("/app/web", "/app/web", true),
            ("/app/web", "/app/web2", false),
            ("/app/*", "/app/web", true),
            ("/app/*", "/app/", true),
            ("/app/*", "/other/app/", false),
            ("*web", "/app/web", true),
            ("*web", "/app/web2", false),
            ("/a*/x*y/*z", "/ab/xxy/z", true),
            ("/a*/x*y/*z", "/ab/xx/z", false),
            ("a*a", "a", false),
            ("*", "", true),
            ("**b*", "abc", true),
        ] {
            assert_eq!(Glob(glob).matches(name), matches, "{glob} {name}");
        }
        assert_eq!([Glob("/app/*x").prefix(), Glob("*").prefix(), Glob("a").prefix()], ["/app/", "", "a"]);
    }

    #[test]
    fn an_arn_ends_with_the_name() {
        let group = types::LogGroup::builder().log_group_name("/a").arn("arn:aws:logs:r:1:log-group:/a:*").build();
        let answer = DescribeLogGroupsOutput::builder().log_groups(group).build();
        assert_eq!(page(answer).next().unwrap().arn, "arn:aws:logs:r:1:log-group:/a");
    }
}
