use std::time::Duration;

use uuid::Uuid;

use crate::db::sql;
use crate::testing::{
    Ground, claimed, claimed_again, fresh, interrupted, joined, log, member, on_both, queued, requeued,
};
use crate::testing::{running, step_started};
use crate::{Hold, NotClaimed, Proviso, Store, StoreError, Transition};

const LONG: Duration = Duration::from_secs(600);

/// A member that has a lease, and one of its executions with step 0.
async fn leased(store: &Store) -> (Uuid, Uuid) {
    let (id, execution) = (Uuid::now_v7(), Uuid::now_v7());
    store.lease_keeper().unwrap().renew(&member(id), LONG).await.unwrap();
    store.commit(vec![queued(execution), claimed(execution, id), step_started(execution, 0)]).await.unwrap();
    (id, execution)
}

async fn lapse(store: &Store, member: Uuid) {
    const SQL: &str = "UPDATE member SET lease_until = 1 WHERE id = $1";
    store.db().change(move |db| Box::pin(db.execute(sql(SQL).bind(member)))).await.unwrap();
}

fn settled(execution: Uuid, member: Uuid) -> Vec<Transition> {
    vec![interrupted(execution, Some(member))]
}

#[tokio::test]
async fn only_what_a_member_without_a_lease_ran_is_settled() {
    let ground = Ground::postgres();
    let store = ground.open().await;
    let (member, execution) = leased(&store).await;
    let left = vec![Transition::Left { member }];
    for what in [settled(execution, member), left.clone()] {
        let error = store.commit_if(Proviso::Lapsed(member), what).await.unwrap_err();
        assert!(matches!(error, StoreError::StaleTransition { .. }), "{error:?}");
        assert!(error.to_string().contains("its lease is not over"), "{error}");
    }
    assert!(store.lapsed_members().await.unwrap().is_empty());
    lapse(&store, member).await;
    assert_eq!(store.lapsed_members().await.unwrap(), [member]);
    store.commit_if(Proviso::Lapsed(member), settled(execution, member)).await.unwrap();
    store.commit_if(Proviso::Lapsed(member), left.clone()).await.unwrap();
    store.commit_if(Proviso::Lapsed(member), left).await.unwrap_err();
    assert!(store.members().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_member_without_a_lease_claims_nothing() {
    let ground = Ground::postgres();
    let store = ground.open().await;
    let (member, _) = leased(&store).await;
    lapse(&store, member).await;
    let execution = Uuid::now_v7();
    store.commit(vec![queued(execution)]).await.unwrap();
    let error = store.commit(vec![claimed(execution, member)]).await.unwrap_err();
    assert!(
        matches!(error, StoreError::NotClaimed { execution: of, because: NotClaimed::NoLease } if of == execution),
        "{error:?}"
    );
    let mut keeper = store.lease_keeper().unwrap();
    keeper.renew(&crate::testing::member(member), LONG).await.unwrap();
    store.commit(vec![claimed(execution, member)]).await.unwrap();
}

/// The one who settles and the one who comes back meet on the member's row: one of them is first.
#[tokio::test]
async fn a_lease_is_renewed_or_settled_and_never_both() {
    let ground = Ground::postgres();
    let store = ground.open().await;
    for _ in 0..20 {
        let (member, execution) = leased(&store).await;
        lapse(&store, member).await;
        let mut keeper = store.lease_keeper().unwrap();
        let of_member = crate::testing::member(member);
        let forgotten = [settled(execution, member), vec![Transition::Left { member }]].concat();
        let settling = store.commit_if(Proviso::Lapsed(member), forgotten);
        let (renewed, settled) = tokio::join!(keeper.renew(&of_member, LONG), settling);
        renewed.unwrap();
        let row = store.execution(execution).await.unwrap().unwrap();
        assert_eq!(settled.is_ok(), row.state.has_ended());
        assert!(store.lapsed_members().await.unwrap().is_empty(), "the member is known, and has a lease");
        assert!(store.members().await.unwrap().iter().any(|known| known.id == member));
    }
}

#[tokio::test]
async fn sqlite_has_no_leases() {
    let (_ground, store) = fresh().await;
    let id = running(&store).await;
    let member = store.execution(id).await.unwrap().unwrap().member.unwrap();
    assert!(store.lease_keeper().is_none() && store.lapsed_members().await.unwrap().is_empty());
    store.commit_if(Proviso::Lapsed(member), settled(id, member)).await.unwrap_err();
}

on_both! {
    /// Who has lost an execution and does not know it records nothing of it, even if it has claimed it again.
    async fn what_is_not_held_is_not_recorded(store) {
        let execution = running(store).await;
        let (one, other) = (store.execution(execution).await.unwrap().unwrap().member.unwrap(), joined(store).await);
        let hold = |member, fence| Proviso::Held(Hold { execution, member, fence });
        store.commit_if(hold(one, 1), vec![log(execution, 0, 0, b"a")]).await.unwrap();
        let mut offset = 1;
        for (holder, fence) in [(one, 1), (other, 2), (one, 3)] {
            for not in [(one, 0), (one, 1), (one, 2), (other, 1), (other, 2), (other, 3), (one, 3)] {
                offset += 1;
                let written = store.commit_if(hold(not.0, not.1), vec![log(execution, 0, offset, b"b")]).await;
                match written {
                    Ok(()) => assert_eq!(not, (holder, fence)),
                    Err(StoreError::Lost { execution: of }) => assert!(of == execution && not != (holder, fence)),
                    Err(error) => panic!("{error:?}"),
                }
            }
            let next = if holder == one { other } else { one };
            store.commit(vec![requeued(execution, Some(holder))]).await.unwrap();
            store.commit_if(hold(holder, fence), vec![log(execution, 0, 1_000, b"b")]).await.unwrap_err();
            store.commit(vec![claimed_again(execution, next, fence + 1)]).await.unwrap();
        }
    }
}
