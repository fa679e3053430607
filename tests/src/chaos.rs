//! Three members on a database of PostgreSQL, each on a machine of its own, and what can happen to machines: they are killed, stand
//! still, are cut off from the database, and the database restarts. Afterwards each due time has one record, nothing is
//! stuck, and what is not safe to repeat has been done once, by the count of who saw it.

use crate::cluster::{Cluster, Machine, Member};
use crate::scripted::Script;
use crate::wait::{self, PATIENCE};
use crate::{Context as _, Outcome, Postgres, Problem, Proxy, Random, ScriptedLogs};
use rustix::process::Signal;

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

const MEMBERS: usize = 3;
/// Short, so that most of what happens lasts longer.
const LEASE: &str = "server: {lease: 3s, stopGrace: 2s}\n";

/// What was played, and what came of it.
#[derive(Debug, Default)]
pub struct Played {
    /// What happened to machines, by its name.
    pub faults: BTreeMap<&'static str, usize>,
    /// Due times.
    pub due: u64,
    /// Executions by their state.
    pub ended: BTreeMap<String, usize>,
    /// Calls that the stand-in has seen.
    pub calls: usize,
}

/// One machine with its way to the database.
struct Place {
    machine: Machine,
    proxy: Proxy,
    member: Option<Member>,
}

/// Plays for so long.
///
/// # Errors
/// Everything that does not hold afterwards.
pub fn play(time: Duration, seed: u64) -> Outcome<Played> {
    let mut random = Random::new(seed);
    let mut database = Postgres::start()?;
    let logs = ScriptedLogs::start(Script::new().answer("PutLogEvents", serde_json::json!({})))?;
    let cluster = Cluster::on(&database, &lines(&logs))?;
    let mut places = Vec::new();
    for number in 0..MEMBERS {
        let proxy = Proxy::to(database.port())?;
        let machine = cluster.machine_through(&format!("machine-{number}"), proxy.port(), "")?;
        places.push(Place { machine, proxy, member: None });
    }
    let desk = cluster.machine("desk", "")?;
    let secret = cluster.shared("secret");
    std::fs::write(&secret, "scripted").context(|| "write a secret".to_owned())?;
    desk.run(&["key", "set", "keys/aws", "--file", &secret.to_string_lossy()])?;
    for place in &mut places {
        place.member = Some(place.machine.serve()?);
    }
    desk.apply(&[("once", ONCE), ("again", AGAIN)])?;
    let mut played = Played::default();
    let end = Instant::now() + time;
    while Instant::now() < end {
        let fault = fault(&mut random, &mut places, &mut database)?;
        *played.faults.entry(fault).or_default() += 1;
        std::thread::sleep(Duration::from_millis(300) + random.up_to(Duration::from_secs(2)));
    }
    for job in ["once", "again"] {
        desk.run(&["schedule", "pause", job, "--project", "web"])?;
    }
    let query = |statement: &str| database.query(cluster.database(), statement);
    let quiet = || {
        let open = query("SELECT count(*) FROM execution WHERE ended_at IS NULL")?;
        Ok((open.trim() == "0").then_some(()))
    };
    wait::until("the end of all executions", PATIENCE, quiet)?;
    due_times(&query, &mut played)?;
    done_once(&query, &logs, &mut played)?;
    for place in &places {
        let said = place.member.as_ref().map(Member::said).unwrap_or_default();
        if let Some(line) = said.lines().find(|line| line.contains("panicked")) {
            return Err(Problem::new(format!("a member panicked: {line}")));
        }
    }
    Ok(played)
}

fn lines(logs: &ScriptedLogs) -> String {
    format!(
        "{LEASE}accounts: [{{name: prod, source: {{access-key: {{accessKeyId: AKIACHAOS, secretAccessKey: keys/aws}}}}, \
         regions: [us-east-1]}}]\nendpoints: {{logs: '{}'}}",
        logs.url()
    )
}

/// Something that must not be done twice, seen by the stand-in.
const ONCE: &str = "account: prod\nconcurrency: {limit: 100}\nschedules: [{every: 1s, name: seconds}]\nsteps:\n\
    - {uses: shell/script, with: {script: sleep 1}}\n\
    - {uses: cloudwatch-logs/put-events, with: {logGroup: /chaos, logStream: s, events: ['${{ execution.id }}']}}\n";

/// Something that is begun again when its member is lost.
const AGAIN: &str = "concurrency: {limit: 100}\nonInterrupted: restart\nallowRepeat: true\n\
    schedules: [{every: 2s, name: seconds}]\nsteps: [{uses: shell/script, with: {script: sleep 0.5}}]\n";

