//! What members show of themselves, what they take, and what they are asked to leave.

use super::{LEASE, cluster, gate};
use rustix::process::Signal;
use serde_json::Value;
use windlass_tests::cluster::{Cluster, Machine, Member};
use windlass_tests::wait::{self, PATIENCE};
use windlass_tests::{Context as _, Postgres};

const QUICK: &str = "steps: [{uses: shell/command, with: {command: ['true']}}]\n";

fn members(machine: &Machine) -> Vec<Value> {
    serde_json::from_str(&machine.run(&["member", "list", "--output", "json"]).unwrap()).unwrap()
}

/// Who ran an execution, by what the database says.
fn ran_by(cluster: &Cluster, execution: &str) -> String {
    let statement =
        format!("SELECT m.pid FROM execution e JOIN member m ON m.id = e.member WHERE e.id = '{execution}'");
    Postgres::shared().query(cluster.database(), &statement).unwrap()
}

#[test]
fn a_job_is_taken_by_a_member_that_has_its_labels() {
    let cluster = cluster();
    let plain = cluster.machine("plain", "").unwrap();
    let label = LEASE.replace("lease: 3s", "lease: 3s, labels: [gpu, eu]");
    let able = Cluster::machine(&cluster, "able", "").unwrap();
    std::fs::write(able.configuration(), std::fs::read_to_string(able.configuration()).unwrap().replace(LEASE, &label))
        .unwrap();
    let outer = "steps: [{job: {name: train}}]\n";
    plain.apply(&[("quick", QUICK), ("train", &format!("runsOn: [gpu]\n{QUICK}")), ("outer", outer)]).unwrap();
    let one = plain.serve().unwrap();
    let waiting = ["train", "outer"].map(|job| plain.queue(job).unwrap());
    let quick = plain.queue("quick").unwrap();
    plain.comes_to(&quick, "succeeded").unwrap();
    for execution in &waiting {
        let shown = plain.shown(execution).unwrap();
        assert_eq!(
            (shown["state"].as_str(), shown["waitsFor"].as_str()),
            (Some("queued"), Some("no server that runs has label `gpu`"))
        );
    }
    let two = able.serve().unwrap();
    for execution in &waiting {
        plain.comes_to(execution, "succeeded").unwrap();
        assert_eq!(ran_by(&cluster, execution), two.pid().to_string());
    }
    let shown = members(&plain);
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert_eq!((&shown[1]["labels"], &shown[1]["pid"]), (&serde_json::json!(["eu", "gpu"]), &two.pid().into()));
    assert_eq!((&shown[0]["lost"], &shown[0]["maxExecutions"]), (&false.into(), &20.into()));
    let hashed = || {
        let all = members(&plain);
        let hashes = all[0]["plugins"].as_array().unwrap().iter().filter(|it| it["sha256"].is_string()).count();
        Ok((hashes > 3 && all[0]["otherPlugins"] == serde_json::json!([])).then_some(()))
    };
    wait::until("the hashes of plugins", PATIENCE, hashed).unwrap();
    drop(one);
}

