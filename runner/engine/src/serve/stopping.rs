//! The end of a server: what runs has time to end, and what goes on another time is left to it.

use uuid::Uuid;
use windlass_hosting::Stop;
use windlass_jobs::OnInterrupted;
use windlass_store::ExecutionRow;

use super::{Served, Server};
use crate::settle::Loser;

impl Server<'_> {
    /// Waits for what runs; what is not over in time is stopped, or left to go on another time.
    pub(super) async fn finish(mut self) {
        (self.log)(Served::Stopping(self.taken.len()));
        let grace = self.engine.settings.server.stop_grace;
        if tokio::time::timeout(grace, self.drain()).await.is_ok() {
            return;
        }
        let mut goes_on = Vec::new();
        for execution in self.taken.keys().copied() {
            match self.engine.store.execution(execution).await {
                Ok(Some(row)) if self.resumes(&row).await => goes_on.push(row),
                _ => {
                    if let Some(halt) = self.engine.running.halt(execution) {
                        halt.stop(&Stop::Cancelled("the server was stopped".to_owned()));
                    }
                }
            }
        }
        if goes_on.is_empty() {
            return self.drain().await;
        }
        // Those that go on another time must not record that they were cut off; their hosts end with them.
        let ids: Vec<Uuid> = goes_on.iter().map(|row| row.id).collect();
        let others = async {
            while self.taken.keys().any(|id| !ids.contains(id)) {
                match self.tasks.join_next_with_id().await {
                    Some(ended) => self.ended(ended),
                    None => break,
                }
            }
        };
        others.await;
        self.tasks.shutdown().await;
        let loser = Loser::own(self.engine.member.id, "the server was stopped");
        for row in goes_on {
            if let Err(error) = self.engine.settle_execution(&row, &loser).await {
                (self.log)(Served::Trouble(&error));
            }
        }
    }

    async fn resumes(&self, row: &ExecutionRow) -> bool {
        self.engine.job_of(row).await.is_ok_and(|job| job.on_interrupted != OnInterrupted::Fail)
    }

    async fn drain(&mut self) {
        while let Some(ended) = self.tasks.join_next_with_id().await {
            self.ended(ended);
        }
    }
}