/// One thing happens, and is over when this returns.
fn fault(random: &mut Random, places: &mut [Place], database: &mut Postgres) -> Outcome<&'static str> {
    let chosen = random.below(MEMBERS);
    let place = &mut places[chosen];
    // Half of the time it lasts longer than the lease.
    let lasts = Duration::from_millis(500) + random.up_to(Duration::from_secs(6));
    Ok(match random.below(8) {
        0..3 => {
            if let Some(member) = place.member.take() {
                member.signal(Signal::KILL)?;
                member.ended()?;
            }
            std::thread::sleep(random.up_to(Duration::from_secs(3)));
            place.member = Some(place.machine.serve()?);
            "killed"
        }
        3..5 => {
            let member = place.member.as_ref().ok_or_else(|| Problem::new("there is no member"))?;
            member.signal(Signal::STOP)?;
            std::thread::sleep(lasts);
            member.signal(Signal::CONT)?;
            "stood still"
        }
        5..7 => {
            place.proxy.cut();
            std::thread::sleep(lasts);
            if random.below(2) == 0 {
                place.proxy.break_off();
            }
            place.proxy.mend();
            "cut off"
        }
        _ => {
            database.down();
            std::thread::sleep(random.up_to(Duration::from_secs(4)));
            database.up()?;
            "database restarted"
        }
    })
}

/// Each second from the first due time to the last is in one record.
fn due_times(query: &dyn Fn(&str) -> Outcome<String>, played: &mut Played) -> Outcome<()> {
    for (job, period) in [("once", 1000), ("again", 2000)] {
        let rows = query(&format!(
            "SELECT f.due_at || ' ' || f.last_at || ' ' || f.times || ' ' || (f.outcome = 'started')::int || ' ' || \
             (f.execution IS NOT NULL AND EXISTS (SELECT 1 FROM execution e WHERE e.id = f.execution))::int \
             FROM firing f JOIN schedule s ON s.id = f.schedule JOIN job j ON j.id = s.job WHERE j.name = '{job}' ORDER BY f.due_at"
        ))?;
        let mut expected = None;
        for row in rows.lines().filter(|row| !row.trim().is_empty()) {
            let numbers: Vec<i64> = row.split_whitespace().filter_map(|number| number.parse().ok()).collect();
            let [due, last, times, started, has_execution] = numbers[..] else {
                return Err(Problem::new(format!("`{row}` is no record of a due time")));
            };
            if expected.is_some_and(|expected| due != expected) || last != due + (times - 1) * period {
                return Err(Problem::new(format!("after {expected:?} comes `{row}` of job `{job}`")));
            }
            if started == 1 && has_execution == 0 {
                return Err(Problem::new(format!("`{row}` of job `{job}` was started, and there is no execution")));
            }
            expected = Some(last + period);
            played.due += times.unsigned_abs();
        }
        let twice = query(
            "SELECT count(*) FROM (SELECT 1 FROM execution WHERE retry_of IS NULL AND schedule IS NOT NULL \
             GROUP BY schedule, scheduled_at HAVING count(*) > 1) twice",
        )?;
        if expected.is_none() || twice.trim() != "0" {
            return Err(Problem::new(format!(
                "job `{job}` was never due, or {} of its times started twice",
                twice.trim()
            )));
        }
    }
    Ok(())
}

/// By the count of the stand-in nothing was done twice, and what is recorded as done was done.
fn done_once(query: &dyn Fn(&str) -> Outcome<String>, logs: &ScriptedLogs, played: &mut Played) -> Outcome<()> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for call in logs.calls_of("PutLogEvents") {
        let message = call.body["logEvents"][0]["message"].as_str().unwrap_or_default();
        *seen.entry(message.to_owned()).or_default() += 1;
    }
    played.calls = seen.values().sum();
    let rows = query("SELECT id || ' ' || job || ' ' || state FROM execution")?;
    let mut states = BTreeMap::new();
    for row in rows.lines() {
        let words: Vec<&str> = row.split_whitespace().collect();
        let [id, job, state] = words[..] else { continue };
        *played.ended.entry(format!("{job} {state}")).or_default() += 1;
        if job == "once" {
            states.insert(id.to_owned(), state.to_owned());
        }
    }
    for (id, times) in &seen {
        if *times > 1 || !states.contains_key(id) {
            return Err(Problem::new(format!("execution `{id}` ({:?}) was done {times} times", states.get(id))));
        }
    }
    let undone = states.iter().find(|(id, state)| *state == "succeeded" && !seen.contains_key(*id));
    match undone {
        Some((id, _)) => Err(Problem::new(format!("execution `{id}` is recorded as done, and nobody saw it"))),
        None => Ok(()),
    }
}

/// `42 due times, 40 calls; killed 3, cut off 2; once succeeded 38, once interrupted 4`
impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let faults: Vec<String> = self.faults.iter().map(|(name, count)| format!("{name} {count}")).collect();
        let ended: Vec<String> = self.ended.iter().map(|(name, count)| format!("{name} {count}")).collect();
        write!(f, "{} due times, {} calls; {}; {}", self.due, self.calls, faults.join(", "), ended.join(", "))
    }
}
