//! Random sequences of transitions, and what a small model says of each: both databases must say the same.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::testing::{
    Ground, claimed_again, ended, interrupted, log, member, new, requeued, step_ended, step_skipped, step_started,
};
use crate::{Hold, NewExecution, NotClaimed, Proviso, State, Store, StoreError, Transition, job_key};

const ROUNDS: usize = 12;
const MOVES: usize = 60;
const EXECUTIONS: u64 = 5;
const MEMBERS: u64 = 3;
const STEPS: u64 = 4;

/// What came of a move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Recorded,
    Stale,
    NotClaimed(NotClaimed),
    Lost,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Known {
    state: State,
    member: Option<u64>,
    fence: i64,
    resume: bool,
    cancelled: bool,
    limit: i64,
    steps: BTreeMap<u64, State>,
    chunks: Vec<i64>,
}

#[derive(Clone, Default)]
struct Model {
    members: Vec<u64>,
    executions: BTreeMap<u64, Known>,
}

/// A move with numbers in the place of ids.
#[derive(Clone, Copy, Debug)]
enum Move {
    Join(u64),
    Leave(u64),
    Queue(u64, i64),
    Claim(u64, u64),
    Start(u64, u64),
    Skip(u64, u64),
    EndStep(u64, u64, State),
    Log(u64, u64, i64),
    /// By a member with the number of its claim.
    HeldLog(u64, u64, i64, [u64; 2]),
    End(u64, State),
    Interrupt(u64, u64),
    Requeue(u64, u64),
    Cancel(u64),
}

/// A generator that gives the same numbers each time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 16) % limit
    }

    fn state(&mut self) -> State {
        use State::{Cancelled, Failed, Interrupted, Queued, Running, Skipped, Succeeded, TimedOut};
        let all = [Queued, Running, Succeeded, Succeeded, Failed, Cancelled, TimedOut, Interrupted, Skipped];
        all[self.below(all.len() as u64) as usize]
    }

    fn pick(&mut self) -> Move {
        let (execution, member, step) = (self.below(EXECUTIONS), self.below(MEMBERS), self.below(STEPS));
        match self.below(17) {
            0 => Move::Join(member),
            1 => Move::Leave(member),
            2 | 3 => Move::Queue(execution, [0, 1, 2][self.below(3) as usize]),
            4..=6 => Move::Claim(execution, member),
            7 | 8 => Move::Start(execution, step),
            9 => Move::Skip(execution, step),
            10 | 11 => Move::EndStep(execution, step, self.state()),
            12 => Move::Log(execution, step, self.below(3) as i64),
            13 => Move::End(execution, self.state()),
            14 => match self.below(3) {
                0 => Move::Interrupt(execution, member),
                _ => Move::Requeue(execution, member),
            },
            15 => Move::HeldLog(execution, step, self.below(3) as i64, [member, 1 + self.below(2)]),
            _ => Move::Cancel(execution),
        }
    }
}

impl Model {
    fn apply(&mut self, of: Move) -> Verdict {
        let done = match of {
            Move::Claim(execution, member) => return self.claim(execution, member),
            Move::HeldLog(execution, step, seq, [member, fence]) => {
                let known = self.executions.get(&execution);
                let held = known.is_some_and(|known| {
                    known.state == State::Running && known.member == Some(member) && known.fence == fence as i64
                });
                if !held {
                    return Verdict::Lost;
                }
                self.apply_to_known(Move::Log(execution, step, seq))
            }
            Move::Join(member) => {
                let new = !self.members.contains(&member);
                self.members.extend(new.then_some(member));
                new
            }
            Move::Leave(member) => {
                let here = self.members.contains(&member);
                let busy = |known: &Known| known.state == State::Running && known.member == Some(member);
                let gone = here && !self.executions.values().any(busy);
                self.members.retain(|other| !gone || *other != member);
                gone
            }
            Move::Queue(execution, limit) => {
                let (steps, chunks) = (BTreeMap::new(), Vec::new());
                let state = State::Queued;
                let known =
                    Known { state, member: None, fence: 0, resume: false, cancelled: false, limit, steps, chunks };
                let new = !self.executions.contains_key(&execution);
                self.executions.entry(execution).or_insert(known);
                new
            }
            _ => self.apply_to_known(of),
        };
        if done { Verdict::Recorded } else { Verdict::Stale }
    }

