use super::*;
use crate::Tail;
use crate::db::{Statement, sql};
use crate::testing::{log, on_both, running, step_started};

fn text(number: i64) -> Vec<u8> {
    format!("piece {number:02}\n").into_bytes()
}

/// Eighty pieces of nine bytes by two steps in turn.
async fn written(store: &Store) -> Uuid {
    let id = running(store).await;
    let other = running(store).await;
    let mut work = vec![step_started(id, 1), log(other, 0, 0, b"not mine")];
    work.extend((0..80).map(|number| log(id, (number % 2) as i32, number * 9, &text(number))));
    store.commit(work).await.unwrap();
    id
}

async fn all(mut pages: LogPages) -> Vec<LogRow> {
    let mut rows = Vec::new();
    while let Some(page) = pages.page().await.unwrap() {
        rows.extend(page);
    }
    rows
}

fn joined_text(rows: &[LogRow]) -> String {
    rows.iter().map(|row| String::from_utf8_lossy(&row.chunk.data).into_owned()).collect()
}

on_both! {
    async fn pages_give_every_piece_once_in_the_order_in_which_it_came(store) {
        let id = written(store).await;
        let mut pages = store.log_text(id);
        let mut sizes = Vec::new();
        let mut seen = Vec::new();
        while let Some(page) = pages.page().await.unwrap() {
            sizes.push(page.len());
            seen.extend(page);
        }
        assert_eq!(sizes, [32, 32, 16]);
        let first = &seen[0].chunk;
        assert_eq!((first.stream, first.first_at, first.last_at), (Stream::Stderr, 1_003, 1_004));
        for (row, number) in seen.iter().zip(0..) {
            assert_eq!((i64::from(row.position), row.chunk.seq), (number % 2, number * 9));
            assert_eq!(row.chunk.data, text(number));
        }
        assert_eq!(store.log(id).await.unwrap().len(), 80);
        let of_step = all(store.log_text(id).of_step(1)).await;
        assert_eq!((of_step.len(), of_step[0].chunk.seq), (40, 9));
        assert!(of_step.iter().all(|row| row.position == 1));
    }

    async fn a_log_is_read_from_any_offset(store) {
        let id = written(store).await;
        let whole = joined_text(&all(store.log_text(id)).await);
        for offset in [0, 1, 8, 9, 10, 300, 711, 719, 720, 1_000] {
            let rows = all(store.log_text(id).from(offset)).await;
            let expected = whole.get(offset as usize..).unwrap_or_default();
            assert_eq!(joined_text(&rows), expected, "{offset}");
            assert!(expected.is_empty() || rows[0].chunk.seq == offset, "{offset}");
        }
        let rows = all(store.log_text(id).of_step(1).from(30)).await;
        assert_eq!((joined_text(&rows[..1]), rows[0].chunk.seq), ("ce 03\n".to_owned(), 30));
        let rows = all(store.log_text(id).of_step(1).from(40)).await;
        assert_eq!(joined_text(&rows[..1]), "piece 05\n", "what lies before the offset is left out");
    }

    async fn a_log_that_grows_can_be_followed(store) {
        let id = running(store).await;
        let mut pages = store.log_text(id);
        let mut from_there = store.log_text(id).from(8);
        assert_eq!(pages.page().await.unwrap(), None);
        assert_eq!(from_there.page().await.unwrap(), None);
        for seq in [0, 4, 8] {
            store.commit(vec![log(id, 0, seq, b"more")]).await.unwrap();
            assert_eq!(pages.page().await.unwrap().unwrap()[0].chunk.seq, seq);
            assert_eq!(pages.page().await.unwrap(), None);
        }
        assert_eq!(joined_text(&from_there.page().await.unwrap().unwrap()), "more");
        assert_eq!(store.log_end(id).await.unwrap(), 12);
    }

    async fn the_end_of_a_log_is_found_from_its_end(store) {
        let empty = running(store).await;
        assert_eq!(store.log_tail(empty, None, Tail::Bytes(9)).await.unwrap(), 0);
        assert_eq!(store.log_tail(empty, None, Tail::Lines(9)).await.unwrap(), 0);
        let id = written(store).await;
        let tail = async |tail| store.log_tail(id, None, tail).await.unwrap();
        assert_eq!(tail(Tail::Bytes(0)).await, 720);
        assert_eq!(tail(Tail::Bytes(5)).await, 715);
        assert_eq!(tail(Tail::Bytes(700)).await, 20);
        assert_eq!(tail(Tail::Bytes(7_000)).await, 0);
        assert_eq!(tail(Tail::Lines(0)).await, 720);
        assert_eq!(tail(Tail::Lines(1)).await, 711);
        assert_eq!(tail(Tail::Lines(70)).await, 90);
        assert_eq!(tail(Tail::Lines(80)).await, 0);
        assert_eq!(tail(Tail::Lines(800)).await, 0);
        let offset = store.log_tail(id, Some(0), Tail::Lines(2)).await.unwrap();
        assert_eq!(joined_text(&all(store.log_text(id).of_step(0).from(offset)).await), "piece 76\npiece 78\n");
        assert_eq!(store.log_tail(id, Some(1), Tail::Bytes(10)).await.unwrap(), 77 * 9 + 8);
        store.commit(vec![log(id, 0, 720, b"a\nb\nunended")]).await.unwrap();
        assert_eq!(tail(Tail::Lines(1)).await, 724);
        assert_eq!(tail(Tail::Lines(3)).await, 720);
        assert_eq!(tail(Tail::Lines(4)).await, 711);
    }

    async fn logs_are_kept_small_and_damage_is_noticed(store) {
        let id = running(store).await;
        store.commit(vec![log(id, 0, 0, &b"the same line again\n".repeat(10_000))]).await.unwrap();
        let read = store.db().fetch_one::<i64>(sql("SELECT CAST(length(data) AS BIGINT) FROM log_chunk")).await;
        assert!(read.unwrap() < 2_000);

        let damage = |data: Vec<u8>| sql("UPDATE log_chunk SET data = $1").bind(data);
        let write = async |statement: Statement| {
            store.db().change(move |db| Box::pin(db.execute(statement))).await.unwrap();
        };
        write(damage(vec![1_u8, 2, 3])).await;
        let error = store.log(id).await.unwrap_err();
        assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    }
}
