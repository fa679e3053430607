use super::*;
use crate::testing::{new, on_both, rows, running};
use crate::{NewExecution, Transition};

on_both! {
    async fn a_table_grows_piece_by_piece(store) {
        let id = running(store).await;
        store.commit(vec![rows(id, 0, 2, b"[1]\n[2]\n"), rows(id, 1, 1, b"[3]\n")]).await.unwrap();
        let tables = store.tables(id).await.unwrap();
        let expected = TableRow {
            position: 0,
            name: "results".into(),
            columns: "[\"a\"]".into(),
            rows: 3,
            bytes: 12,
            content_type: None,
        };
        assert_eq!(tables, [expected]);

        let mut pages = store.rows(id, 0, "results");
        assert_eq!(pages.page().await.unwrap().unwrap(), b"[1]\n[2]\n");
        assert_eq!(pages.page().await.unwrap().unwrap(), b"[3]\n");
        assert_eq!(pages.page().await.unwrap(), None);
        assert_eq!(store.rows(id, 0, "other").page().await.unwrap(), None);
        assert_eq!(store.rows(id, 1, "results").page().await.unwrap(), None);
    }

    async fn files_charts_and_checkpoints_of_a_running_step(store) {
        let execution = running(store).await;
        let (artifact, content_type) = ("report.pdf".to_owned(), "application/pdf".to_owned());
        let bytes = |seq, data: &[u8]| {
            let (artifact, content_type, data) = (artifact.clone(), content_type.clone(), data.to_vec());
            Transition::Bytes { execution, position: 0, artifact, content_type, seq, data }
        };
        let chart = |definition: &str| {
            let (chart, definition) = ("by hour".to_owned(), definition.to_owned());
            Transition::Chart { execution, position: 0, chart, definition }
        };
        let kept = |token: &str| Transition::Checkpoint { execution, position: 0, token: token.to_owned() };
        let contained = Transition::Contained { execution, position: 0, containment: "full".to_owned() };
        let all = vec![contained, bytes(0, b"%PDF"), bytes(1, b"-1.7"), chart("{}"), chart("[]"), kept("a"), kept("b")];
        store.commit(all).await.unwrap();

        let tables = store.tables(execution).await.unwrap();
        assert_eq!((tables[0].bytes, tables[0].content_type.as_deref()), (8, Some("application/pdf")));
        let mut pages = store.rows(execution, 0, "report.pdf");
        assert_eq!(pages.page().await.unwrap().unwrap(), b"%PDF");
        assert_eq!(pages.page().await.unwrap().unwrap(), b"-1.7");
        let charts = store.charts(execution).await.unwrap();
        assert_eq!(charts, [ChartRow { position: 0, name: "by hour".into(), definition: "[]".into() }]);
        let step = &store.steps(execution).await.unwrap()[0];
        assert_eq!((step.containment.as_deref(), step.checkpoint.as_deref()), (Some("full"), Some("b")));

        let of_none = Transition::Checkpoint { execution, position: 1, token: "c".to_owned() };
        store.commit(vec![of_none]).await.unwrap_err();
    }

    async fn the_first_rows_need_no_more_pieces_than_they_are_in(store) {
        let id = running(store).await;
        store.commit(vec![rows(id, 0, 2, b"[1]\n[2]\n"), rows(id, 1, 2, b"[3]\n[4]\n")]).await.unwrap();
        for (limit, expected) in [(0, ""), (1, "[1]\n"), (2, "[1]\n[2]\n"), (3, "[1]\n[2]\n[3]\n")] {
            assert_eq!(store.first_rows(id, 0, "results", limit).await.unwrap(), expected.as_bytes());
        }
        assert_eq!(store.first_rows(id, 0, "results", 9).await.unwrap().len(), 16);
        let damage = crate::db::sql("UPDATE artifact_chunk SET data = $1 WHERE seq = 1").bind(vec![0_u8]);
        store.db().change(move |db| Box::pin(db.execute(damage))).await.unwrap();
        assert_eq!(store.first_rows(id, 0, "results", 2).await.unwrap(), b"[1]\n[2]\n");
        store.first_rows(id, 0, "results", 3).await.unwrap_err();
    }

    async fn the_artifacts_of_a_project_are_counted(store) {
        assert_eq!(store.artifact_bytes("web").await.unwrap(), 0);
        let (one, two) = (running(store).await, running(store).await);
        store.commit(vec![rows(one, 0, 1, b"[1]\n"), rows(two, 0, 2, b"[2]\n[3]\n")]).await.unwrap();
        let other = NewExecution { project: "api".to_owned(), ..new(Uuid::now_v7()) };
        store.commit(vec![Transition::Queued { execution: other, secrets: Vec::new() }]).await.unwrap();
        assert_eq!(store.artifact_bytes("web").await.unwrap(), 12);
        assert_eq!(store.artifact_bytes("api").await.unwrap(), 0);
    }
}