#[test]
fn a_member_that_drains_takes_nothing_new_and_keeps_what_runs() {
    let cluster = cluster();
    let (machine, other) = (cluster.machine("one", "").unwrap(), cluster.machine("two", "").unwrap());
    machine.apply(&[("gate", &gate(&cluster, "")), ("quick", QUICK)]).unwrap();
    let one = machine.serve().unwrap();
    let runs = machine.queue("gate").unwrap();
    machine.comes_to(&runs, "running").unwrap();
    let id = members(&machine)[0]["id"].as_str().unwrap().to_owned();
    other.run(&["member", "drain", &id]).unwrap();
    one.says("draining: nothing new begins").unwrap();
    let two = other.serve().unwrap();
    let quick = machine.queue("quick").unwrap();
    machine.comes_to(&quick, "succeeded").unwrap();
    assert_eq!(ran_by(&cluster, &quick), two.pid().to_string());
    let first = &members(&machine)[0];
    assert_eq!((&first["draining"], &first["running"]), (&true.into(), &1.into()));
    // It stays so when it was taken for lost meanwhile.
    one.signal(Signal::STOP).unwrap();
    machine.comes_to(&runs, "interrupted").unwrap();
    let forgotten = || Ok((members(&machine).len() == 1).then_some(()));
    wait::until("the member to be forgotten", PATIENCE, forgotten).unwrap();
    one.signal(Signal::CONT).unwrap();
    one.says("the database answers again").unwrap();
    let back = members(&machine).into_iter().find(|it| it["id"] == id.as_str()).unwrap();
    assert_eq!(back["draining"], true);
    other.run(&["member", "drain", &id, "--wait"]).unwrap();
    two.signal(Signal::TERM).unwrap();
    two.ended().unwrap();
    let last = machine.queue("quick").unwrap();
    assert_eq!(machine.shown(&last).unwrap()["state"], "queued");
    other.run(&["member", "drain", &id, "--undo"]).unwrap();
    machine.comes_to(&last, "succeeded").unwrap();
    let unknown = other
        .command(&["member", "drain", "nobody"])
        .unwrap()
        .output()
        .context(|| "start windlass".to_owned())
        .unwrap();
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("error[member.unknown]"));
}

#[test]
fn a_member_with_another_master_key_is_refused() {
    let cluster = cluster();
    let (machine, other) = (cluster.machine("one", "").unwrap(), cluster.machine("two", "").unwrap());
    let secret = cluster.shared("secret");
    std::fs::write(&secret, "s3cret").unwrap();
    let mut set = machine.command(&["key", "set", "keys/project/web/token"]).unwrap();
    assert!(set.stdin(std::fs::File::open(&secret).unwrap()).status().unwrap().success());
    let text = std::fs::read_to_string(other.configuration()).unwrap();
    std::fs::write(other.configuration(), text.replace("master.key", "other.key")).unwrap();
    let refused = other.command(&["server"]).unwrap().output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("error[key.master-missing]"), "{said}");
    assert_eq!(Postgres::shared().query(cluster.database(), "SELECT count(*) FROM member").unwrap(), "0");
}

/// It does not look for itself for three seconds, and is told.
#[test]
fn what_happens_on_one_machine_is_told_on_another() {
    let cluster = cluster();
    let (machine, other) = (cluster.machine("one", "").unwrap(), cluster.machine("two", "").unwrap());
    machine.apply(&[("gate", &gate(&cluster, ""))]).unwrap();
    let _one = machine.serve().unwrap();
    let execution = other.queue("gate").unwrap();
    machine.comes_to(&execution, "running").unwrap();
    other.run(&["execution", "cancel", &execution, "--wait"]).unwrap();
    machine.comes_to(&execution, "cancelled").unwrap();
}

/// Who frees the place of a job that may run once, and does not take the next itself, says so.
#[test]
fn a_free_place_is_told_on_other_machines() {
    let cluster = cluster();
    let (machine, other) = (cluster.machine("one", "").unwrap(), cluster.machine("two", "").unwrap());
    machine.apply(&[("gate", &gate(&cluster, "concurrency: {limit: 1}\n"))]).unwrap();
    let two = other.serve().unwrap();
    let id_of = |member: &Member| {
        let known = members(&machine).into_iter().find(|it| it["pid"] == member.pid()).unwrap();
        known["id"].as_str().unwrap().to_owned()
    };
    machine.run(&["member", "drain", &id_of(&two)]).unwrap();
    two.says("draining: nothing new begins").unwrap();
    let one = machine.serve().unwrap();
    let [first, next] = [(); 2].map(|()| machine.queue("gate").unwrap());
    machine.comes_to(&first, "running").unwrap();
    machine.run(&["member", "drain", &id_of(&two), "--undo"]).unwrap();
    machine.run(&["member", "drain", &id_of(&one)]).unwrap();
    one.says("draining: nothing new begins").unwrap();
    let hearing = Postgres::shared().hearing(cluster.database(), "windlass").unwrap();
    std::fs::write(cluster.shared("open"), "").unwrap();
    hearing.heard().unwrap();
    machine.comes_to(&next, "succeeded").unwrap();
    assert_eq!(ran_by(&cluster, &next), two.pid().to_string());
}
