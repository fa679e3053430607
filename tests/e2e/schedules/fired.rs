use super::{history, outcomes, second, until_fired};
use crate::installation::{Installation, also_on_postgres, assert_names};
use crate::stored::{apply, comes_to, execution, folder, installation, script, serve, set, shown, start};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const EACH_SECOND: &str = "schedules: [{every: 1s, name: seconds}]\nconcurrency: {limit: 50}\n";

fn each_second(installation: &Installation, steps: &Value) {
    apply(installation, &[("beat", &format!("{EACH_SECOND}steps: {steps}\n"))]);
}

#[test]
fn a_job_starts_when_its_schedule_is_due() {
    let installation = installation("");
    each_second(
        &installation,
        &json!([{"id": "say", "uses": "shell/command",
        "with": {"command": ["echo", "due ${{ execution.scheduledAt }} by ${{ job.name }}"]}}]),
    );
    let server = serve(&installation, "server-");
    let rows = until_fired(&installation, "beat", 3);
    assert!(outcomes(&rows).iter().all(|outcome| *outcome == "started"), "{rows:?}");
    let first = &rows[0];
    assert_eq!((&first["schedule"], &first["times"], &first["reason"]), (&json!("seconds"), &json!(1), &Value::Null));
    let id = first["execution"].as_str().unwrap();
    let done = comes_to(&installation, id, "succeeded");
    assert_eq!((&done["cause"], &done["scheduledAt"]), (&json!("schedule"), &first["due"]));
    let due = first["due"].as_str().unwrap().replace(".000Z", "Z");
    assert_names(execution(&installation, "logs", id, &[]).ok(), &[&format!("due {due} by beat")]);
    assert_names(execution(&installation, "show", id, &[]).ok(), &["schedule   due "]);
    drop(server);
}

/// What somebody starts by hand stands for no due time.
#[test]
fn other_executions_have_no_due_time() {
    let installation = installation("");
    let step = json!([{"id": "say", "uses": "shell/command",
        "with": {"command": ["echo", "due: ${{ execution.scheduledAt or 'never' }}"]}}]);
    apply(&installation, &[("beat", &format!("steps: {step}\n"))]);
    let _server = serve(&installation, "server-");
    let id = start(&installation, "beat", &[]);
    comes_to(&installation, &id, "succeeded");
    assert_names(execution(&installation, "logs", &id, &[]).ok(), &["due: never"]);
    assert_eq!(shown(&installation, &id)["scheduledAt"], Value::Null);
}

/// Each second from the first to the last has exactly one record.
#[track_caller]
fn assert_complete(rows: &[Value]) {
    let seconds: Vec<i64> = rows.iter().map(|row| second(&row["due"])).collect();
    let expected: Vec<i64> = (seconds[0]..).take(seconds.len()).collect();
    assert_eq!(seconds, expected);
    let executions: BTreeSet<&str> = rows.iter().map(|row| row["execution"].as_str().unwrap()).collect();
    assert_eq!(executions.len(), rows.len());
}

#[test]
fn two_servers_fire_each_due_time_once() {
    let installation = installation("");
    each_second(&installation, &json!([script("say", "echo hello")]));
    let servers = ["one-", "two-"].map(|name| serve(&installation, name));
    until_fired(&installation, "beat", 3);
    // One is killed, the other goes on.
    let [first, second] = servers;
    first.signal(rustix::process::Signal::KILL);
    let before = history(&installation, "beat").len();
    let rows = until_fired(&installation, "beat", before + 3);
    assert_complete(&rows);
    assert_eq!(second.said().matches("something went wrong").count(), 0, "{}", second.said());
}

#[test]
fn a_schedule_gives_values_to_options() {
    let installation = installation("");
    let step = json!([{"id": "say", "uses": "shell/command",
        "with": {"command": ["echo", "to ${{ options.env }} ${{ options.count }}"]}}]);
    let job = format!(
        "options: [{{name: env, required: true}}, {{name: count, type: number, default: 7}}]\n\
         schedules: [{{every: 1s, options: {{env: prod}}}}]\nsteps: {step}\n"
    );
    apply(&installation, &[("deploy", &job)]);
    let _server = serve(&installation, "server-");
    let rows = until_fired(&installation, "deploy", 1);
    let id = rows[0]["execution"].as_str().unwrap();
    comes_to(&installation, id, "succeeded");
    assert_names(execution(&installation, "logs", id, &[]).ok(), &["to prod 7"]);
}

/// It has the rights of its project, and nobody is there whose rights it could have instead.
#[test]
fn a_scheduled_job_reads_the_keys_of_its_project_and_no_others() {
    const SECRET: &str = "correct horse battery staple Kx9";
    let installation = installation("");
    for project in ["web", "api"] {
        installation.set_key(&format!("keys/project/{project}/token"), SECRET);
    }
    let job = |key: &str| {
        let script = "echo \"got $(wc -c < $TOKEN_FILE)\"; cat $TOKEN_FILE; echo .";
        let step =
            json!([{"id": "use", "uses": "shell/script", "with": {"script": script, "secrets": {"TOKEN": key}}}]);
        format!(
            "options: [{{name: whose, required: true}}]\nschedules: [{{every: 1s, options: {{whose: api}}}}]\n\
             concurrency: {{limit: 50}}\nsteps: {step}\n"
        )
    };
    set(&installation, &[("literal", &job("keys/project/api/token"))]);
    let applied = installation.run(&["project", "apply", &folder(&installation), "--project", "web", "--yes"]);
    assert_names(&applied.stderr, &["error[key.not-permitted]", "`keys/project/api/token`", "project `web`"]);

    let others = job("keys/project/${{ options.whose }}/token");
    apply(&installation, &[("own", &job("keys/project/web/token")), ("others", &others)]);
    let server = serve(&installation, "server-");
    let fired = |job: &str| until_fired(&installation, job, 1)[0]["execution"].as_str().unwrap().to_owned();
    let own = fired("own");
    assert_eq!(comes_to(&installation, &own, "succeeded")["cause"], "schedule");
    let log = execution(&installation, "logs", &own, &[]);
    assert_names(log.ok(), &[&format!("use| got {}", SECRET.len()), "use| [masked]."]);

    let others = fired("others");
    let refused = comes_to(&installation, &others, "failed");
    assert_eq!((&refused["cause"], &refused["code"]), (&json!("schedule"), &json!("key.not-permitted")));
    assert!(!execution(&installation, "logs", &others, &[]).ok().contains("got"), "{refused}");
    assert!(!format!("{}{}", log.stdout, server.said()).contains(SECRET));
}

#[test]
fn where_as_many_run_as_may_it_is_skipped_with_a_record() {
    let installation = installation("");
    let steps = json!([script("hang", "sleep 60")]);
    let job = format!("schedules: [{{every: 1s}}]\nconcurrency: {{limit: 1, whenFull: skip}}\nsteps: {steps}\n");
    apply(&installation, &[("slow", &job)]);
    let _server = serve(&installation, "server-");
    let rows = until_fired(&installation, "slow", 3);
    assert_eq!(outcomes(&rows)[..3], ["started", "skipped", "skipped"]);
    let skipped = shown(&installation, rows[1]["execution"].as_str().unwrap());
    assert_eq!((&skipped["state"], &skipped["code"]), (&json!("skipped"), &json!("execution.skipped")));
}

also_on_postgres! { a_job_starts_when_its_schedule_is_due, two_servers_fire_each_due_time_once, }
