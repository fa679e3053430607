use crate::db::sql;
use crate::{Store, StoreError};

impl Store {
    /// Removes at most `batch` versions of stored jobs, and returns how many: those that were replaced before this time, in
    /// milliseconds since 1970 UTC, and that no execution which is kept has run or is to run. The newest version of each job
    /// stays, that of a deleted one too.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn prune_job_versions(&self, replaced_before: i64, batch: i64) -> Result<u64, StoreError> {
        // What came directly after may be gone, and then something newer came before that time as well.
        const SQL: &str = "DELETE FROM job_version WHERE (job, version) IN (SELECT v.job, v.version FROM job_version v \
            WHERE EXISTS (SELECT 1 FROM job_version n \
                WHERE n.job = v.job AND n.version > v.version AND n.created_at < $1) \
            AND NOT EXISTS (SELECT 1 FROM execution e WHERE e.job_id = v.job AND e.job_version = v.version) \
            ORDER BY v.job, v.version LIMIT $2 + 0)";
        let statement = sql(SQL).bind(replaced_before).bind(batch);
        let removed = self.db().change(move |db| Box::pin(db.execute(statement))).await;
        removed.map_err(self.unwritten("the removal of versions of jobs"))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::testing::{done, joined, new, on_both};
    use crate::{JobChange, JobText, NewExecution, Prune, State, Store};

    /// A job whose version `n` was applied at `n` thousand.
    async fn job(store: &Store, name: &str, versions: i64) -> Uuid {
        let mut id = Uuid::nil();
        for version in 1..=versions {
            let change = JobChange::Put {
                identity: format!("name:{name}"),
                name: name.to_owned(),
                group: None,
                description: None,
                text: format!("steps: [] # {version}"),
                schedules: Vec::new(),
                expected: (version > 1).then_some(version - 1),
            };
            id = store.apply_jobs("web", vec![change], Vec::new(), version * 1_000).await.unwrap().remove(0).id;
        }
        id
    }

    async fn left(store: &Store, job: Uuid) -> Vec<i64> {
        store.job_versions(job).await.unwrap().iter().map(|row| row.version).collect()
    }

    on_both! {
        async fn versions_that_nobody_can_need_go_in_batches(store) {
            let member = joined(store).await;
            let (one, other) = (job(store, "one", 6).await, job(store, "other", 1).await);
            let text = JobText::Stored { job: one, version: 2 };
            let ran = done(store, NewExecution { text, ..new(Uuid::now_v7()) }, member, State::Failed).await;
            let delete = JobChange::Delete { identity: "name:other".to_owned(), expected: 1 };
            store.apply_jobs("web", vec![delete], Vec::new(), 1_500).await.unwrap();

            // Version 4 was replaced at 5000, and not before it.
            assert_eq!(store.prune_job_versions(5_000, 1).await.unwrap(), 1);
            assert_eq!(left(store, one).await, [6, 5, 4, 3, 2]);
            assert_eq!(store.prune_job_versions(5_000, 9).await.unwrap(), 1);
            assert_eq!(store.prune_job_versions(5_000, 9).await.unwrap(), 0);
            assert_eq!(left(store, one).await, [6, 5, 4, 2]);
            assert_eq!(store.execution_text(ran).await.unwrap().as_deref(), Some("steps: [] # 2"));

            // What came after version 2 is gone already.
            store.prune(&Prune::default(), 9).await.unwrap();
            assert_eq!(store.prune_job_versions(5_000, 9).await.unwrap(), 1);
            assert_eq!(store.prune_job_versions(i64::MAX, 9).await.unwrap(), 2);
            assert_eq!((left(store, one).await, left(store, other).await), (vec![6], vec![1]));
        }
    }
}
