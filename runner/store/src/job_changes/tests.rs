use super::*;
use crate::testing::on_both;

fn put(identity: &str, name: &str, expected: Option<i64>) -> JobChange {
    let (identity, name, text) = (identity.to_owned(), name.to_owned(), format!("name: {name}"));
    JobChange::Put {
        identity,
        name,
        group: Some("ops".to_owned()),
        description: None,
        text,
        schedules: Vec::new(),
        expected,
    }
}

fn delete(identity: &str, expected: i64) -> JobChange {
    JobChange::Delete { identity: identity.to_owned(), expected }
}

async fn names(store: &Store) -> Vec<(String, i64)> {
    store.jobs("web").await.unwrap().into_iter().map(|job| (job.name, job.version)).collect()
}

on_both! {
    async fn a_job_keeps_its_versions_through_renames_and_deletion(store) {
        let first = store.apply_jobs("web", vec![put("id:1", "a", None), put("name:b", "b", None)], Vec::new(), 5).await.unwrap();
        assert_eq!(first.iter().map(|job| job.version).collect::<Vec<_>>(), [1, 1]);
        let id = first[0].id;
        let renamed = store.apply_jobs("web", vec![put("id:1", "c", Some(1))], Vec::new(), 6).await.unwrap();
        assert_eq!(renamed, [AppliedJob { id, version: 2 }]);
        assert_eq!(store.job("web", "a").await.unwrap(), None);
        let job = store.job("web", "c").await.unwrap().unwrap();
        assert_eq!((job.id, job.version, job.group.as_deref()), (id, 2, Some("ops")));
        assert_eq!(store.apply_jobs("web", vec![delete("id:1", 2)], Vec::new(), 7).await.unwrap(), [AppliedJob { id, version: 2 }]);
        assert_eq!(names(store).await, [("b".to_owned(), 1)]);
        let back = store.apply_jobs("web", vec![put("id:1", "d", None)], Vec::new(), 8).await.unwrap();
        assert_eq!(back, [AppliedJob { id, version: 3 }]);
        let versions = store.job_versions(id).await.unwrap();
        let seen: Vec<_> = versions.iter().map(|of| (of.version, of.name.as_str(), of.created_at)).collect();
        assert_eq!(seen, [(3, "d", 8), (2, "c", 6), (1, "a", 5)]);
        assert_eq!(store.job_text(id, 2).await.unwrap().as_deref(), Some("name: c"));
        assert_eq!(store.job_text(id, 4).await.unwrap(), None);
    }

    async fn what_somebody_else_changed_is_refused_as_a_whole(store) {
        store.apply_jobs("web", vec![put("name:a", "a", None), put("name:b", "b", None)], Vec::new(), 1).await.unwrap();
        store.apply_jobs("web", vec![put("name:a", "a", Some(1))], Vec::new(), 2).await.unwrap();
        let refused = [
            vec![put("name:b", "b", Some(1)), put("name:a", "a", Some(1))],
            vec![put("name:b", "b", Some(1)), delete("name:a", 1)],
            vec![put("name:b", "b", Some(1)), put("name:a", "a", None)],
            vec![put("name:b", "b", Some(1)), put("name:z", "z", Some(1))],
            vec![put("name:b", "b", Some(1)), put("name:b", "b", Some(1))],
            vec![put("name:z", "z", None), put("name:z", "z", None)],
        ];
        for changes in refused {
            let error = store.apply_jobs("web", changes, Vec::new(), 3).await.unwrap_err();
            assert!(matches!(error, StoreError::JobChanged { .. }), "{error}");
        }
        let error = store.apply_jobs("web", vec![delete("name:z", 3)], Vec::new(), 3).await.unwrap_err().to_string();
        assert_eq!(error, "job `name:z` of project `web` has been changed meanwhile: it is not there");
        let error = store.apply_jobs("web", vec![delete("name:a", 3)], Vec::new(), 3).await.unwrap_err().to_string();
        assert!(error.ends_with("it has version 2"), "{error}");
        assert_eq!(names(store).await, [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    }

    async fn names_are_exchanged_but_never_shared(store) {
        store.apply_jobs("web", vec![put("id:1", "a", None), put("id:2", "b", None)], Vec::new(), 1).await.unwrap();
        store.apply_jobs("web", vec![put("id:1", "b", Some(1)), put("id:2", "a", Some(1))], Vec::new(), 2).await.unwrap();
        assert_eq!(store.job("web", "a").await.unwrap().unwrap().identity, "id:2");
        let error = store.apply_jobs("web", vec![put("id:3", "c", None), put("id:4", "a", None)], Vec::new(), 3).await.unwrap_err();
        assert_eq!(error.to_string(), "project `web` has a job `a` already");
        assert_eq!(names(store).await.len(), 2);
        store.apply_jobs("web", vec![delete("id:2", 2), put("id:4", "a", None)], Vec::new(), 4).await.unwrap();
        store.apply_jobs("api", vec![put("id:1", "a", None)], Vec::new(), 4).await.unwrap();
        assert_eq!(store.job("web", "a").await.unwrap().unwrap().identity, "id:4");
    }

    async fn one_of_two_at_once_wins(store) {
        store.apply_jobs("web", vec![put("id:1", "a", None)], Vec::new(), 1).await.unwrap();
        let apply = |name: &str| {
            let (store, change) = (store.clone(), put("id:1", name, Some(1)));
            tokio::spawn(async move { store.apply_jobs("web", vec![change], Vec::new(), 2).await.is_ok() })
        };
        let mut won = 0;
        for task in ["b", "c", "d", "e"].map(apply) {
            won += u8::from(task.await.unwrap());
        }
        assert_eq!((won, names(store).await[0].1), (1, 2));
    }
}
