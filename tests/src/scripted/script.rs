//! What a test tells the scripted server to play.

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
    pub(crate) polls: VecDeque<(Status, Vec<Row>)>,
    pub(crate) last: (Status, Vec<Row>),
    pub(crate) malformed: Option<(String, Range<u32>)>,
}

impl Query {
    /// A query that has this status and these rows from the first poll on, unless [`Query::first`] puts others before.
    #[must_use]
    pub fn ends(status: Status, rows: Vec<Row>) -> Self {
        Self { polls: VecDeque::new(), last: (status, rows), malformed: None }
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
        self.polls.extend(std::iter::repeat_n((status, rows.to_vec()), times));
        self
    }
}

/// An error that the server answers with whatever the request was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `ThrottlingException`, 400 (API Reference, "Common Errors").
    Throttling,
    /// `LimitExceededException`, 400 (`StartQuery`: at most 100 concurrent queries).
    LimitExceeded,
    /// `ServiceUnavailableException`, 500 (each operation's "Errors").
    ServiceUnavailable,
    /// `AccessDeniedException`, 400 ("Common Errors").
    AccessDenied,
    /// `ExpiredTokenException`, 403 ("Common Errors").
    ExpiredToken,
}

/// The whole script of one server.
#[derive(Clone, Debug, Default)]
pub struct Script {
    pub(crate) log_groups: Vec<String>,
    pub(crate) queries: VecDeque<Query>,
    pub(crate) refusals: VecDeque<(String, Refusal)>,
}

impl Script {
    /// A server without log groups, so that every query meets `ResourceNotFoundException`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a log group.
    #[must_use]
    pub fn log_group(mut self, name: &str) -> Self {
        self.log_groups.push(name.to_owned());
        self
    }

    /// Adds the play of the next query that is started; the last one added serves all later ones too.
    #[must_use]
    pub fn query(mut self, query: Query) -> Self {
        self.queries.push_back(query);
        self
    }

    /// Refuses the next `times` calls of `operation`; refusals of one operation come in the order of their adding.
    #[must_use]
    pub fn refuse(mut self, operation: &str, refusal: Refusal, times: usize) -> Self {
        self.refusals.extend(std::iter::repeat_n((operation.to_owned(), refusal), times));
        self
    }
}
