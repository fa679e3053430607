//! A query of Logs Insights taken apart into its commands.

/// One command of a query, `sort @timestamp desc`, without comments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// Its name in lower case; empty where there is none.
    pub(crate) name: String,
    /// What follows the name.
    pub(crate) rest: String,
}

/// The commands of a query. A pipe within quotes, back quotes or a regular expression separates nothing, and a `#` outside of
/// them begins a comment
/// ([query syntax](https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax.html)).
///
/// This is no parser of the language: what it takes apart wrongly has a command that nobody knows, and whoever decides by the
/// commands must take the safe side then.
pub(crate) fn commands(query: &str) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut text = String::new();
    let mut rest = query.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            '|' => commands.push(command(&std::mem::take(&mut text))),
            '#' => {
                rest.by_ref().find(|(_, c)| *c == '\n');
                text.push('\n');
            }
            '"' | '\'' | '`' => literal(query, at, c, &mut rest, &mut text),
            '/' if begins_expression(&text) => literal(query, at, c, &mut rest, &mut text),
            c => text.push(c),
        }
    }
    commands.push(command(&text));
    commands
}

/// Takes over what lies between two of the same quotes, with them.
fn literal(query: &str, at: usize, quote: char, rest: &mut std::str::CharIndices<'_>, text: &mut String) {
    let mut escaped = false;
    let end = rest.by_ref().find(|(_, c)| {
        let ends = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        ends
    });
    let end = end.map_or(query.len(), |(end, _)| end + quote.len_utf8());
    text.push_str(&query[at..end]);
}

/// Whether a slash after this text begins a regular expression, where it is no division.
fn begins_expression(text: &str) -> bool {
    let text = text.trim_end();
    let before = text.rsplit(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default();
    text.trim_start().starts_with("parse ") || before.eq_ignore_ascii_case("like") || text.ends_with(['~', ',', '('])
}

fn command(text: &str) -> Command {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    Command { name: name.to_ascii_lowercase(), rest: rest.trim().to_owned() }
}

/// The parts of a list that is separated by commas, those within brackets and quotes aside.
pub(crate) fn parts(list: &str) -> Vec<&str> {
    let (mut parts, mut begin) = (Vec::new(), 0);
    for (at, _) in bare(list).filter(|(_, c)| *c == ',') {
        parts.push(list[begin..at].trim());
        begin = at + 1;
    }
    parts.push(list[begin..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

/// The characters that stand outside of brackets and quotes, with their places.
pub(crate) fn bare(text: &str) -> impl Iterator<Item = (usize, char)> {
    let (mut depth, mut quote) = (0_i32, None);
    text.char_indices().filter(move |(_, c)| {
        match (quote, *c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(*c),
            (None, '(') => depth += 1,
            (None, ')') => depth -= 1,
            _ => return depth == 0,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Vec<(String, String)> {
        commands(query).into_iter().map(|command| (command.name, command.rest)).collect()
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|(name, rest)| ((*name).to_owned(), (*rest).to_owned())).collect()
    }

    #[test]
    fn commands_are_separated_by_pipes() {
        let query = "fields @timestamp, @message\n| FILTER level = 'x'\n|sort @timestamp desc | limit 5";
        let wanted = [
            ("fields", "@timestamp, @message"),
            ("filter", "level = 'x'"),
            ("sort", "@timestamp desc"),
            ("limit", "5"),
        ];
        assert_eq!(read(query), pairs(&wanted));
    }

    #[test]
    fn a_pipe_in_a_text_separates_nothing() {
        let query = r#"filter a like /x|y\/|z/ and b = "p|q\"|r" | fields c/2, `d|e` | parse @message /(?<f>a|b)/"#;
        let wanted = [
            ("filter", r#"a like /x|y\/|z/ and b = "p|q\"|r""#),
            ("fields", "c/2, `d|e`"),
            ("parse", "@message /(?<f>a|b)/"),
        ];
        assert_eq!(read(query), pairs(&wanted));
    }

    #[test]
    fn a_division_is_no_expression() {
        assert_eq!(read("fields a / b | stats sum(c) / 2"), pairs(&[("fields", "a / b"), ("stats", "sum(c) / 2")]));
    }

    #[test]
    fn comments_are_left_out() {
        let query = "# all | of it\nfields a # the | rest\n| filter b = '#|'";
        assert_eq!(read(query), pairs(&[("fields", "a"), ("filter", "b = '#|'")]));
    }

    #[test]
    fn unfinished_texts_end_with_the_query() {
        assert_eq!(read("filter a = 'b | c"), pairs(&[("filter", "a = 'b | c")]));
        assert_eq!(read("filter a like /é|"), pairs(&[("filter", "a like /é|")]));
        assert_eq!(read(""), pairs(&[("", "")]));
    }

    #[test]
    fn lists_are_taken_apart_at_their_own_commas() {
        assert_eq!(parts("bin(1h), concat(a, 'x,y'), `b,c` as d"), ["bin(1h)", "concat(a, 'x,y')", "`b,c` as d"]);
        assert_eq!(parts(" , a,"), ["a"]);
    }
}
