use jiff::Timestamp;

use crate::groups::Groups;
use crate::range::Seconds;

/// Where the AWS console shows a query with its range and log groups.
///
/// The form of the address is nowhere documented; it is the one that the console itself makes: an object written with `~`,
/// `(` and `'`, its texts percent-encoded with `*` for `%`, the whole percent-encoded twice with `$` for `%`.
pub(crate) fn link(region: &str, query: &str, groups: Option<&Groups>, range: Seconds) -> String {
    let time = |second| Timestamp::from_second(second).map(|at| format!("{at:.3}")).unwrap_or_default();
    let source: String =
        groups.map_or(&[][..], Groups::all).iter().map(|group| format!("~'{}", escaped(group, '*'))).collect();
    let detail = format!(
        "~(end~'{}~start~'{}~timeType~'ABSOLUTE~tz~'UTC~editorString~'{}~source~({source}))",
        escaped(&time(range.end), '*'),
        escaped(&time(range.start), '*'),
        escaped(query, '*'),
    );
    let detail = escaped(&detail, '%').replace("%2A", "*").replace('%', "$25");
    format!(
        "https://{region}.{}/cloudwatch/home?region={region}#logsV2:logs-insights$3FqueryDetail$3D{detail}",
        host(region)
    )
}

/// Each partition has a console of its own
/// ([AWS partitions](https://docs.aws.amazon.com/whitepapers/latest/aws-fault-isolation-boundaries/partitions.html)).
fn host(region: &str) -> &'static str {
    if region.starts_with("cn-") {
        "console.amazonaws.cn"
    } else if region.starts_with("us-gov-") {
        "console.amazonaws-us-gov.com"
    } else {
        "console.aws.amazon.com"
    }
}

/// Bytes other than letters, digits, `-`, `_` and `.` as a mark and two hexadecimal digits.
fn escaped(text: &str, mark: char) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            let _infallible = write!(escaped, "{mark}{byte:02X}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The shape is that of links which people have copied from the console: `$257E` stands for `~`, `$2528` for `(`,
    /// `$2527` for `'`, `$2529` for `)`.
    #[test]
    fn the_link_is_written_as_the_console_writes_it() {
        let groups = Groups::of(&["/aws/lambda/a".to_owned(), "b".to_owned()]);
        let link = link("eu-west-1", "fields a | limit 5", Some(&groups), Seconds { start: 0, end: 60 });
        let wanted = "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1\
            #logsV2:logs-insights$3FqueryDetail$3D$257E$2528end$257E$25271970-01-01T00*3A01*3A00.000Z\
            $257Estart$257E$25271970-01-01T00*3A00*3A00.000Z$257EtimeType$257E$2527ABSOLUTE$257Etz$257E$2527UTC\
            $257EeditorString$257E$2527fields*20a*20*7C*20limit*205\
            $257Esource$257E$2528$257E$2527*2Faws*2Flambda*2Fa$257E$2527b$2529$2529";
        assert_eq!(link, wanted);
    }

    #[test]
    fn partitions_have_their_own_consoles() {
        assert_eq!(host("cn-north-1"), "console.amazonaws.cn");
        assert_eq!(host("us-gov-west-1"), "console.amazonaws-us-gov.com");
    }
}
