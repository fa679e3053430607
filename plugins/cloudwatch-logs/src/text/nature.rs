//! What the text of a query says about its rows: their order, and whether they may be asked for in parts.

use crate::language::Language;
use crate::text::pipeline::{Command, commands, parts};
use crate::text::plot::groups;

/// Commands that look at each log event by itself, so that rows of one part of the time are also rows of the whole.
const BY_EVENT: [&str; 6] = ["fields", "filter", "parse", "display", "unmask", "sort"];
/// The time of a log event.
const TIMESTAMP: &str = "@timestamp";
/// Its opaque pointer, which AWS adds to each row that is a log event.
pub(crate) const POINTER: &str = "@ptr";

/// Which way rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Ascending,
    Descending,
}

/// What is known of a query by its text.
#[derive(Debug)]
pub(crate) struct Nature {
    /// By what its rows are sorted, the first first; nothing where that is not known.
    pub(crate) order: Vec<(String, Direction)>,
    /// In which direction of time its rows may be asked for part by part, or why they may not.
    pub(crate) parts: Result<Direction, String>,
    /// Whether it says itself how many rows it wants.
    pub(crate) limits_itself: bool,
    /// Whether it asks for the pointer, which is not shown otherwise.
    pub(crate) wants_pointer: bool,
    /// Whether its text says where its log groups are.
    pub(crate) names_groups: bool,
    /// Whether commands may be put before it.
    pub(crate) takes_filter: bool,
    /// Whether its rows are log events.
    pub(crate) gives_events: bool,
    commands: Vec<Command>,
}

impl Nature {
    pub(crate) fn of(query: &str, language: Language) -> Self {
        let commands = match language {
            Language::Cwli => commands(query),
            Language::Sql | Language::Ppl => Vec::new(),
        };
        let named = |name: &str| commands.iter().any(|command| command.name == name);
        let order = order(&commands);
        let has_source = commands.first().is_some_and(|first| first.name == "source");
        let parts = direction(&commands, &order, language);
        Self {
            parts,
            limits_itself: named("limit"),
            wants_pointer: query.contains(POINTER),
            names_groups: language == Language::Sql || has_source,
            takes_filter: language == Language::Cwli && !has_source,
            gives_events: !commands.is_empty() && commands.iter().all(|it| by_event(it) || it.name == "limit"),
            order,
            commands,
        }
    }

    /// Whether a column has what `stats` has counted, and not what it has grouped by.
    pub(crate) fn is_counted(&self, column: &str) -> bool {
        self.last("stats").is_some_and(|stats| !groups(&stats.rest).iter().any(|group| group.column == column))
    }

    /// The last command of this name.
    pub(crate) fn last(&self, name: &str) -> Option<&Command> {
        self.commands.iter().rfind(|command| command.name == name)
    }
}

fn by_event(command: &Command) -> bool {
    BY_EVENT.contains(&command.name.as_str())
}

/// AWS's documentation names no order for a query without `sort`; newest first is the one that is made here.
fn order(commands: &[Command]) -> Vec<(String, Direction)> {
    match commands.iter().rfind(|command| command.name == "sort") {
        Some(sort) => parts(&sort.rest).into_iter().map(key).collect(),
        None if commands.iter().all(by_event) => vec![(TIMESTAMP.to_owned(), Direction::Descending)],
        None => Vec::new(),
    }
}

fn key(part: &str) -> (String, Direction) {
    let (field, last) = part.rsplit_once(char::is_whitespace).unwrap_or((part, ""));
    let (field, direction) = match last.to_ascii_lowercase().as_str() {
        "desc" => (field, Direction::Descending),
        "asc" => (field, Direction::Ascending),
        _ => (part, Direction::Ascending),
    };
    (field.trim().trim_matches('`').to_owned(), direction)
}

fn direction(commands: &[Command], order: &[(String, Direction)], language: Language) -> Result<Direction, String> {
    if language != Language::Cwli {
        return Err(format!("a query in {} cannot be asked for by parts of its range", language.name()));
    }
    if let Some(command) = commands.iter().find(|command| !by_event(command)) {
        let name = if command.name.is_empty() { "an empty command" } else { &command.name };
        return Err(format!("its command `{name}` works on all log events together"));
    }
    match order {
        [(field, direction)] if field == TIMESTAMP => Ok(*direction),
        _ => {
            let fields: Vec<String> = order.iter().map(|(field, _)| format!("`{field}`")).collect();
            Err(format!("it is sorted by {}, and not by `@timestamp` alone", fields.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts_of(query: &str) -> Result<Direction, String> {
        Nature::of(query, Language::Cwli).parts
    }

    #[test]
    fn events_by_time_may_come_in_parts() {
        use Direction::{Ascending, Descending};
        assert_eq!(parts_of("fields @timestamp, @message"), Ok(Descending));
        assert_eq!(parts_of("filter a like /x/ | parse @message '* *' as b, c | display b"), Ok(Descending));
        assert_eq!(parts_of("fields a | sort @timestamp asc"), Ok(Ascending));
        assert_eq!(parts_of("fields a | sort @timestamp"), Ok(Ascending));
        assert_eq!(parts_of("fields a | sort a | sort `@timestamp` DESC"), Ok(Descending));
    }

    #[test]
    fn others_say_why_not() {
        for (query, why) in [
            ("stats count(*) by bin(5m)", "`stats`"),
            ("fields a | dedup a", "`dedup`"),
            ("fields a | limit 20", "`limit`"),
            ("pattern @message", "`pattern`"),
            ("fields a | sort b desc", "sorted by `b`"),
            ("fields a | sort @timestamp desc, b", "sorted by `@timestamp`, `b`"),
            ("fields a ||", "an empty command"),
            ("source logGroups() | fields a", "`source`"),
        ] {
            let said = parts_of(query).unwrap_err();
            assert!(said.contains(why), "{query}: {said}");
        }
        assert!(Nature::of("select 1", Language::Sql).parts.unwrap_err().contains("SQL"));
    }

    #[test]
    fn the_order_is_that_of_the_last_sort() {
        let order = Nature::of("stats count(*) as n by a | sort n desc, a asc", Language::Cwli).order;
        assert_eq!(order, [("n".to_owned(), Direction::Descending), ("a".to_owned(), Direction::Ascending)]);
        assert!(Nature::of("stats count(*) by a", Language::Cwli).order.is_empty());
    }

    #[test]
    fn facts_of_a_query() {
        let nature = Nature::of("fields @message, @ptr | limit any 5", Language::Cwli);
        assert!(nature.limits_itself && nature.wants_pointer && nature.gives_events && !nature.names_groups);
        let nature = Nature::of("SOURCE logGroups(namePrefix: ['/a']) | stats count(*)", Language::Cwli);
        assert!(nature.names_groups && !nature.gives_events);
    }
}
