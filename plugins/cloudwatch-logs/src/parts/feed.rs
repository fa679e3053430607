use std::collections::VecDeque;

use windlass_plugin_api::StepError;

use super::part::{Part, Split};
use super::pointers::Pointers;
use crate::asked::Asked;
use crate::aws::{Ask, Complete, Need, Site, Started, Watch};
use crate::groups::Groups;
use crate::range::Seconds;
use crate::rows::{Row, field, instant};
use crate::run::{Query, Run};

/// How many parts are at AWS at a time, the one that is read included.
const AHEAD: usize = 4;
/// The rows of some log groups in one place, page by page in the query's order, in as many queries as they need.
///
/// The next parts run at AWS while one is read; of rows, only a page is held.
pub(crate) struct Feed<'a> {
    run: &'a Run<'a>,
    site: &'a Site,
    asked: &'a Asked,
    groups: Option<&'a Groups>,
    whole: Seconds,
    /// What is still to be read, in order. The first few are at AWS.
    parts: VecDeque<(Part, Option<Query>)>,
    /// The query whose pages are being read, and the token of the next.
    reading: Option<(Query, String)>,
    /// How many rows of it were read, and whether AWS has said that there are no others.
    rows_read: u64,
    known: bool,
    pointers: Pointers,
    is_cut: bool,
}

impl<'a> Feed<'a> {
    pub(crate) fn new(
        run: &'a Run<'a>,
        site: &'a Site,
        asked: &'a Asked,
        groups: Option<&'a Groups>,
        first: (Part, Seconds),
    ) -> Self {
        let (first, whole) = first;
        let parts = VecDeque::from([(first, None)]);
        let (reading, pointers) = (None, Pointers::default());
        Self { run, site, asked, groups, whole, parts, reading, rows_read: 0, known: false, pointers, is_cut: false }
    }

