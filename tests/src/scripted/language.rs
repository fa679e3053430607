//! The part of the Logs Insights query language that [`Query::over_events`](super::Query::over_events) plays, after the
//! user guide's "CloudWatch Logs Insights language query syntax":
//!
//! ```text
//! fields NAME, ...
//! filter toMillis(@timestamp) >= N             also >, <=, <, =
//! filter @logStream = "TEXT"                   also @log
//! filter @message like /TEXT/                  also like "TEXT"; a plain part of the message
//! stats count(*) [as NAME] [by NAME, ...]      also by bin(5m); s, m, h
//! sort @timestamp asc                          also desc
//! limit N
//! display NAME, ...
//! ```
//!
//! separated by `|`, with comments from `#` to the end of the line. Everything else is malformed, so that a test does not
//! pass because something was overlooked. The real language takes these commands in other orders too; here what
//! chooses or orders events does not come after `stats` or `limit`.

mod tokens;

use std::ops::Range;
use tokens::{Placed, Token, place, tokens};

/// What a query asks for.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Pipeline {
    pub(crate) filters: Vec<Filter>,
    pub(crate) fields: Vec<String>,
    /// What `display` leaves of all columns.
    pub(crate) display: Option<Vec<String>>,
    pub(crate) order: Order,
    pub(crate) count: Option<Count>,
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Filter {
    Millis(Comparison, i64),
    Stream(String),
    Log(String),
    Message(String),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Comparison {
    AtLeast,
    More,
    AtMost,
    Less,
    Equal,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) enum Order {
    #[default]
    NewestFirst,
    OldestFirst,
}

/// `stats count(*) as name by ...`
#[derive(Debug, PartialEq)]
pub(crate) struct Count {
    pub(crate) name: String,
    pub(crate) by: Vec<By>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum By {
    Field(String),
    /// `bin(5m)`: the column's name, and the length in milliseconds.
    Bin(String, i64),
}

/// Why a query cannot be read, and at which characters.
#[derive(Debug, PartialEq)]
pub(crate) struct Malformed {
    pub(crate) message: String,
    pub(crate) characters: Range<u32>,
}

type Read<T> = Result<T, Malformed>;

/// # Errors
/// When `text` is anything but a pipeline as above, or limits itself to more than `limit_max`.
pub(crate) fn read(text: &str, limit_max: usize) -> Read<Pipeline> {
    let end = text.chars().count();
    let unknown = |characters| Malformed { message: "unexpected symbol".to_owned(), characters };
    let tokens = tokens(text).map_err(unknown)?;
    Reader { tokens, next: 0, end, limit_max }.pipeline()
}

struct Reader {
    tokens: Vec<Placed>,
    next: usize,
    end: usize,
    limit_max: usize,
}

impl Reader {
    fn pipeline(mut self) -> Read<Pipeline> {
        let mut pipeline = Pipeline::default();
        loop {
            let closed = pipeline.limit.is_some() || pipeline.count.is_some();
            match self.word("a command")?.as_str() {
                "fields" => pipeline.fields.append(&mut self.names()?),
                "display" => pipeline.display = Some(self.names()?),
                "limit" => pipeline.limit = Some(self.limit()?),
                "filter" if !closed => pipeline.filters.push(self.filter()?),
                "sort" if !closed => pipeline.order = self.order()?,
                "stats" if !closed => pipeline.count = Some(self.count()?),
                other => return Err(self.last(&format!("unexpected symbol found {other}"))),
            }
            if self.next == self.tokens.len() {
                break;
            }
            self.symbol("|")?;
        }
        Ok(pipeline)
    }

    fn names(&mut self) -> Read<Vec<String>> {
        let mut names = vec![self.word("a field")?];
        while self.takes(&Token::Symbol(",")) {
            names.push(self.word("a field")?);
        }
        Ok(names)
    }

    fn filter(&mut self) -> Read<Filter> {
        match self.word("a field or `toMillis`")?.as_str() {
            "toMillis" => {
                self.symbol("(")?;
                self.exactly("@timestamp")?;
                self.symbol(")")?;
                Ok(Filter::Millis(self.comparison()?, self.number()?))
            }
            "@logStream" => {
                self.symbol("=")?;
                self.text().map(Filter::Stream)
            }
            "@log" => {
                self.symbol("=")?;
                self.text().map(Filter::Log)
            }
            "@message" => {
                self.exactly("like")?;
                self.part().map(Filter::Message)
            }
            other => Err(self.last(&format!("`{other}` cannot be filtered by here"))),
        }
    }

    fn comparison(&mut self) -> Read<Comparison> {
        Ok(match self.take("a comparison")? {
            Token::Symbol(">=") => Comparison::AtLeast,
            Token::Symbol(">") => Comparison::More,
            Token::Symbol("<=") => Comparison::AtMost,
            Token::Symbol("<") => Comparison::Less,
            Token::Symbol("=") => Comparison::Equal,
            _ => return Err(self.last("no comparison")),
        })
    }

    /// A text, or a pattern that means no more than its text.
    fn part(&mut self) -> Read<String> {
        match self.take("a text or a pattern")? {
            Token::Text(text) => Ok(text),
            Token::Pattern(text) if !text.contains(|character| r".*+?()[]{}|^$\".contains(character)) => Ok(text),
            _ => Err(self.last("only a plain part of the message is searched for here")),
        }
    }

    fn order(&mut self) -> Read<Order> {
        self.exactly("@timestamp")?;
        if self.takes(&Token::Word("desc".to_owned())) {
            return Ok(Order::NewestFirst);
        }
        self.exactly("asc")?;
        Ok(Order::OldestFirst)
    }

    fn limit(&mut self) -> Read<usize> {
        let number = usize::try_from(self.number()?).ok();
        let number = number.filter(|number| (1..=self.limit_max).contains(number));
        number.ok_or_else(|| self.last(&format!("a limit is between 1 and {}", self.limit_max)))
    }

    fn count(&mut self) -> Read<Count> {
        self.exactly("count")?;
        for symbol in ["(", "*", ")"] {
            self.symbol(symbol)?;
        }
        let mut count = Count { name: "count(*)".to_owned(), by: Vec::new() };
        if self.takes(&Token::Word("as".to_owned())) {
            count.name = self.word("a name")?;
        }
        if self.takes(&Token::Word("by".to_owned())) {
            count.by.push(self.by()?);
            while self.takes(&Token::Symbol(",")) {
                count.by.push(self.by()?);
            }
        }
        Ok(count)
    }

    fn by(&mut self) -> Read<By> {
        let name = self.word("a field or `bin`")?;
        if name != "bin" || !self.takes(&Token::Symbol("(")) {
            return Ok(By::Field(name));
        }
        let length = self.word("a length of time")?;
        let units = [("s", 1000), ("m", 60_000), ("h", 3_600_000)];
        let unit = units.into_iter().find_map(|(unit, factor)| Some((length.strip_suffix(unit)?, factor)));
        let millis = unit.and_then(|(number, factor)| number.parse::<i64>().ok()?.checked_mul(factor));
        let millis = millis.filter(|millis| *millis > 0).ok_or_else(|| self.last("no length of time"))?;
        self.symbol(")")?;
        Ok(By::Bin(format!("bin({length})"), millis))
    }

    fn number(&mut self) -> Read<i64> {
        self.word("a number")?.parse().map_err(|_| self.last("no number"))
    }

    fn text(&mut self) -> Read<String> {
        match self.take("a text")? {
            Token::Text(text) => Ok(text),
            _ => Err(self.last("no text in quotes")),
        }
    }

    fn word(&mut self, what: &str) -> Read<String> {
        match self.take(what)? {
            Token::Word(word) => Ok(word),
            _ => Err(self.last(&format!("{what} is expected"))),
        }
    }

    fn exactly(&mut self, wanted: &str) -> Read<()> {
        let found = self.word(&format!("`{wanted}`"))?;
        if found == wanted { Ok(()) } else { Err(self.last(&format!("`{wanted}` is expected"))) }
    }

    fn symbol(&mut self, wanted: &'static str) -> Read<()> {
        let found = self.take(&format!("`{wanted}`"))?;
        if found == Token::Symbol(wanted) { Ok(()) } else { Err(self.last(&format!("`{wanted}` is expected"))) }
    }

    fn takes(&mut self, wanted: &Token) -> bool {
        let found = self.tokens.get(self.next).is_some_and(|(token, _)| token == wanted);
        self.next += usize::from(found);
        found
    }

    fn take(&mut self, what: &str) -> Read<Token> {
        let Some((token, _)) = self.tokens.get(self.next) else {
            let message = format!("the query ends where {what} is expected");
            return Err(Malformed { message, characters: place(self.end, self.end) });
        };
        self.next += 1;
        Ok(token.clone())
    }

    /// An error at the token that was taken last.
    fn last(&self, message: &str) -> Malformed {
        let characters = self.tokens[self.next - 1].1.clone();
        Malformed { message: message.to_owned(), characters }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipeline(text: &str) -> Pipeline {
        read(text, 10_000).unwrap_or_else(|malformed| panic!("{text}: {malformed:?}"))
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn reads_what_chooses_orders_and_shows() {
        let read = pipeline(
            "# in one second\nfields @timestamp, @message # and the stream\n| fields @logStream
             | filter toMillis(@timestamp) >= 1000|filter toMillis(@timestamp)<2000
             | filter @logStream = \"a \\\"b\\\"\" | filter @log = \"111122223333:/a\" | filter @message like /x # y/
             | sort @timestamp asc | limit 20",
        );
        let filters = vec![
            Filter::Millis(Comparison::AtLeast, 1000),
            Filter::Millis(Comparison::Less, 2000),
            Filter::Stream("a \"b\"".to_owned()),
            Filter::Log("111122223333:/a".to_owned()),
            Filter::Message("x # y".to_owned()),
        ];
        let fields = names(&["@timestamp", "@message", "@logStream"]);
        let order = Order::OldestFirst;
        assert_eq!(read, Pipeline { filters, fields, order, limit: Some(20), ..Pipeline::default() });
        assert_eq!(pipeline("fields a | sort @timestamp desc | display b, c").display, Some(names(&["b", "c"])));
        assert_eq!(pipeline("filter @message like \"/\"").filters, [Filter::Message("/".to_owned())]);
    }

    #[test]
    fn reads_counts() {
        let count = |text| pipeline(text).count.unwrap();
        assert_eq!(count("stats count(*)"), Count { name: "count(*)".to_owned(), by: Vec::new() });
        let by = vec![By::Field("@log".to_owned()), By::Field("@logStream".to_owned())];
        assert_eq!(count("stats count(*) as n by @log, @logStream"), Count { name: "n".to_owned(), by });
        let by = vec![By::Bin("bin(5m)".to_owned(), 300_000)];
        assert_eq!(count("stats count(*) as n by bin(5m)"), Count { name: "n".to_owned(), by });
    }

    #[test]
    fn says_where_it_is_malformed() {
        for (text, characters) in [
            ("", 0..0),
            ("fields @message |", 17..17),
            ("fields @message || limit 5", 17..18),
            ("é | filtr x", 0..1),
            ("fields é | filtr x", 11..16),
            ("fields a b", 9..10),
            ("filter level = \"x\"", 7..12),
            ("filter @message like /a.b/", 21..26),
            ("filter @message like \"a", 21..23),
            ("filter toMillis(@ingestionTime) > 5", 16..30),
            ("filter toMillis(@timestamp) > soon", 30..34),
            ("sort @message asc", 5..13),
            ("sort @timestamp", 15..15),
            ("limit 10001", 6..11),
            ("limit 5 | filter @message like \"x\"", 10..16),
            ("stats count(*) | sort @timestamp asc", 17..21),
            ("stats sum(x)", 6..9),
            ("stats count(*) by bin(5x)", 22..24),
            ("fields a; b", 8..9),
        ] {
            assert_eq!(read(text, 10_000).unwrap_err().characters, characters, "{text}");
        }
    }
}
