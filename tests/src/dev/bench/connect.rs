//! A connection of a step through the runner, until the step can use it, beside one that the step makes itself and a plain
//! connect(2). Everything above the connection is the same on both ways: an AWS client that keeps its connections pays the
//! difference once for each.

use super::Measured;
use super::local::Local;
use super::measure::Middle;
use super::row::{Row, Side};
use serde_json::Value;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};
use windlass_tests::{Context, Outcome, Problem, interrupt};

/// What one round makes of each. More in a second would wait for their turn at the broker.
const CONNECTIONS: usize = 100;
const ROUNDS: usize = 7;

pub(super) fn measure() -> Outcome<Measured> {
    let local = Local::prepare()?;
    let listener = TcpListener::bind("127.0.0.1:0").context(|| "listen on loopback".to_owned())?;
    let address = listener.local_addr().context(|| "know the listener's address".to_owned())?;
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let [mut brokered, mut direct, mut plain] = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        brokered.extend(of_step(&local, "connects", address)?);
        direct.extend(of_step(&local, "direct-connects", address)?);
        plain.extend((0..CONNECTIONS).map(|_| connect(address)).collect::<Outcome<Vec<_>>>()?);
        interrupt::check()?;
    }
    let details = [("through the runner", &mut brokered), ("direct", &mut direct), ("connect(2)", &mut plain)];
    let details = details.map(|(name, times)| detail(name, times)).to_vec();
    let row = Row {
        what: "connection of a step, wall".to_owned(),
        ours: Side { name: "runner's", time: Middle::of(brokered) },
        limit: Side { name: "connect(2)", time: Middle::of(plain) },
        present: Some(Side { name: "its own", time: Middle::of(direct) }),
        amount: None,
        goal: None,
    };
    Ok(Measured { rows: vec![row], details })
}

fn connect(address: SocketAddr) -> Outcome<Duration> {
    let start = Instant::now();
    TcpStream::connect(address).context(|| "connect".to_owned())?;
    Ok(start.elapsed())
}

/// How long each connection of a step took, as the step saw it.
fn of_step(local: &Local, step: &str, address: SocketAddr) -> Outcome<Vec<Duration>> {
    let job = local.folder().join("connect.yaml");
    let with = format!("{{url: 'http://{address}', count: {CONNECTIONS}}}");
    let text =
        format!("apiVersion: windlass/v1\nkind: Job\nname: connect\nsteps: [{{uses: escape/{step}, with: {with}}}]\n");
    fs::write(&job, text).context(|| format!("write {}", job.display()))?;
    times(local, &job, address)
}

fn times(local: &Local, job: &Path, address: SocketAddr) -> Outcome<Vec<Duration>> {
    let mut command = local.run(job);
    command.env("WINDLASS_NETWORK_DIRECT_PLUGINS", "escape");
    command.env("WINDLASS_NETWORK_LOCAL_DESTINATIONS", address.to_string());
    let output = command.output().context(|| "start windlass".to_owned())?;
    let results: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let taken = results["steps"][0]["outputs"]["nanoseconds"].as_array().map(Vec::as_slice).unwrap_or_default();
    let times: Vec<Duration> = taken.iter().filter_map(Value::as_u64).map(Duration::from_nanos).collect();
    if times.len() == CONNECTIONS {
        Ok(times)
    } else {
        Err(Problem::new(format!("{} connections were made instead of {CONNECTIONS}", times.len()))
            .output(&output.stderr))
    }
}

fn detail(name: &str, times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e6;
    format!("connection of a step, {name}: p5 {:.0} us, p50 {:.0} us, p95 {:.0} us", at(5), at(50), at(95))
}
