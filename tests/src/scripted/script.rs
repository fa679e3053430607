//! What a test tells the scripted server to play.

use super::catalog::{LogGroup, SavedQuery};
use super::events::{EndOf, Event};
use super::query::Query;
use super::rules::Limits;
use serde_json::Value;
use std::collections::VecDeque;

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
#[derive(Clone, Debug)]
pub struct Script {
    pub(crate) log_groups: Vec<LogGroup>,
    pub(crate) saved_queries: Vec<SavedQuery>,
    pub(crate) events: Vec<Event>,
    pub(crate) end_of: EndOf,
    pub(crate) account: String,
    pub(crate) limits: Limits,
    pub(crate) concurrent: usize,
    pub(crate) queries: VecDeque<Query>,
    pub(crate) refusals: VecDeque<(String, Refusal)>,
    pub(crate) answers: VecDeque<(String, Value)>,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            log_groups: Vec::new(),
            saved_queries: Vec::new(),
            events: Vec::new(),
            end_of: EndOf::default(),
            account: "111122223333".to_owned(),
            limits: Limits::default(),
            concurrent: usize::MAX,
            queries: VecDeque::new(),
            refusals: VecDeque::new(),
            answers: VecDeque::new(),
        }
    }
}

impl Script {
    /// A server without log groups, so that every query meets `ResourceNotFoundException`.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a log group.
    #[must_use]
    pub fn log_group(self, name: &str) -> Self {
        self.log_groups([LogGroup::new(name)])
    }

    /// Adds log groups.
    #[must_use]
    pub fn log_groups(mut self, groups: impl IntoIterator<Item = LogGroup>) -> Self {
        self.log_groups.extend(groups);
        self
    }

    /// Adds saved queries.
    #[must_use]
    pub fn saved_queries(mut self, queries: impl IntoIterator<Item = SavedQuery>) -> Self {
        self.saved_queries.extend(queries);
        self
    }

    /// Adds events, and their log groups. A script with events and without [`Script::query`] plays
    /// [`Query::over_events`] each time.
    #[must_use]
    pub fn events(mut self, events: Vec<Event>) -> Self {
        self.events.extend(events);
        self
    }

    /// How far the last second of a query over events goes.
    #[must_use]
    pub fn end_of(mut self, end_of: EndOf) -> Self {
        self.end_of = end_of;
        self
    }

    /// The account that `@log` and ARNs name, in every call whoever signs it; `111122223333` unless set.
    #[must_use]
    pub fn account(mut self, account: &str) -> Self {
        account.clone_into(&mut self.account);
        self
    }

    /// The most rows that a query may ask for; 100,000 unless set.
    #[must_use]
    pub fn limit_max(mut self, rows: i64) -> Self {
        self.limits.max = rows;
        self
    }

    /// The rows that a query gets which does not say; 10,000 unless set.
    #[must_use]
    pub fn limit_default(mut self, rows: i64) -> Self {
        self.limits.default = rows;
        self
    }

    /// How many queries may be scheduled or running at once; a query ends with the poll that shows its end.
    #[must_use]
    pub fn concurrent(mut self, queries: usize) -> Self {
        self.concurrent = queries;
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

    /// Adds the answer to the next call of an operation that is not played here; the last one added answers all later
    /// calls of it too.
    #[must_use]
    pub fn answer(mut self, operation: &str, body: Value) -> Self {
        self.answers.push_back((operation.to_owned(), body));
        self
    }
}
