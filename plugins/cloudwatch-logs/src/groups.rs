//! The log groups of a step.

mod hints;
mod targets;

pub(crate) use hints::nearest;
pub(crate) use targets::Targets;

/// The ARNs of a log group, for policies. The AWS Service Authorization Reference ("Amazon CloudWatch Logs") shows one without,
/// the user guide of CloudWatch Logs ("Overview of managing access permissions") with `:*` at its end.
pub(crate) const GROUP_ARNS: &[&str] = &[
    "arn:{partition}:logs:{region}:{account}:log-group:{name}",
    "arn:{partition}:logs:{region}:{account}:log-group:{name}:*",
];

/// How many log groups AWS takes for a query
/// ([`StartQuery`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html)).
pub(crate) const MOST: usize = 50;

/// The log groups as `StartQuery` wants them: names, or identifiers as soon as one of them is an ARN.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Groups {
    Names(Vec<String>),
    Identifiers(Vec<String>),
}

impl Groups {
    /// The console shows ARNs with `:*` at their end, which `logGroupIdentifiers` does not take
    /// ([`StartQuery`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html)).
    pub(crate) fn of(groups: &[String]) -> Self {
        if !groups.iter().any(|group| group.starts_with("arn:")) {
            return Self::Names(groups.to_vec());
        }
        Self::Identifiers(groups.iter().map(|group| group.strip_suffix(":*").unwrap_or(group).to_owned()).collect())
    }

    pub(crate) fn all(&self) -> &[String] {
        let (Self::Names(groups) | Self::Identifiers(groups)) = self;
        groups
    }

    /// For a message.
    pub(crate) fn named(&self) -> String {
        named(self.all())
    }
}

/// The groups for a message: up to three by name, the others counted.
pub(crate) fn named(groups: &[String]) -> String {
    let word = if groups.len() == 1 { "log group" } else { "log groups" };
    let first: Vec<String> = groups.iter().take(3).map(|group| format!("`{group}`")).collect();
    let first = first.join(", ");
    match groups.len().saturating_sub(3) {
        0 => format!("{word} {first}"),
        more => format!("{word} {first} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(groups: &[&str]) -> Vec<String> {
        groups.iter().map(|&group| group.to_owned()).collect()
    }

    #[test]
    fn names_stay_names() {
        let names = owned(&["/aws/lambda/a", "b"]);
        assert_eq!(Groups::of(&names), Groups::Names(names));
    }

    #[test]
    fn one_arn_makes_all_of_them_identifiers() {
        let mixed = owned(&["b", "arn:aws-cn:logs:cn-north-1:111122223333:log-group:/a:*"]);
        let wanted = owned(&["b", "arn:aws-cn:logs:cn-north-1:111122223333:log-group:/a"]);
        assert_eq!(Groups::of(&mixed), Groups::Identifiers(wanted));
    }

    #[test]
    fn a_message_names_three_groups() {
        assert_eq!(named(&owned(&["a"])), "log group `a`");
        assert_eq!(named(&owned(&["a", "b", "c"])), "log groups `a`, `b`, `c`");
        assert_eq!(named(&owned(&["a", "b", "c", "d", "e"])), "log groups `a`, `b`, `c` and 2 more");
    }
}
