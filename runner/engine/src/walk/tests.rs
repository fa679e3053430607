//! Random jobs with random outcomes against what has to hold for every job, with and without interruptions. The steps are a
//! fake here: what is tested is the way from one to the next.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use serde_json::json;
use uuid::Uuid;
use windlass_hosting::StepFailure;
use windlass_jobs::{Action, Job, RunFacts, Step, TableFacts, Values, bind};
use windlass_store::{Durability, Ending, Hold, Location, State, StepRow, Store, StoreError, Transition};

use super::{Attempted, Begun, Facts, Inside, Leaf, Ledger, Left, Past, Ran, Walk, Worker};
use crate::Halt;
use crate::recorder::now;
use crate::testing::{Random, new_execution, new_member};

/// A job and what its steps will do.
struct Case {
    job: Job,
    /// Of each step, how many attempts fail before one succeeds.
    failing: BTreeMap<String, u32>,
    /// Steps that may not be done twice.
    unsafe_steps: Vec<String>,
}

/// Draws a job: steps one in the other, three levels deep at most.
fn draw(random: &mut Random) -> Case {
    let mut text = "apiVersion: windlass/v1\nkind: Job\nname: drawn\nsteps:\n".to_owned();
    let mut drawn = Drawn { next: 0, failing: BTreeMap::new(), unsafe_steps: Vec::new() };
    let steps = 1 + random.below(4);
    for _ in 0..steps {
        drawn.step(random, 1, 2, &mut text);
    }
    let job = Job::parse(Path::new("drawn.yaml"), text.clone()).unwrap_or_else(|errors| panic!("{errors}:\n{text}"));
    Case { job, failing: drawn.failing, unsafe_steps: drawn.unsafe_steps }
}

struct Drawn {
    next: usize,
    failing: BTreeMap<String, u32>,
    unsafe_steps: Vec<String>,
}

impl Drawn {
    fn step(&mut self, random: &mut Random, indent: usize, deepest: usize, text: &mut String) {
        let pad = "  ".repeat(indent);
        self.next += 1;
        let id = format!("s{}", self.next);
        let _ = writeln!(text, "{pad}- id: {id}");
        if random.one_in(4) {
            let _ = writeln!(text, "{pad}  continueOnError: true");
        }
        if random.one_in(6) {
            let _ = writeln!(text, "{pad}  if: ${{{{ {} }}}}", random.one_in(2));
        }
        if random.one_in(4) {
            let _ = writeln!(text, "{pad}  retry: {{attempts: {}, backoff: 5ms}}", 2 + random.below(2));
        }
        if random.one_in(10) {
            let _ = writeln!(text, "{pad}  forEach: {{items: [a, b, c], limit: {}}}", 1 + random.below(3));
        }
        if random.one_in(8) {
            let _ = writeln!(text, "{pad}  onError:");
            self.step(random, indent + 2, 0, text);
        }
        match random.below(if deepest == 0 { 1 } else { 4 }) {
            2 => {
                let _ = writeln!(text, "{pad}  parallel:\n{pad}    limit: {}\n{pad}    steps:", 1 + random.below(3));
                (0..1 + random.below(4)).for_each(|_| self.step(random, indent + 3, deepest - 1, text));
            }
            3 => {
                let _ = writeln!(text, "{pad}  steps:");
                (0..1 + random.below(3)).for_each(|_| self.step(random, indent + 2, deepest - 1, text));
            }
            _ => {
                let _ = writeln!(text, "{pad}  uses: fake/step");
                if random.one_in(3) {
                    self.failing.insert(id.clone(), 1 + random.below(3) as u32);
                }
                if random.one_in(3) {
                    self.unsafe_steps.push(id);
                }
            }
        }
    }
}

/// Fails as often as the case says, after a while.
struct Fake<'a> {
    case: &'a Case,
    seen: &'a Seen,
}

/// What was done over all interruptions.
#[derive(Default)]
struct Seen {
    /// How often each path was begun.
    begun: Mutex<BTreeMap<String, u32>>,
}

impl Worker for Fake<'_> {
    type Ready = Step;

    async fn ready(&self, step: &Step, _: &Values) -> Result<Step, StepFailure> {
        Ok(step.clone())
    }

    fn facts(&self, ready: &Step) -> Facts {
        Facts { repeatable: !self.case.unsafe_steps.contains(&ready.id), ..Facts::default() }
    }

    async fn attempt(&self, leaf: &Leaf<'_, Step>, _: Left, halt: &Halt) -> Result<Attempted, StoreError> {
        let begun = {
            let mut begun = self.seen.begun.lock().unwrap();
            let count = begun.entry(leaf.path.to_owned()).or_default();
            *count += 1;
            *count
        };
        let length = Duration::from_millis(1 + u64::from(leaf.path.bytes().map(u32::from).sum::<u32>() % 7));
        let stopped = tokio::select! {
            () = tokio::time::sleep(length) => None,
            why = halt.stopped() => Some(super::stopped(&why)),
        };
        let fails = begun <= self.case.failing.get(&leaf.ready.id).copied().unwrap_or_default();
        let outcome = match stopped {
            Some(failure) => Err(failure),
            None if fails => Err(super::stopped(&windlass_hosting::Stop::TimedOut("it fails".into()))),
            None => Ok(json!({ "path": leaf.path })),
        };
        Ok(Attempted { outcome, tables: BTreeMap::new(), unwritten: Vec::new() })
    }

    async fn tables(&self, _: i32) -> Result<BTreeMap<String, TableFacts>, StoreError> {
        Ok(BTreeMap::new())
    }
}

