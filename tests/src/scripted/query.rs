//! The play of one query.

use std::collections::VecDeque;
use std::ops::Range;

/// One result row: field names and values in order.
pub type Row = Vec<(String, String)>;

/// A row of these fields, with the `@ptr` that AWS adds ("Only the fields requested in the query are returned, along
/// with a `@ptr` field": API Reference, `GetQueryResults`).
#[must_use]
pub fn row(fields: &[(&str, &str)]) -> Row {
    let ptr = ("@ptr", "CmEKJgoiMTExMTIyMjIzMzMzOi9kZW1v");
    fields.iter().chain([&ptr]).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// `count` rows with a time stamp and a message that carries the row's number.
#[must_use]
pub fn numbered_rows(count: usize) -> Vec<Row> {
    let numbered = |number| row(&[("@timestamp", "2026-01-02 03:04:05.678"), ("@message", &format!("line {number}"))]);
    (0..count).map(numbered).collect()
}

/// The status of a query (API Reference, `GetQueryResults`, `status`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are AWS's own")]
pub enum Status {
    Scheduled,
    Running,
    Complete,
    Failed,
    Cancelled,
    Timeout,
    Unknown,
}

impl Status {
    /// Whether the query is still on its way, so that it may be stopped and must be polled again.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Scheduled | Self::Running)
    }

    pub(crate) fn name(self) -> String {
        format!("{self:?}")
    }
}

/// The answers to the polls of one query.
#[derive(Clone, Debug)]
pub struct Query {
    pub(crate) polls: VecDeque<(Status, Shown)>,
    pub(crate) last: (Status, Shown),
    pub(crate) malformed: Option<(String, Range<u32>)>,
}

/// The rows of one poll.
#[derive(Clone, Debug)]
pub(crate) enum Shown {
    Rows(Vec<Row>),
    /// So many of those that the script's events give; all of them when there is no number.
    Found(Option<usize>),
}

impl Query {
    /// A query that has this status and these rows from the first poll on, unless [`Query::first`] puts others before.
    #[must_use]
    pub fn ends(status: Status, rows: Vec<Row>) -> Self {
        Self { polls: VecDeque::new(), last: (status, Shown::Rows(rows)), malformed: None }
    }

    /// A query that is complete at the first poll, unless others are put before, with the rows that its text finds among
    /// [`Script::events`](super::Script::events). What its text may be says the module `language`.
    #[must_use]
    pub fn over_events() -> Self {
        Self { last: (Status::Complete, Shown::Found(None)), ..Self::ends(Status::Complete, Vec::new()) }
    }

    /// A query that runs until someone stops it.
    #[must_use]
    pub fn never_ends() -> Self {
        Self::ends(Status::Running, Vec::new())
    }

    /// A query that is refused when it is started, with a compile error at these characters.
    #[must_use]
    pub fn malformed(message: &str, characters: Range<u32>) -> Self {
        Self { malformed: Some((message.to_owned(), characters)), ..Self::never_ends() }
    }

    /// Adds `times` polls, after those added before, that answer with this status and these partial rows.
    #[must_use]
    pub fn first(mut self, status: Status, times: usize, rows: &[Row]) -> Self {
        self.polls.extend(std::iter::repeat_n((status, Shown::Rows(rows.to_vec())), times));
        self
    }

    /// Adds `times` polls, after those added before, that answer with this status and the first `rows` of the rows that
    /// a query over events finds.
    #[must_use]
    pub fn first_found(mut self, status: Status, times: usize, rows: usize) -> Self {
        self.polls.extend(std::iter::repeat_n((status, Shown::Found(Some(rows))), times));
        self
    }

    pub(crate) fn is_over_events(&self) -> bool {
        let mut all = self.polls.iter().chain([&self.last]);
        all.any(|(_, shown)| matches!(shown, Shown::Found(_)))
    }
}
