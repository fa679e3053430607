use crate::db::{self, Connection, FromRow, Row, sql};
use crate::{Store, StoreError};

/// Dates and hours that schedules of a project keep to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarRow {
    /// Its name, unique in its project.
    pub name: String,
    /// Its file.
    pub text: String,
    /// Which times it allows, JSON.
    pub definition: String,
    /// When it was last changed.
    pub changed_at: i64,
}

/// A change of a calendar.
#[derive(Clone, Debug)]
pub enum CalendarChange {
    /// It is made or changed.
    Put {
        /// Its name.
        name: String,
        /// Its file.
        text: String,
        /// Which times it allows, JSON.
        definition: String,
    },
    /// It is deleted.
    Delete {
        /// Its name.
        name: String,
    },
}

impl Store {
    /// The calendars of a project, by name.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn calendars(&self, project: &str) -> Result<Vec<CalendarRow>, StoreError> {
        const SQL: &str = "SELECT name, text, definition, changed_at FROM calendar WHERE project = $1 ORDER BY name";
        self.db().fetch_all(sql(SQL).bind(project)).await.map_err(self.unread("the calendars of a project"))
    }
}

pub(crate) async fn apply(db: &mut Connection, project: &str, changes: &[CalendarChange], at: i64) -> db::Result<()> {
    const PUT: &str = "INSERT INTO calendar (project, name, text, definition, changed_at) VALUES ($1, $2, $3, $4, $5) \
        ON CONFLICT (project, name) DO UPDATE \
        SET text = excluded.text, definition = excluded.definition, changed_at = excluded.changed_at";
    const DELETE: &str = "DELETE FROM calendar WHERE project = $1 AND name = $2";
    for change in changes {
        let statement = match change {
            CalendarChange::Put { name, text, definition } => {
                sql(PUT).bind(project).bind(name).bind(text).bind(definition).bind(at)
            }
            CalendarChange::Delete { name } => sql(DELETE).bind(project).bind(name),
        };
        db.execute(statement).await?;
    }
    Ok(())
}

impl FromRow for CalendarRow {
    fn from_row(row: &Row) -> db::Result<Self> {
        Ok(Self {
            name: row.get("name")?,
            text: row.get("text")?,
            definition: row.get("definition")?,
            changed_at: row.get("changed_at")?,
        })
    }
}