struct Ground {
    _folder: tempfile::TempDir,
    store: Store,
    member: Uuid,
}

impl Ground {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::Sqlite { data_dir: folder.path().join("data") };
        let store = Store::open(&location, Durability::Process).await.unwrap();
        let member = new_member();
        let id = member.id;
        store.commit(vec![Transition::Joined { member }]).await.unwrap();
        Self { _folder: folder, store, member: id }
    }

    /// Runs a case, cut off after each of these times; the steps as they are recorded at the end, and how it ended.
    async fn run(&self, case: &Case, cuts: &[Duration], seen: &Seen) -> (State, Vec<StepRow>) {
        let new = new_execution(&case.job);
        let execution = new.id;
        self.store.commit(vec![Transition::Queued { execution: new, secrets: Vec::new() }]).await.unwrap();
        for cut in cuts {
            let walking = self.walk(case, execution, seen);
            if let Ok(state) = tokio::time::timeout(*cut, walking).await {
                return (state, self.store.steps(execution).await.unwrap());
            }
            let (member, at) = (Some(self.member), now());
            let (code, reason) = ("execution.interrupted".to_owned(), "cut off".to_owned());
            let requeued = Transition::Requeued { execution, member, at, code, reason };
            if self.store.commit(vec![requeued]).await.is_err() {
                let row = self.store.execution(execution).await.unwrap().unwrap();
                assert!(row.state == State::Queued || row.state.has_ended(), "{:?}", row.state);
                if row.state.has_ended() {
                    break;
                }
            }
        }
        let row = self.store.execution(execution).await.unwrap().unwrap();
        let state = if row.state.has_ended() { row.state } else { self.walk(case, execution, seen).await };
        (state, self.store.steps(execution).await.unwrap())
    }

    async fn walk(&self, case: &Case, execution: Uuid, seen: &Seen) -> State {
        let past = Past::of(self.store.steps(execution).await.unwrap(), None);
        let fence = self.store.execution(execution).await.unwrap().unwrap().fence + 1;
        let member = self.member;
        let transitions = vec![Transition::Claimed { execution, member, fence, at: now() }];
        let (hold, begun) = (Hold { execution, member, fence }, Begun { transitions, within: None });
        let log_end = self.store.log_end(execution).await.unwrap();
        let ledger = Ledger::new(self.store.clone(), hold, begun, past, log_end);
        let worker = Fake { case, seen };
        let observer: crate::Observer<'_> = &|_| {};
        let walk = Walk {
            worker: &worker,
            ledger: &ledger,
            job: &case.job,
            observer,
            ends: Mutex::default(),
            has_begun: AtomicBool::new(false),
        };
        let id = execution.to_string();
        let facts = RunFacts { project: "web", job: "drawn", execution: &id, attempt: 1, scheduled_at: None };
        let values = Values::new(&facts, &bind(&case.job, &"web".parse().unwrap(), &[]).unwrap(), &case.job);
        let halt = Halt::default();
        let Ran { failed, .. } = walk.sequence(&case.job.steps, values, Inside::default(), &halt).await.unwrap();
        let state = failed.as_ref().map_or(State::Succeeded, crate::Failed::state);
        let ending = Ending { state, code: None, reason: None, at: now() };
        ledger.add([Transition::Ended { execution, ending, outputs: None }]);
        ledger.write().await.unwrap();
        state
    }
}

/// What has to hold of every execution that has ended.
fn check(case: &Case, rows: &[StepRow]) {
    assert!(rows.iter().all(|row| row.state.has_ended()), "something still runs: {rows:#?}");
    for step in case.job.all_steps() {
        let most = step.retry.as_ref().map_or(1, |retry| retry.attempts);
        let mut failures: BTreeMap<&str, u32> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.step == step.id && row.uses != "forEach") {
            if matches!(row.state, State::Failed | State::TimedOut) {
                *failures.entry(row.path.as_str()).or_default() += 1;
            }
        }
        assert!(failures.values().all(|count| *count <= most), "{}: {failures:?}", step.id);
    }
    in_order(&case.job.steps, rows);
}

