//! What begins next, and beginning it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use uuid::Uuid;
use windlass_settings::ProjectName;
use windlass_store::Candidate;

use super::Server;
use crate::notice::Notice;
use crate::{Engine, EngineError};

/// So many notifications are sent beside as many executions as may run.
const NOTIFYING: usize = 4;
/// How often they are looked for then.
const LOOK_EVERY: Duration = Duration::from_millis(500);

impl Server<'_> {
    /// Begins as many executions as there is room for.
    pub(super) async fn claim(&mut self) -> Result<(), EngineError> {
        let most = usize::try_from(self.engine.settings.server.max_executions).unwrap_or(usize::MAX);
        let mut were_there = false;
        while !were_there {
            let chosen = self.chosen(most).await?;
            were_there = self.begin(chosen).await?;
        }
        let (freed, is_full) = (std::mem::take(&mut self.freed), self.taken.len() >= most);
        if (is_full || self.draining) && self.waiting.has_others() && self.engine.store.frees_place(&freed).await? {
            self.engine.member.wake_others().await;
        }
        if is_full { self.claim_notifications(most + NOTIFYING).await } else { Ok(()) }
    }

    /// What is to begin next.
    async fn chosen(&mut self, most: usize) -> Result<BTreeMap<Uuid, Candidate>, EngineError> {
        let Self { waiting, engine, taken, .. } = self;
        let mut chosen = BTreeMap::new();
        waiting.grow_old();
        while taken.len() + chosen.len() < most && !self.draining {
            let free = |it: &Candidate| {
                !taken.contains_key(&it.id) && has_room(engine, taken.values().chain(chosen.values()), &it.project)
            };
            let Some(candidate) = waiting.next(engine, (taken.len(), most), free).await? else { break };
            chosen.insert(candidate.id, candidate);
        }
        Ok(chosen)
    }

    /// What tells of others does not wait until these make room.
    async fn claim_notifications(&mut self, most: usize) -> Result<(), EngineError> {
        if self.taken.len() >= most || self.looked.is_some_and(|at| at.elapsed() < LOOK_EVERY) {
            return Ok(());
        }
        self.looked = Some(Instant::now());
        let found = self.waiting.notifications(&self.engine, NOTIFYING).await?.into_iter();
        let chosen = found.filter(|it| !self.taken.contains_key(&it.id)).take(most - self.taken.len());
        self.begin(chosen.map(|candidate| (candidate.id, candidate)).collect()).await.map(drop)
    }

    /// Begins those of some executions that are there to be had, and says whether all were. They are read together, so that
    /// they are claimed together.
    async fn begin(&mut self, mut chosen: BTreeMap<Uuid, Candidate>) -> Result<bool, EngineError> {
        let mut rows = self.engine.store.queued(&chosen.keys().copied().collect::<Vec<_>>()).await?;
        rows.sort_unstable_by_key(|row| row.id);
        for row in rows {
            let Some(candidate) = chosen.remove(&row.id) else { continue };
            let (engine, id, began) = (Arc::clone(&self.engine), row.id, self.begins.clone());
            self.taken.insert(id, candidate.clone());
            let task = self.tasks.spawn(async move {
                let observer = |notice: Notice<'_>| {
                    if let Notice::Started { .. } = notice {
                        // Nobody listening means that the server has stopped.
                        let _ = began.send(candidate.clone());
                    }
                };
                engine.run_claimed(&row, &observer).await
            });
            self.by_task.insert(task.id(), id);
        }
        // Others have been faster with the rest.
        Ok(chosen.is_empty())
    }
}

/// Whether one more execution of a project may run.
fn has_room<'a>(engine: &Engine, taken: impl Iterator<Item = &'a Candidate>, project: &str) -> bool {
    let running = taken.filter(|other| other.project == project).count();
    let most = ProjectName::parse(project).map_or(0, |name| engine.settings.project_executions(&name));
    running < usize::try_from(most).unwrap_or(usize::MAX)
}