    fn claim(&mut self, execution: u64, member: u64) -> Verdict {
        let running = self.executions.values().filter(|known| known.state == State::Running).count() as i64;
        let here = self.members.contains(&member);
        let refused = |because| Verdict::NotClaimed(because);
        match self.executions.get_mut(&execution) {
            Some(known) if known.state == State::Queued => match known {
                _ if !here => refused(NotClaimed::NoMember),
                known if known.limit > 0 && running >= known.limit => refused(NotClaimed::Limit),
                known => {
                    (known.state, known.member) = (State::Running, Some(member));
                    known.fence += 1;
                    Verdict::Recorded
                }
            },
            _ => refused(NotClaimed::Taken),
        }
    }

    fn apply_to_known(&mut self, of: Move) -> bool {
        use State::{Cancelled, Failed, Interrupted, Queued, Running, Skipped, TimedOut};
        let (Move::Start(execution, _)
        | Move::Skip(execution, _)
        | Move::EndStep(execution, ..)
        | Move::Log(execution, ..)
        | Move::End(execution, _)
        | Move::Interrupt(execution, _)
        | Move::Requeue(execution, _)
        | Move::Cancel(execution)) = of
        else {
            unreachable!("the others were applied before")
        };
        let Some(known) = self.executions.get_mut(&execution) else { return false };
        let runs = known.state == Running;
        match of {
            Move::Start(_, step) if runs && !known.steps.contains_key(&step) => {
                known.steps.insert(step, Running);
                true
            }
            Move::Skip(_, step) if runs && !known.steps.contains_key(&step) => {
                known.steps.insert(step, Skipped);
                true
            }
            Move::EndStep(_, step, state) => {
                let may = known.steps.get(&step) == Some(&Running) && state.has_ended() && state != Skipped;
                known.steps.entry(step).and_modify(|of| *of = if may { state } else { *of });
                may
            }
            Move::Log(_, step, seq) => {
                let key = step as i64 * 10 + seq;
                let may = known.steps.contains_key(&step) && !known.chunks.contains(&key);
                known.chunks.extend(may.then_some(key));
                may
            }
            Move::End(_, state) => {
                let may = match known.state {
                    Running => state.has_ended() && state != Skipped,
                    Queued => [Cancelled, Skipped, Failed, TimedOut].contains(&state),
                    _ => false,
                };
                let may = may && !known.steps.values().any(|step| *step == Running);
                known.state = if may { state } else { known.state };
                may
            }
            Move::Interrupt(_, member) | Move::Requeue(_, member) if runs && known.member == Some(member) => {
                let again = matches!(of, Move::Requeue(..));
                for step in known.steps.values_mut().filter(|step| **step == Running) {
                    *step = Interrupted;
                }
                match (again, known.cancelled) {
                    (true, false) => (known.state, known.member, known.resume) = (Queued, None, true),
                    (true, true) => known.state = Cancelled,
                    (false, _) => known.state = Interrupted,
                }
                true
            }
            Move::Cancel(_) => {
                match known.state {
                    Queued => known.state = Cancelled,
                    Running => known.cancelled = true,
                    _ => {}
                }
                true
            }
            _ => false,
        }
    }
}

fn id(round: usize, kind: u64, number: u64) -> Uuid {
    Uuid::from_u128(
        0x0192_0000_0000_7000_8000_0000_0000_0000 + ((round as u128) << 40 | u128::from(kind << 8 | number)),
    )
}

