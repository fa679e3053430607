use std::str::FromStr;

use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row};
use uuid::Uuid;

use crate::{State, Store, StoreError, UnknownWord};

/// An execution as it is recorded.
#[derive(Clone, Debug)]
pub struct ExecutionRow {
    /// A UUID of version 7, so that ids sort by time.
    pub id: Uuid,
    /// The project that the job belongs to.
    pub project: String,
    /// The job's name.
    pub job: String,
    /// The job file as it was read.
    pub job_text: String,
    /// The values of the job's options, a JSON object without secrets.
    pub options: String,
    /// Where it stands.
    pub state: State,
    /// The error code, when it ended with an error.
    pub code: Option<String>,
    /// The reason for people.
    pub reason: Option<String>,
    /// When it was asked for.
    pub queued_at: i64,
    /// When it began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
}

/// A step execution as it is recorded.
#[derive(Clone, Debug)]
pub struct StepRow {
    /// Its place in the job, from 0.
    pub position: i32,
    /// Its id in the job.
    pub step: String,
    /// Its step type.
    pub uses: String,
    /// Where it stands.
    pub state: State,
    /// The error code, when it ended with an error.
    pub code: Option<String>,
    /// The reason for people.
    pub reason: Option<String>,
    /// The hash of the plugin's bytes, in hex.
    pub plugin_sha256: Option<String>,
    /// Its outputs, a JSON object.
    pub outputs: Option<String>,
    /// How well it is contained: `full`, `partial` or `open`.
    pub containment: Option<String>,
    /// What its plugin can go on from.
    pub checkpoint: Option<String>,
    /// When it began.
    pub started_at: Option<i64>,
    /// When it ended.
    pub ended_at: Option<i64>,
}

/// What a suffix of an id stands for.
#[derive(Clone, Debug)]
pub enum BySuffix {
    /// No execution.
    None,
    /// One execution.
    One(Box<ExecutionRow>),
    /// Several; the ids of the newest [`BySuffix::SHOWN`].
    Many(Vec<Uuid>),
}

impl BySuffix {
    /// How many ids of several are told.
    pub const SHOWN: usize = 5;
}

impl Store {
    /// An execution.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn execution(&self, id: Uuid) -> Result<Option<ExecutionRow>, StoreError> {
        let query = sqlx::query_as("SELECT * FROM execution WHERE id = $1").bind(id);
        query.fetch_optional(self.readers()).await.map_err(self.unread("an execution"))
    }

    /// The execution whose id ends with `suffix`: hex digits, with or without dashes. The whole id will do as well.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn execution_by_suffix(&self, suffix: &str) -> Result<BySuffix, StoreError> {
        const SQL: &str = "SELECT * FROM execution WHERE reversed_id >= $1 AND reversed_id < $2 \
                           ORDER BY queued_at DESC, id DESC LIMIT $3";
        let from = reversed(suffix);
        if from.is_empty() || !from.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Ok(BySuffix::None);
        }
        let to = format!("{from}g");
        let query = sqlx::query_as(SQL).bind(from).bind(to).bind(BySuffix::SHOWN as i64);
        let mut found: Vec<ExecutionRow> =
            query.fetch_all(self.readers()).await.map_err(self.unread("an execution"))?;
        Ok(match (found.len(), found.pop()) {
            (1, Some(row)) => BySuffix::One(Box::new(row)),
            (_, None) => BySuffix::None,
            (_, Some(last)) => BySuffix::Many(found.iter().map(|row| row.id).chain([last.id]).collect()),
        })
    }

    /// The steps of an execution, in the job's order.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn steps(&self, execution: Uuid) -> Result<Vec<StepRow>, StoreError> {
        let query =
            sqlx::query_as("SELECT * FROM step_execution WHERE execution = $1 ORDER BY position").bind(execution);
        query.fetch_all(self.readers()).await.map_err(self.unread("the steps of an execution"))
    }
}

/// The hex digits of an id, or of the end of one, backwards.
pub(crate) fn reversed(id: &str) -> String {
    id.chars().rev().filter(|digit| *digit != '-').map(|digit| digit.to_ascii_lowercase()).collect()
}

/// A word of a closed set from a text column.
pub(crate) fn word<T: FromStr<Err = UnknownWord>>(row: &SqliteRow, column: &str) -> sqlx::Result<T> {
    let text: String = row.try_get(column)?;
    text.parse()
        .map_err(|source: UnknownWord| sqlx::Error::ColumnDecode { index: column.into(), source: source.into() })
}

impl FromRow<'_, SqliteRow> for ExecutionRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            id: row.try_get("id")?,
            project: row.try_get("project")?,
            job: row.try_get("job")?,
            job_text: row.try_get("job_text")?,
            options: row.try_get("options")?,
            state: word(row, "state")?,
            code: row.try_get("code")?,
            reason: row.try_get("reason")?,
            queued_at: row.try_get("queued_at")?,
            started_at: row.try_get("started_at")?,
            ended_at: row.try_get("ended_at")?,
        })
    }
}

impl FromRow<'_, SqliteRow> for StepRow {
    fn from_row(row: &SqliteRow) -> sqlx::Result<Self> {
        Ok(Self {
            position: row.try_get("position")?,
            step: row.try_get("step")?,
            uses: row.try_get("uses")?,
            state: word(row, "state")?,
            code: row.try_get("code")?,
            reason: row.try_get("reason")?,
            plugin_sha256: row.try_get("plugin_sha256")?,
            outputs: row.try_get("outputs")?,
            containment: row.try_get("containment")?,
            checkpoint: row.try_get("checkpoint")?,
            started_at: row.try_get("started_at")?,
            ended_at: row.try_get("ended_at")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{created, fresh};

    #[tokio::test]
    async fn a_suffix_finds_one_many_or_none() {
        let (_folder, store) = fresh().await;
        let ids: Vec<Uuid> =
            (0..16_u128).map(|n| Uuid::from_u128(0x0192_0000_0000_7000_8000_00ab_cdef_0000 + n)).collect();
        store.commit(ids.iter().map(|id| created(*id)).collect()).await.unwrap();

        for suffix in ["000a", "CDEF000A", "ab-cdef000a", &ids[10].to_string(), &ids[10].simple().to_string()] {
            let BySuffix::One(row) = store.execution_by_suffix(suffix).await.unwrap() else { panic!("{suffix}") };
            assert_eq!(row.id, ids[10]);
        }
        for suffix in ["", "-", "e000b", "x", "%", "000g", &format!("0{}", ids[10].simple())] {
            assert!(matches!(store.execution_by_suffix(suffix).await.unwrap(), BySuffix::None), "{suffix}");
        }
    }

    #[tokio::test]
    async fn several_are_told_newest_first() {
        let (_folder, store) = fresh().await;
        let ids: Vec<Uuid> = (0..9_u128).map(|n| Uuid::from_u128(n << 64 | 0xabc)).collect();
        store.commit(ids.iter().map(|id| created(*id)).collect()).await.unwrap();
        let BySuffix::Many(found) = store.execution_by_suffix("abc").await.unwrap() else { panic!() };
        assert_eq!(found, [ids[8], ids[7], ids[6], ids[5], ids[4]]);
    }

    #[tokio::test]
    async fn an_unknown_id_is_no_error() {
        let (_folder, store) = fresh().await;
        assert!(store.execution(Uuid::nil()).await.unwrap().is_none());
        assert!(store.steps(Uuid::nil()).await.unwrap().is_empty());
    }
}
