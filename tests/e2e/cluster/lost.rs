//! Members that are lost to the others: what they ran is over before another says so.

use super::{LEASE, cluster, gate, last_beat};
use rustix::process::Signal;
use serde_json::Value;
use windlass_tests::cluster::{Cluster, Machine, Member};
use windlass_tests::processes::Process;
use windlass_tests::wait::{self, PATIENCE};
use windlass_tests::{Postgres, Proxy};

/// A cluster in which the first of two members runs a step, with that execution and the step's processes.
struct Scene {
    cluster: Cluster,
    other: Machine,
    execution: String,
    one: Member,
    two: Member,
    hosts: Vec<Process>,
}

impl Scene {
    fn begin(way: Option<&Proxy>) -> Self {
        let cluster = cluster();
        let first = match way {
            Some(proxy) => cluster.machine_through("one", proxy.port(), "").unwrap(),
            None => cluster.machine("one", "").unwrap(),
        };
        let other = cluster.machine("two", "").unwrap();
        other.apply(&[("gate", &gate(&cluster, "")), ("quick", QUICK)]).unwrap();
        let one = first.serve().unwrap();
        let execution = other.queue("gate").unwrap();
        let logs = || Ok(other.run(&["execution", "logs", &execution])?.contains("waiting").then_some(()));
        wait::until("the step", PATIENCE, logs).unwrap();
        let hosts = one.hosts().unwrap();
        let two = other.serve().unwrap();
        Self { cluster, other, execution, one, two, hosts }
    }

    /// The second member settles what the first ran, and by then nothing of that is left.
    fn is_settled_after_its_end(&self) -> Value {
        let shown = self.other.comes_to(&self.execution, "interrupted").unwrap();
        let left: Vec<&Process> = self.hosts.iter().filter(|host| host.runs()).collect();
        assert!(left.is_empty(), "{left:?} of a step that another member has settled");
        let ended: jiff::Timestamp = shown["ended"].as_str().unwrap().parse().unwrap();
        assert!(last_beat(&self.cluster) <= ended.as_millisecond(), "{shown}");
        self.two.says("execution recorded as interrupted").unwrap();
        shown
    }

    /// The first member is back: it says so, records nothing of what it has lost, and runs what comes.
    fn the_first_is_back(self) {
        self.one.says("no answer from the database for the time of the lease").unwrap();
        self.one.says("the database answers again").unwrap();
        self.one.says("execution lost").unwrap();
        self.two.signal(Signal::TERM).unwrap();
        assert_eq!(self.two.ended().unwrap(), Some(0));
        let quick = self.other.queue("quick").unwrap();
        self.other.comes_to(&quick, "succeeded").unwrap();
        assert_eq!(self.other.shown(&self.execution).unwrap()["state"], "interrupted");
    }
}

const QUICK: &str = "steps: [{uses: shell/command, with: {command: ['true']}}]\n";

#[test]
fn a_member_that_stands_still_loses_what_it_ran_and_goes_on() {
    let scene = Scene::begin(None);
    scene.one.signal(Signal::STOP).unwrap();
    scene.is_settled_after_its_end();
    scene.one.signal(Signal::CONT).unwrap();
    scene.the_first_is_back();
}

#[test]
fn a_member_that_is_cut_off_ends_what_it_runs_and_goes_on() {
    let proxy = Proxy::to(Postgres::shared().port()).unwrap();
    let scene = Scene::begin(Some(&proxy));
    proxy.cut();
    scene.one.says("no answer from the database for the time of the lease").unwrap();
    scene.is_settled_after_its_end();
    proxy.mend();
    scene.the_first_is_back();
}

/// Nobody else on its data directory could see its lock.
#[test]
fn a_member_that_is_killed_is_settled_by_one_elsewhere() {
    let scene = Scene::begin(None);
    scene.one.signal(Signal::KILL).unwrap();
    let shown = scene.is_settled_after_its_end();
    assert!(shown["reason"].as_str().unwrap().contains("has not renewed its lease"), "{shown}");
    let known = || {
        let members = Postgres::shared().query(scene.cluster.database(), "SELECT count(*) FROM member")?;
        Ok((members == "1").then_some(()))
    };
    wait::until("the lost member to be forgotten", PATIENCE, known).unwrap();
}

/// Nothing is there that could end its work, and whoever waits for that is told.
#[test]
fn nobody_waits_for_a_member_that_is_lost() {
    let cluster = cluster();
    let machine = cluster.machine("one", "").unwrap();
    machine.apply(&[("gate", &gate(&cluster, ""))]).unwrap();
    let member = machine.serve().unwrap();
    let execution = machine.queue("gate").unwrap();
    machine.comes_to(&execution, "running").unwrap();
    let listed: Vec<Value> =
        serde_json::from_str(&machine.run(&["member", "list", "--output", "json"]).unwrap()).unwrap();
    let id = listed[0]["id"].as_str().unwrap();
    member.signal(Signal::KILL).unwrap();
    let ended = machine.command(&["member", "drain", id, "--wait"]).unwrap().output().unwrap();
    assert_eq!(ended.status.code(), Some(4));
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(said.contains("error[member.lost]: member") && said.contains("is lost"), "{said}");
}

#[test]
fn a_member_that_stops_in_good_order_leaves_nothing_to_settle() {
    let cluster = cluster();
    let machine = cluster.machine("one", "").unwrap();
    let member = machine.serve().unwrap();
    member.signal(Signal::TERM).unwrap();
    assert_eq!(member.ended().unwrap(), Some(0));
    assert_eq!(Postgres::shared().query(cluster.database(), "SELECT count(*) FROM member").unwrap(), "0");
}

/// While it is away for less than the lease, nothing of what runs is lost: not what ends meanwhile either.
#[test]
fn a_database_that_is_restarted_costs_nothing() {
    let mut server = Postgres::start().unwrap();
    let cluster = Cluster::on(&server, &LEASE.replace("3s", "60s")).unwrap();
    let machine = cluster.machine("one", "").unwrap();
    machine.apply(&[("gate", &gate(&cluster, ""))]).unwrap();
    let member = machine.serve().unwrap();
    let execution = machine.queue("gate").unwrap();
    let hosts = member.hosts().unwrap();
    let logs = || Ok(machine.run(&["execution", "logs", &execution])?.contains("waiting").then_some(()));
    wait::until("the step", PATIENCE, logs).unwrap();
    server.down();
    std::fs::write(cluster.shared("open"), "").unwrap();
    wait::until("the step's end", PATIENCE, || Ok((!hosts.iter().any(|host| host.runs())).then_some(()))).unwrap();
    server.up().unwrap();
    machine.comes_to(&execution, "succeeded").unwrap();
    assert!(!member.said().contains("for the time of the lease"), "{}", member.said());
}