/// The databases get their executions one job each round, so that a limit counts those of the round.
async fn play(store: &Store, round: usize, of: Move) -> Verdict {
    let execution = |number| id(round, 1, number);
    let of_member = |number| id(round, 2, number);
    let transition = match of {
        Move::Join(number) => Transition::Joined { member: member(of_member(number)) },
        Move::Leave(number) => Transition::Left { member: of_member(number) },
        Move::Queue(number, concurrency) => {
            let job_key = job_key("web", &format!("name:{round}"));
            let execution = NewExecution { concurrency, job_key, ..new(execution(number)) };
            Transition::Queued { execution, secrets: Vec::new() }
        }
        Move::Claim(number, by) => {
            let fence = store.execution(execution(number)).await.unwrap().map_or(1, |row| row.fence + 1);
            claimed_again(execution(number), of_member(by), fence)
        }
        Move::Start(number, step) => step_started(execution(number), step as i32),
        Move::Skip(number, step) => step_skipped(execution(number), step as i32),
        Move::EndStep(number, step, state) => step_ended(execution(number), step as i32, state),
        Move::Log(number, step, seq) | Move::HeldLog(number, step, seq, _) => {
            log(execution(number), step as i32, seq, b"x")
        }
        Move::End(number, state) => ended(execution(number), state),
        Move::Interrupt(number, of) => interrupted(execution(number), Some(of_member(of))),
        Move::Requeue(number, of) => requeued(execution(number), Some(of_member(of))),
        Move::Cancel(number) => {
            let known = store.request_cancel(execution(number), 5).await.unwrap();
            return if known == crate::CancelRequest::Unknown { Verdict::Stale } else { Verdict::Recorded };
        }
    };
    let done = match of {
        Move::HeldLog(number, .., [member, fence]) => {
            let (execution, member) = (execution(number), of_member(member));
            let hold = Hold { execution, member, fence: fence as i64 };
            store.commit_if(Proviso::Held(hold), vec![transition]).await
        }
        _ => store.commit(vec![transition]).await,
    };
    match done {
        Ok(()) => Verdict::Recorded,
        Err(StoreError::StaleTransition { .. }) => Verdict::Stale,
        Err(StoreError::NotClaimed { because, .. }) => Verdict::NotClaimed(because),
        Err(StoreError::Lost { .. }) => Verdict::Lost,
        Err(error) => panic!("{of:?}: {error:?}"),
    }
}

async fn recorded(store: &Store, round: usize, number: u64) -> Option<Known> {
    let id_of = id(round, 1, number);
    let row = store.execution(id_of).await.unwrap()?;
    let steps = store.steps(id_of).await.unwrap();
    let mut pages = store.log_text(id_of);
    let mut chunks = Vec::new();
    while let Some(page) = pages.page().await.unwrap() {
        chunks.extend(page.iter().map(|row| i64::from(row.position) * 10 + row.chunk.seq));
    }
    chunks.sort_unstable();
    Some(Known {
        state: row.state,
        member: row.member.map(|member| (member.as_u128() & 0xff) as u64),
        fence: row.fence,
        resume: row.resume,
        cancelled: row.cancel_at.is_some(),
        limit: row.concurrency,
        steps: steps.iter().map(|step| (step.position as u64, step.state)).collect(),
        chunks,
    })
}

#[tokio::test]
async fn both_databases_do_what_the_model_does() {
    let (small, large) = (Ground::sqlite(), Ground::postgres());
    let stores = [small.open().await, large.open().await];
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut seen = [0; 4];
    for round in 0..ROUNDS {
        let mut model = Model::default();
        for number in 0..MOVES {
            let of = random.pick();
            let expected = model.apply(of);
            seen[match expected {
                Verdict::Recorded => 0,
                Verdict::Stale => 1,
                Verdict::NotClaimed(_) => 2,
                Verdict::Lost => 3,
            }] += 1;
            for store in &stores {
                assert_eq!(play(store, round, of).await, expected, "{round}/{number}: {of:?} in {}", store.name());
            }
        }
        for number in 0..EXECUTIONS {
            let mut known = model.executions.get(&number).cloned();
            if let Some(known) = &mut known {
                known.chunks.sort_unstable();
            }
            for store in &stores {
                assert_eq!(recorded(store, round, number).await, known, "{round}: {number} in {}", store.name());
            }
        }
    }
    assert!(seen.iter().all(|count| *count > 20), "the moves were too much alike: {seen:?}");
}
