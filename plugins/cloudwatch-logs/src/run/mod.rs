//! One step: its queries at AWS, what they have cost, and that none of them runs on when the step has ended.

mod budget;
mod journal;

use std::cell::{Cell, RefCell};
use std::time::Instant;

use aws_sdk_cloudwatchlogs::types::QueryStatus;
use futures_util::future::join_all;
use windlass_plugin_api::{Context, StepError};

pub(crate) use budget::Budget;
pub(crate) use journal::Journal;

use crate::aws::{Ask, Complete, Need, Site, Started, Watch, stop};
use crate::preview::preview;
use crate::rows::Statistics;
use crate::text::Nature;

/// What the queries of a step share. Everything happens on the step's one thread.
pub(crate) struct Run<'a> {
    pub(crate) context: &'a Context,
    pub(crate) sites: Vec<Site>,
    budget: Budget,
    journal: RefCell<Journal>,
    /// In the order in which they were started, with what they have cost so far.
    queries: RefCell<Vec<(String, Statistics)>>,
    running: Cell<usize>,
    began: Instant,
}

/// A query that was started or joined.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) limit: u32,
}

impl<'a> Run<'a> {
    pub(crate) fn new(context: &'a Context, sites: Vec<Site>, budget: Budget, journal: Journal) -> Self {
        Self {
            context,
            sites,
            budget,
            journal: RefCell::new(journal),
            queries: RefCell::default(),
            running: Cell::new(0),
            began: Instant::now(),
        }
    }

    /// Starts a query, or joins the one that an earlier process of this step started for the same.
    pub(crate) async fn start(&self, site: &Site, ask: &Ask<'_>, need: Need) -> Result<Started<Query>, StepError> {
        let known = self.journal.borrow().find(site, ask);
        if let Some(id) = known
            && (Watch { site, id: &id, context: self.context }).is_known().await
        {
            self.context.info(format!("joined query `{id}`, which was started before"));
            self.opened(&id);
            return Ok(Started::Query(Query { id, limit: ask.limit }));
        }
        self.budget.allows_query(self.queries.borrow().len())?;
        let id = match site.start(ask, need, self.context).await? {
            Started::Query(id) => id,
            Started::FewerRows => return Ok(Started::FewerRows),
            Started::NotNow => return Ok(Started::NotNow),
        };
        self.opened(&id);
        self.journal.borrow_mut().started(site, ask, &id);
        let token = self.journal.borrow().token();
        self.context.checkpoint(token).await?;
        Ok(Started::Query(Query { id, limit: ask.limit }))
    }

    fn opened(&self, id: &str) {
        self.queries.borrow_mut().push((id.to_owned(), Statistics::default()));
        self.running.set(self.running.get() + 1);
    }

    /// Watches a query until it is complete; rows that it finds meanwhile are shown as its nature says.
    pub(crate) async fn watch(&self, site: &Site, query: &Query, nature: &Nature) -> Result<Complete, StepError> {
        let watch = Watch { site, id: &query.id, context: self.context };
        watch
            .to_its_end(|status, statistics, rows| {
                if *status != QueryStatus::Complete {
                    preview(rows, nature, self.context);
                }
                self.seen(query, status, *statistics)
            })
            .await
    }

    fn seen(&self, query: &Query, status: &QueryStatus, statistics: Statistics) -> Result<(), StepError> {
        if let Some((_, known)) = self.queries.borrow_mut().iter_mut().find(|(id, _)| *id == query.id) {
            *known = statistics;
        }
        if !matches!(status, QueryStatus::Scheduled | QueryStatus::Running | QueryStatus::UnknownValue) {
            self.journal.borrow_mut().ended(&query.id);
            self.running.set(self.running.get().saturating_sub(1));
        }
        self.tell(status);
        self.budget.allows(&self.total())
    }

    fn tell(&self, status: &QueryStatus) {
        let (total, count, running) = (self.total(), self.queries.borrow().len(), self.running.get());
        let which = if count == 1 { String::new() } else { format!(", {running} of {count} queries running") };
        let seconds = self.began.elapsed().as_secs();
        self.context.progress(format!("{status}: {total}{which}, {seconds} s"), None);
    }

    /// The rows of a query are not used: what it matched is found again by others. What it scanned is billed all the same.
    pub(crate) fn set_aside(&self, query: &Query) {
        if let Some((_, known)) = self.queries.borrow_mut().iter_mut().find(|(id, _)| *id == query.id) {
            known.matched = 0;
        }
    }

    /// What all queries have cost so far.
    pub(crate) fn total(&self) -> Statistics {
        self.queries.borrow().iter().map(|(_, statistics)| *statistics).sum()
    }

    /// The identifiers of all queries.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.queries.borrow().iter().map(|(id, _)| id.clone()).collect()
    }

    /// Stops what runs on at AWS, all at the same time.
    pub(crate) async fn stop(&self) {
        let open: Vec<(usize, String)> =
            self.journal.borrow().open().map(|entry| (entry.site, entry.id.clone())).collect();
        let sites = open.iter().filter_map(|(number, id)| {
            let site = self.sites.iter().find(|site| site.number == *number)?;
            Some(stop(site, id, self.context))
        });
        join_all(sites).await;
        open.iter().for_each(|(_, id)| self.journal.borrow_mut().ended(id));
    }
}
