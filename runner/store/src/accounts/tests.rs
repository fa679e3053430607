use windlass_errors::Report as _;

use super::*;
use crate::testing::{Ground, on_both};
use crate::{Durability, JobChange};

fn row(scope: &str, name: &str, version: i64, text: &str, at: i64) -> AccountRow {
    let [scope, name, text, by] = [scope, name, text, "ops"].map(str::to_owned);
    AccountRow { scope, name, version, text, by, at }
}

on_both! {
    async fn an_account_keeps_its_versions_through_edits_and_deletion(store) {
        assert_eq!(store.accounts().await.unwrap(), (0, vec![]));
        assert_eq!(store.accounts_revision().await.unwrap(), 0);
        assert_eq!(store.account_put("web", "prod", "one", None, "ops", 1).await.unwrap(), 1);
        assert_eq!(store.account_put("", "prod", "system", None, "ops", 2).await.unwrap(), 1);
        assert_eq!(store.account_put("web", "prod", "two", Some(1), "ops", 3).await.unwrap(), 2);
        let both = vec![row("", "prod", 1, "system", 2), row("web", "prod", 2, "two", 3)];
        assert_eq!(store.accounts().await.unwrap(), (3, both));

        assert_eq!(store.account_delete("web", "prod", 2, "root", 4).await.unwrap(), 3);
        assert_eq!(store.accounts().await.unwrap(), (4, vec![row("", "prod", 1, "system", 2)]));
        assert_eq!(store.accounts_revision().await.unwrap(), 4);
        assert_eq!(store.account_put("web", "prod", "again", None, "ops", 5).await.unwrap(), 4);
        let history = store.account_history("web", "prod").await.unwrap();
        let seen: Vec<_> = history.iter().map(|of| (of.version, of.text.as_deref(), of.by.as_str(), of.at)).collect();
        let versions = [(4, Some("again"), "ops", 5), (3, None, "root", 4), (2, Some("two"), "ops", 3), (1, Some("one"), "ops", 1)];
        assert_eq!(seen, versions);
        assert_eq!(store.account_history("api", "prod").await.unwrap(), []);
    }

    async fn the_last_deletion_leaves_its_revision(store) {
        store.account_put("web", "prod", "one", None, "ops", 1).await.unwrap();
        store.account_delete("web", "prod", 1, "ops", 2).await.unwrap();
        assert_eq!(store.accounts().await.unwrap(), (2, vec![]));
        assert_eq!(store.accounts_revision().await.unwrap(), 2);
    }

    async fn what_somebody_else_changed_is_refused(store) {
        store.account_put("web", "prod", "one", None, "ops", 1).await.unwrap();
        let error = store.account_put("web", "prod", "other", None, "ops", 2).await.unwrap_err();
        assert_eq!(error.to_string(), "account `prod` of project `web` exists already, with version 1");
        assert_eq!(error.code().as_str(), "account.exists");
        store.account_put("web", "prod", "two", Some(1), "ops", 3).await.unwrap();
        let error = store.account_put("web", "prod", "late", Some(1), "ops", 4).await.unwrap_err();
        assert_eq!(error.to_string(), "account `prod` of project `web` has been changed meanwhile: it has version 2");
        assert_eq!(error.code().as_str(), "account.changed");
        store.account_delete("web", "prod", 1, "ops", 5).await.unwrap_err();
        store.account_delete("web", "prod", 2, "ops", 5).await.unwrap();
        for late in [store.account_put("web", "prod", "late", Some(2), "ops", 6).await,
                     store.account_delete("web", "prod", 3, "ops", 6).await,
                     store.account_put("", "none", "x", Some(1), "ops", 6).await] {
            let error = late.unwrap_err();
            assert!(error.to_string().ends_with("has been changed meanwhile: it is not there"), "{error}");
        }
        assert_eq!(store.accounts_revision().await.unwrap(), 3, "what is refused is no change");
    }
}

fn job(name: &str, expected: Option<i64>) -> JobChange {
    let (identity, text) = (format!("name:{name}"), "steps: []".to_owned());
    JobChange::Put {
        identity,
        name: name.to_owned(),
        group: None,
        description: None,
        text,
        schedules: vec![],
        expected,
    }
}

async fn apply(store: &Store, change: JobChange) {
    store.apply_jobs("web", vec![change], Vec::new(), 1).await.unwrap();
}

on_both! {
    async fn what_was_looked_at_has_to_hold_still(store) {
        store.account_put("web", "prod", "one", None, "ops", 1).await.unwrap();
        apply(store, job("a", None)).await;
        let jobs = store.standing_jobs().await.unwrap();
        let seen = |accounts: i64, jobs: &StandingJobs| Expected {
            version: Some(1),
            seen: Some(Seen { accounts, jobs: Some(jobs.clone()) }),
        };

        store.account_put("web", "other", "x", None, "ops", 2).await.unwrap();
        let error = store.account_delete("web", "prod", seen(1, &jobs), "ops", 3).await.unwrap_err();
        assert!(matches!(error, StoreError::SeenChanged), "{error}");
        assert_eq!(error.code().as_str(), "account.changed");
        let error = store.account_put("web", "prod", "two", seen(1, &jobs), "ops", 3).await.unwrap_err();
        assert!(matches!(error, StoreError::SeenChanged), "{error}");

        for change in [
            job("a", Some(1)),
            job("b", None),
            JobChange::Delete { identity: "name:a".to_owned(), expected: 2 },
        ] {
            let before = store.standing_jobs().await.unwrap();
            apply(store, change).await;
            let error = store.account_delete("web", "prod", seen(2, &before), "ops", 3).await.unwrap_err();
            assert!(matches!(error, StoreError::SeenChanged), "{error}");
        }
        let now = store.standing_jobs().await.unwrap();
        store.account_delete("web", "prod", seen(2, &now), "ops", 3).await.unwrap();
    }
}

const WRITERS: usize = 6;

/// Several processes, each with a connection of its own, add accounts and edit one of them.
async fn writers(ground: &Ground) {
    let mut stores = Vec::new();
    for _ in 0..WRITERS {
        stores.push(Store::open(&ground.location, Durability::Process).await.unwrap());
    }
    stores[0].account_put("web", "shared", "0", None, "ops", 1).await.unwrap();
    let write = |(number, store): (usize, &Store)| {
        let store = store.clone();
        tokio::spawn(async move {
            store.account_put("web", &format!("own{number}"), "x", None, "ops", 1).await.unwrap();
            store.account_put("web", "shared", "next", Some(1), "ops", 1).await.is_ok()
        })
    };
    let mut won = 0;
    for task in stores.iter().enumerate().map(write).collect::<Vec<_>>() {
        won += usize::from(task.await.unwrap());
    }
    let (revision, accounts) = stores[0].accounts().await.unwrap();
    assert_eq!((won, accounts.len()), (1, WRITERS + 1));
    assert_eq!(revision, i64::try_from(WRITERS).unwrap() + 2, "each change has a revision of its own");
    assert_eq!(stores[1].accounts_revision().await.unwrap(), revision);
    assert_eq!(accounts.iter().find(|account| account.name == "shared").unwrap().version, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_write_at_once_to_sqlite() {
    writers(&Ground::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_write_at_once_to_postgres() {
    writers(&Ground::postgres()).await;
}