    pub(crate) fn site(&self) -> &'a Site {
        self.site
    }

    /// The only log group of all rows, if there is one.
    pub(crate) fn group(&self) -> Option<&str> {
        match self.groups?.all() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Whether there may be more rows than were asked for.
    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Whether there may be rows that were not read yet.
    pub(crate) fn has_more(&self) -> bool {
        self.reading.is_some() || !self.parts.is_empty()
    }

    /// The next rows; nothing when there are no more. A page may be empty.
    pub(crate) async fn page(&mut self) -> Result<Option<Vec<Row>>, StepError> {
        if let Some((query, token)) = self.reading.take() {
            let (rows, next) = self.watch(&query.id).page(token).await?;
            return self.read(query, rows, next).map(Some);
        }
        loop {
            self.start_ahead().await?;
            let Some((part, query)) = self.parts.pop_front() else { return Ok(None) };
            let query = query.expect("the first parts are at AWS");
            let complete = self.run.watch(self.site, &query, &self.asked.nature).await?;
            if self.is_full(&complete, &query)? {
                self.split(&part, &complete, &query).await?;
                continue;
            }
            self.pointers.next_part();
            self.rows_read = 0;
            self.known = self.asked.nature.parts.is_ok() && complete.statistics.matched > 0;
            let Complete { rows, next, .. } = complete;
            return self.read(query, rows, next).map(Some);
        }
    }

    fn watch<'w>(&'w self, id: &'w str) -> Watch<'w> {
        Watch { site: self.site, id, context: self.run.context }
    }

    fn read(&mut self, query: Query, mut rows: Vec<Row>, next: Option<String>) -> Result<Vec<Row>, StepError> {
        self.rows_read += rows.len() as u64;
        rows.retain(|row| self.pointers.is_new(row));
        match next {
            Some(token) => self.reading = Some((query, token)),
            None if self.known || self.asked.nature.limits_itself => {}
            None if self.rows_read >= u64::from(query.limit) && self.needs_all(&query)? => {
                let message = format!("AWS returned {} rows and does not say whether there are more", self.rows_read);
                let help = "query a shorter range, or say with `limit` how many rows are enough";
                return Err(StepError::new("cloudwatch-logs.too-many-rows", message).with_help(help));
            }
            None => {}
        }
        Ok(rows)
    }

    /// Starts the first part, and those after it as far as AWS takes them now.
    async fn start_ahead(&mut self) -> Result<(), StepError> {
        for at in 0..self.parts.len().min(AHEAD) {
            if self.parts[at].1.is_none() {
                let part = self.parts[at].0.clone();
                let need = if at == 0 { Need::Now } else { Need::Later };
                let (text, seconds) = (part.text(&self.asked.text), part.seconds(self.whole));
                let Some(query) = self.start(text, seconds, self.asked.limit, need).await? else { break };
                self.parts[at].1 = Some(query);
            }
        }
        Ok(())
    }

    async fn start(
        &self,
        text: String,
        seconds: Seconds,
        limit: Option<u64>,
        need: Need,
    ) -> Result<Option<Query>, StepError> {
        loop {
            let most = self.site.most_rows();
            let limit = limit.map_or(most, |limit| u32::try_from(limit).unwrap_or(u32::MAX).min(most));
            let (language, groups, text) = (self.asked.language, self.groups, text.clone());
            let ask = Ask { text, language, groups, start: seconds.start, end: seconds.end, limit };
            match self.run.start(self.site, &ask, need).await? {
                Started::Query(query) => {
                    let groups = self.groups.map_or_else(|| "log groups of the query".to_owned(), Groups::named);
                    let (id, name) = (&query.id, self.site.name());
                    self.run.context.info(format!("started query `{id}` of {name} over {groups}, {seconds}"));
                    return Ok(Some(query));
                }
                Started::FewerRows => {}
                Started::NotNow => return Ok(None),
            }
        }
    }

    /// Whether a query has more rows than it returns, though nobody wanted so few. Where AWS does not say how many match, that
    /// may only be seen when all pages were read.
    fn is_full(&mut self, complete: &Complete, query: &Query) -> Result<bool, StepError> {
        let (rows, matched) = (complete.rows.len() as u64, complete.statistics.matched);
        if self.asked.nature.limits_itself {
            self.is_cut |= self.asked.nature.gives_events && complete.next.is_none() && matched > rows;
            return Ok(false);
        }
        // What matches is events, which are not rows where a query counts.
        let is_full = match (&self.asked.nature.parts, matched) {
            (Ok(_), 1..) => matched > u64::from(query.limit),
            _ => rows >= u64::from(query.limit),
        };
        Ok(is_full && self.needs_all(query)?)
    }

    /// A query has as many rows as it returns, or more: whether the others are wanted.
    fn needs_all(&mut self, query: &Query) -> Result<bool, StepError> {
        if self.asked.limit.is_some_and(|wanted| wanted <= u64::from(query.limit)) {
            self.is_cut = true;
            return Ok(false);
        }
        let Err(why) = &self.asked.nature.parts else { return Ok(true) };
        let message = format!("the query has {} rows or more, which is all that AWS returns for it", query.limit);
        let help = format!(
            "query a shorter range, or say with `limit` how many rows are enough: it cannot be split, since {why}"
        );
        Err(StepError::new("cloudwatch-logs.too-many-rows", message).with_help(help))
    }

    async fn split(&mut self, part: &Part, complete: &Complete, query: &Query) -> Result<(), StepError> {
        self.run.set_aside(query);
        let Ok(direction) = self.asked.nature.parts else { return Ok(()) };
        let events = complete.statistics.matched.max(complete.rows.len() as u64);
        let most = query.limit;
        let parts = match part.split(events, most, direction) {
            Split::Parts(parts) => parts,
            Split::Streams(at) => self.streams(part, at).await?,
            Split::Never { at, stream } => {
                let at = instant(at);
                let message = format!(
                    "{events} log events of stream `{stream}` have the same millisecond, {at}, and AWS returns {most} at most"
                );
                let help = "filter more, or say with `limit` how many rows are enough";
                return Err(StepError::new("cloudwatch-logs.too-many-rows", message).with_help(help));
            }
        };
        let count = parts.len();
        self.run.context.info(format!("{events} log events are more than {most}; asking again in {count} parts"));
        for part in parts.into_iter().rev() {
            self.parts.push_front((part, None));
        }
        Ok(())
    }

    /// A part for each log stream that has events in one millisecond.
    async fn streams(&self, part: &Part, at: i64) -> Result<Vec<Part>, StepError> {
        let query = self.start(part.streams(), part.seconds(self.whole), None, Need::Now).await?;
        let query = query.expect("a query that is needed now is waited for");
        let complete = self.run.watch(self.site, &query, &self.asked.nature).await?;
        self.run.set_aside(&query);
        let (mut rows, mut next) = (complete.rows, complete.next);
        while let Some(token) = next {
            let (more, token) = self.watch(&query.id).page(token).await?;
            rows.extend(more);
            next = token;
        }
        let part = |row: &Row| {
            let text = |name| field(row, name).unwrap_or_default().to_owned();
            Part::Stream { at, log: text("@log"), stream: text("@logStream") }
        };
        Ok(rows.iter().map(part).collect())
    }
}