/// Nothing of a sequence begins before what stands before it is over, and nothing after what ended it.
fn in_order(steps: &[Step], rows: &[StepRow]) {
    let of = |step: &Step| {
        let id = step.id.clone();
        rows.iter().filter(move |row| row.path == id).collect::<Vec<_>>()
    };
    for pair in steps.windows(2) {
        let (before, after) = (of(&pair[0]), of(&pair[1]));
        let Some(first) = after.iter().filter_map(|row| row.started_at).min() else { continue };
        let last = before.iter().filter(|row| row.state != State::Interrupted).filter_map(|row| row.ended_at).max();
        assert!(last.is_none_or(|last| last <= first), "`{}` began before `{}` was over", pair[1].id, pair[0].id);
        let failed = before.last().is_some_and(|row| matches!(row.state, State::Failed | State::TimedOut));
        assert!(!failed || pair[0].continue_on_error, "`{}` began after `{}` had failed", pair[1].id, pair[0].id);
    }
}

#[tokio::test]
async fn every_job_ends_as_its_steps_say() {
    let ground = Ground::new().await;
    for seed in 0..200 {
        let case = draw(&mut Random::new(seed));
        let seen = Seen::default();
        let (state, rows) = ground.run(&case, &[], &seen).await;
        check(&case, &rows);
        let expected = expected(&case);
        assert!(expected.is_none_or(|expected| expected == state), "seed {seed}: {state}\n{}", case.job.text());
        let again = rows.iter().any(|row| row.state == State::Interrupted);
        assert!(!again, "seed {seed}");
    }
}

#[tokio::test]
async fn an_interrupted_job_goes_on_and_does_nothing_unsafe_twice() {
    let ground = Ground::new().await;
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let case = draw(&mut random);
        let cuts: Vec<Duration> =
            (0..1 + random.below(4)).map(|_| Duration::from_millis(random.below(60) as u64)).collect();
        let seen = Seen::default();
        let (_, rows) = ground.run(&case, &cuts, &seen).await;
        check(&case, &rows);
        let begun = seen.begun.into_inner().unwrap();
        for row in rows.iter().filter(|row| row.uses == "fake/step" && case.unsafe_steps.contains(&row.step)) {
            let over = rows.iter().filter(|other| other.path == row.path && other.state != State::Skipped).count();
            let count = begun.get(&row.path).copied().unwrap_or_default();
            assert!(count as usize <= over, "seed {seed}: `{}` was begun {count} times with {over} records", row.path);
            let interrupted =
                rows.iter().rposition(|other| other.path == row.path && other.state == State::Interrupted);
            if let Some(at) = interrupted {
                let later = rows[at + 1..].iter().any(|other| other.path == row.path && other.state != State::Skipped);
                assert!(!later, "seed {seed}: `{}` was done again after an interruption", row.path);
            }
        }
    }
}

/// How a job ends that has nothing parallel: worked out step by step, without time.
fn expected(case: &Case) -> Option<State> {
    let parallel = |step: &Step| {
        matches!(step.action, Action::Parallel { .. }) || step.for_each.as_ref().is_some_and(|each| each.limit > 1)
    };
    if case.job.all_steps().any(parallel) {
        return None;
    }
    let mut begun = BTreeMap::new();
    let good = sequence(&case.job.steps, "", case, &mut begun);
    Some(if good { State::Succeeded } else { State::TimedOut })
}

type Starts = BTreeMap<String, u32>;

fn sequence(steps: &[Step], prefix: &str, case: &Case, begun: &mut Starts) -> bool {
    steps.iter().all(|step| {
        let path = format!("{prefix}{}", step.id);
        let good = match &step.for_each {
            None => single(step, &path, case, begun),
            Some(_) => {
                let mut item = |index| single(step, &format!("{path}[{index}]"), case, begun);
                if step.continue_on_error { [0, 1, 2].map(item) == [true; 3] } else { (0..3).all(&mut item) }
            }
        };
        let handled =
            good || step.on_error.is_empty() || sequence(&step.on_error, &format!("{path}.onError."), case, begun);
        good || (step.continue_on_error && handled)
    })
}

fn single(step: &Step, path: &str, case: &Case, begun: &mut Starts) -> bool {
    if step.condition.as_ref().is_some_and(|tree| tree.raw() == "${{ false }}") {
        return true;
    }
    let attempts = step.retry.as_ref().map_or(1, |retry| retry.attempts);
    (1..=attempts).any(|attempt| match &step.action {
        Action::Steps(steps) => {
            let prefix = if attempt == 1 { format!("{path}.") } else { format!("{path}#{attempt}.") };
            sequence(steps, &prefix, case, begun)
        }
        _ => {
            let count = begun.entry(path.to_owned()).or_default();
            *count += 1;
            *count > case.failing.get(&step.id).copied().unwrap_or_default()
        }
    })
}
