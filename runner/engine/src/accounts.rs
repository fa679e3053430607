//! The accounts of the database beside those of the configuration.

use std::sync::{Arc, Mutex, PoisonError};

use windlass_settings::{AccountName, ProjectName, Scope, Settings, Stored};
use windlass_store::{AccountRow, Store, StoreError};

use crate::Engine;

/// The settings with the accounts of the database, as they were when they were last asked for.
#[derive(Default)]
pub struct KnownAccounts(Mutex<Option<(Revision, Arc<Settings>)>>);

type Revision = i64;

/// The settings with the accounts that the database has now, and the revision of those.
///
/// # Errors
/// `store.unavailable`
pub async fn with_stored_accounts(settings: &Settings, store: &Store) -> Result<(Settings, i64), StoreError> {
    let (revision, rows) = store.accounts().await?;
    Ok((merged(settings, rows), revision))
}

fn merged(settings: &Settings, rows: Vec<AccountRow>) -> Settings {
    let stored: Vec<Stored> = rows.into_iter().filter_map(stored).collect();
    settings.with_stored(&stored)
}

/// Names are checked before they come into the database.
fn stored(row: AccountRow) -> Option<Stored> {
    let scope = match row.scope.as_str() {
        "" => Scope::System,
        project => Scope::Project(ProjectName::parse(project).ok()?),
    };
    Some(Stored { scope, name: AccountName::parse(&row.name).ok()?, version: row.version, text: row.text })
}

impl Engine {
    /// The settings with the accounts that the database has now; one small read when nothing has changed.
    ///
    /// # Errors
    /// `store.unavailable`
    pub async fn settings_now(&self) -> Result<Arc<Settings>, StoreError> {
        let revision = self.store.accounts_revision().await?;
        if let Some((known, settings)) = &*self.accounts.lock()
            && *known == revision
        {
            return Ok(Arc::clone(settings));
        }
        let (revision, rows) = self.store.accounts().await?;
        let settings = Arc::new(merged(&self.settings, rows));
        *self.accounts.lock() = Some((revision, Arc::clone(&settings)));
        Ok(settings)
    }
}

impl KnownAccounts {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Revision, Arc<Settings>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
