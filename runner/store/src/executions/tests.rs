use super::*;
use crate::testing::{done, ended, joined, new, on_both, queued, running};
use crate::{ExecutionFilter, JobChange, JobText, NewExecution, RunningCount, Transition, job_key};

/// Ids that sort by their number.
fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0000 + (number << 64))
}

on_both! {
    async fn a_suffix_finds_one_many_or_none(store) {
        let ids: Vec<Uuid> =
            (0..16_u128).map(|n| Uuid::from_u128(0x0192_0000_0000_7000_8000_00ab_cdef_0000 + n)).collect();
        store.commit(ids.iter().map(|id| queued(*id)).collect()).await.unwrap();

        for suffix in ["000a", "CDEF000A", "ab-cdef000a", &ids[10].to_string(), &ids[10].simple().to_string()] {
            let BySuffix::One(row) = store.execution_by_suffix(suffix).await.unwrap() else { panic!("{suffix}") };
            assert_eq!(row.id, ids[10]);
        }
        for suffix in ["", "-", "e000b", "x", "%", "000g", &format!("0{}", ids[10].simple())] {
            assert!(matches!(store.execution_by_suffix(suffix).await.unwrap(), BySuffix::None), "{suffix}");
        }
    }

    async fn several_are_told_newest_first(store) {
        let ids: Vec<Uuid> = (0..9_u128).map(|n| Uuid::from_u128(n << 64 | 0xabc)).collect();
        store.commit(ids.iter().map(|id| queued(*id)).collect()).await.unwrap();
        let BySuffix::Many(found) = store.execution_by_suffix("abc").await.unwrap() else { panic!() };
        assert_eq!(found, [ids[8], ids[7], ids[6], ids[5], ids[4]]);
    }

    async fn an_unknown_id_is_no_error(store) {
        assert!(store.execution(Uuid::nil()).await.unwrap().is_none());
        assert!(store.execution_text(Uuid::nil()).await.unwrap().is_none());
        assert!(store.steps(Uuid::nil()).await.unwrap().is_empty());
        assert!(store.children(Uuid::nil()).await.unwrap().is_empty());
    }

    async fn a_list_is_filtered_and_paged(store) {
        let member = joined(store).await;
        for number in 0..12 {
            let project = if number % 2 == 0 { "web" } else { "api" }.to_owned();
            let name = if number % 4 == 0 { "a" } else { "b" };
            let job_key = job_key(&project, &format!("name:{name}"));
            let execution = NewExecution { project, job_key, ..new(id(number)) };
            let state = [State::Succeeded, State::Failed, State::Cancelled][number as usize % 3];
            done(store, execution, member, state).await;
        }
        store.commit(vec![queued(id(12))]).await.unwrap();
        let list = async |filter: ExecutionFilter, limit| -> Vec<u128> {
            let rows = store.executions(&filter, limit).await.unwrap();
            rows.iter().map(|row| (row.id.as_u128() - id(0).as_u128()) >> 64).collect()
        };
        let all = ExecutionFilter::default();
        assert_eq!(list(all.clone(), 3).await, [12, 11, 10]);
        assert_eq!(list(ExecutionFilter { before: Some(id(10)), ..all.clone() }, 3).await, [9, 8, 7]);
        assert_eq!(list(ExecutionFilter { before: Some(id(0)), ..all.clone() }, 3).await, [0; 0]);
        let web = ExecutionFilter { project: Some("web".to_owned()), ..all.clone() };
        assert_eq!(list(web.clone(), 4).await, [12, 10, 8, 6]);
        assert_eq!(list(ExecutionFilter { before: Some(id(6)), ..web.clone() }, 4).await, [4, 2, 0]);
        let failed = ExecutionFilter { state: Some(State::Failed), ..all.clone() };
        assert_eq!(list(failed.clone(), 9).await, [10, 7, 4, 1]);
        assert_eq!(list(ExecutionFilter { before: Some(id(7)), ..failed }, 9).await, [4, 1]);
        assert_eq!(list(ExecutionFilter { state: Some(State::Failed), ..web.clone() }, 9).await, [10, 4]);
        assert_eq!(list(ExecutionFilter { state: Some(State::Succeeded), ..web.clone() }, 9).await, [6, 0]);
        assert_eq!(list(ExecutionFilter { state: Some(State::Queued), ..web }, 9).await, [12]);
        let job = ExecutionFilter { job_key: Some("web/name:a".to_owned()), ..all.clone() };
        assert_eq!(list(job.clone(), 9).await, [8, 4, 0]);
        let job = ExecutionFilter { state: Some(State::Cancelled), before: Some(id(11)), ..job };
        assert_eq!(list(job, 9).await, [8]);
        let strange = ExecutionFilter { project: Some("' OR 1 = 1 --".to_owned()), ..all };
        assert_eq!(list(strange, 9).await, [0; 0]);
    }

    async fn what_runs_is_counted_by_project(store) {
        assert!(store.running_counts().await.unwrap().is_empty());
        let ended_one = running(store).await;
        running(store).await;
        let member = joined(store).await;
        let api = NewExecution { project: "api".to_owned(), ..new(Uuid::now_v7()) };
        let claim = crate::testing::claimed(api.id, member);
        store.commit(vec![Transition::Queued { execution: api, secrets: Vec::new() }, claim]).await.unwrap();
        running(store).await;
        let end = [crate::testing::step_ended(ended_one, 0, State::Failed), ended(ended_one, State::Failed)];
        store.commit(end.into()).await.unwrap();
        let count = |project: &str, running| RunningCount { project: project.to_owned(), running };
        assert_eq!(store.running_counts().await.unwrap(), [count("api", 1), count("web", 2)]);
    }

    async fn children_know_their_parent(store) {
        let parent = running(store).await;
        let step = StepRef { execution: parent, position: 0 };
        let child = NewExecution { parent: Some(step), cause: Cause::Reference, ..new(Uuid::now_v7()) };
        store.commit(vec![Transition::Queued { execution: child, secrets: Vec::new() }]).await.unwrap();
        let children = store.children(parent).await.unwrap();
        assert_eq!((children.len(), children[0].parent, children[0].cause), (1, Some(step), Cause::Reference));
    }

    async fn the_text_of_a_stored_job_is_found_at_the_job(store) {
        let put = |text: &str, expected| JobChange::Put {
            identity: "name:a".to_owned(), name: "a".to_owned(), group: None, description: None,
            text: text.to_owned(), schedules: Vec::new(),
            expected,
        };
        let job = store.apply_jobs("web", vec![put("one", None)], Vec::new(), 1).await.unwrap().remove(0);
        store.apply_jobs("web", vec![put("two", Some(1))], Vec::new(), 1).await.unwrap();
        let text = |version| JobText::Stored { job: job.id, version };
        let mut texts = Vec::new();
        for version in [1, 2, 3] {
            let execution = NewExecution { text: text(version), ..new(Uuid::now_v7()) };
            let id = execution.id;
            store.commit(vec![Transition::Queued { execution, secrets: Vec::new() }]).await.unwrap();
            texts.push(store.execution_text(id).await.unwrap());
            let row = store.execution(id).await.unwrap().unwrap();
            assert_eq!((row.job_id, row.job_version), (Some(job.id), Some(version)));
        }
        assert_eq!(texts, [Some("one".to_owned()), Some("two".to_owned()), None]);
    }
}
