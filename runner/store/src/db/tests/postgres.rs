use std::time::Duration;

use secrecy::SecretString;
use windlass_errors::{Report, render};
use windlass_tests::postgres::{PASSWORD, Postgres};

use crate::db::sql;
use crate::testing::{at, joined, queued};
use crate::{Durability, Location, PostgresLocation, Store, StoreError};

async fn refused(location: PostgresLocation) -> String {
    let error = Store::open(&Location::Postgres(location), Durability::Full).await.err().unwrap();
    assert_eq!(error.code().as_str(), "store.unavailable");
    let all = format!("{}\n{error:?}", render(&error));
    for secret in [PASSWORD, "s3cret", "p%40ss"] {
        assert!(!all.contains(secret), "{all}");
    }
    render(&error)
}

#[tokio::test]
async fn what_cannot_be_opened_is_named_without_the_password() {
    let server = Postgres::shared();
    let url = server.url(&server.fresh_database().unwrap());
    let wrong = |password: &str| PostgresLocation { password: Some(SecretString::from(password)), ..at(&url) };
    let text = refused(wrong("s3cret")).await;
    assert!(text.contains(&format!("cannot open the database `{url}`")), "{text}");
    assert!(text.contains("help: the server does not let this user in"), "{text}");
    let inside = url.replace("windlass@", "windlass:s3cret@");
    let text = refused(PostgresLocation { password: None, ..at(&inside) }).await;
    assert!(text.contains(&format!("the database `{url}`")), "{text}");

    let text = refused(at(&server.url("nowhere"))).await;
    assert!(text.contains("/nowhere`") && text.contains("help: create the database first"), "{text}");
    let text = refused(at("postgresql://windlass:s3cret@127.0.0.1:1/x")).await;
    assert!(text.contains("`postgresql://windlass@127.0.0.1:1/x`"), "{text}");
    assert!(text.contains("help: check that the database server runs"), "{text}");
    for url in ["s3cret", "mysql://windlass:s3cret@127.0.0.1/x", "postgresql://u:s3cret@h:99999/x"] {
        let text = refused(at(url)).await;
        assert!(text.contains("help: write it as `postgresql://USER@HOST:PORT/DATABASE`"), "{text}");
    }
    let shown = format!("{:?}", Location::Postgres(at("postgresql://u:s3cret@h/x")));
    assert!(!shown.contains("s3cret") && !shown.contains(PASSWORD), "{shown}");
}

#[tokio::test]
async fn a_password_in_the_url_will_do() {
    let server = Postgres::shared();
    let url = server.url(&server.fresh_database().unwrap());
    let url = url.replace("windlass@", "windlass:p%40ss%2Fword%3Aof-tests@");
    let location = Location::Postgres(PostgresLocation { password: None, ..at(&url) });
    let store = Store::open(&location, Durability::Full).await.unwrap();
    assert!(store.members().await.unwrap().is_empty() && !store.name().contains("word"));
}

#[tokio::test]
async fn durability_is_that_of_the_sessions() {
    let server = Postgres::shared();
    let url = server.url(&server.fresh_database().unwrap());
    for (durability, expected) in [(Durability::Full, "on"), (Durability::Process, "off")] {
        let store = Store::open(&Location::Postgres(at(&url)), durability).await.unwrap();
        let value = store.db().fetch_one::<String>(sql("SHOW synchronous_commit")).await;
        assert_eq!(value.unwrap(), expected);
        let value = store.db().change(|db| Box::pin(db.fetch_one::<String>(sql("SHOW synchronous_commit")))).await;
        assert_eq!(value.unwrap(), expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_was_away_is_used_again() {
    let mut server = Postgres::start().unwrap();
    let url = server.url(&server.fresh_database().unwrap());
    let location = Location::Postgres(PostgresLocation { max_connections: 2, ..at(&url) });
    let store = Store::open(&location, Durability::Full).await.unwrap();
    let member = joined(&store).await;
    server.down();
    let id = uuid::Uuid::now_v7();
    for _ in 0..2 {
        let error = store.commit(vec![queued(id)]).await.unwrap_err();
        assert!(matches!(error, StoreError::Write { .. }), "{error:?}");
    }
    let error = store.members().await.unwrap_err();
    assert!(render(&error).contains("help: check that the database server runs"), "{}", render(&error));
    tokio::task::block_in_place(|| server.up()).unwrap();
    let mut tries = 0;
    while let Err(error) = store.commit(vec![queued(id)]).await {
        tries += 1;
        assert!(tries < 5, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(store.members().await.unwrap()[0].id, member);
    assert!(store.execution(id).await.unwrap().is_some());
}
