//! One process that runs many faulty steps, as a server will: what it has too much of after a thousand is a leak.
//!
//! `windlass-one-runner FAULTS SEED SCRATCH PLUGIN-FOLDER...` runs so many steps of `misbehave/fault` and `unruly/fault` in an
//! order that the seed repeats, every fourth beside a step that has to succeed, and prints what it measured as JSON. The
//! library is used directly: a command of the runner's own runs one job and ends.

mod faults;
mod left;
mod order;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use faults::{FAULTS, Fault};
use left::Left;
use order::Order;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use windlass_hosting::{
    Assignment, Catalog, Connections, HostLimits, Library, Lifeline, Sandbox, StepFailure, Surroundings, Timeout,
    run_step,
};
use windlass_network::Network;
use windlass_plugin_api::StepError;
use windlass_plugin_api::frames::{Containment, ExecutionInfo, NetworkAccess, Start};

/// What is held is compared from here on: caches are warm, and the runtime has what it needs to wait for children.
const WARM: usize = 100;
/// Of a fault that ends by its time-out only.
const SHORT: Duration = Duration::from_millis(400);
const LONG: Duration = Duration::from_secs(120);
const GRACE: Duration = Duration::from_millis(200);

struct Ground {
    plugins: BTreeMap<&'static str, Library>,
    network: Arc<Network>,
    scratch: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [faults, seed, scratch, folders @ ..] = arguments.as_slice() else { return usage() };
    let (Ok(faults), Ok(seed)) = (faults.parse(), seed.parse()) else { return usage() };
    match Ground::prepare(folders, scratch.into()) {
        Ok(ground) => {
            println!("{}", ground.run(faults, Order::new(seed)).await);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: windlass-one-runner FAULTS SEED SCRATCH PLUGIN-FOLDER...");
    ExitCode::from(2)
}

impl Ground {
    fn prepare(folders: &[String], scratch: PathBuf) -> Result<Self, windlass_hosting::HostingError> {
        let catalog = Catalog::new(folders.iter().map(PathBuf::from).collect(), PathBuf::from("/nonexistent"));
        let plugins = ["misbehave", "unruly"].into_iter().map(|name| catalog.load(name).map(|plugin| (name, plugin)));
        let plugins = plugins.collect::<Result<_, _>>()?;
        let network = Arc::new(Network::new(None, Vec::new(), Vec::new()));
        Ok(Self { plugins, network, scratch })
    }

    async fn run(&self, faults: usize, mut order: Order) -> Value {
        let mut runs: BTreeMap<String, usize> = BTreeMap::new();
        let (mut wrong, mut warm) = (Vec::new(), None);
        let mut deck: Vec<&Fault> = Vec::new();
        for number in 1..=faults {
            if deck.is_empty() {
                deck = order.shuffled(FAULTS);
            }
            let Some(fault) = deck.pop() else { break };
            *runs.entry(fault.name()).or_default() += 1;
            let neighbour = async {
                if number % 4 == 0 { self.step("misbehave", "noop", &json!({}), LONG).await.err() } else { None }
            };
            let config = fault.config();
            let (ended, neighbour) = tokio::join!(self.step(fault.plugin, "fault", &config, fault.time()), neighbour);
            wrong.extend(fault.differs(&ended).map(|why| json!({"number": number, "fault": fault.name(), "why": why})));
            wrong.extend(neighbour.map(|failure| json!({"number": number, "neighbour": failure.message})));
            if number == WARM {
                warm = Some(Left::now(&self.scratch));
            }
        }
        let end = Left::now(&self.scratch);
        let warm = warm.unwrap_or_else(|| Left::now(&self.scratch));
        json!({
            "faults": runs.values().sum::<usize>(),
            "fewest": runs.values().min(),
            "kinds": runs.len(),
            "wrong": wrong,
            "memory": {"warm": warm.memory, "end": end.memory},
            "descriptors": {"warm": warm.descriptors, "end": end.descriptors},
            "children": end.children,
            "files": end.files,
        })
    }

    async fn step(&self, plugin: &str, step: &str, config: &Value, time: Duration) -> Result<Value, StepFailure> {
        let (events, mut heard) = mpsc::channel(64);
        let (_nobody, never) = watch::channel(None);
        let answer = |_| async { Err(StepError::new("step.no-account", "there are no accounts here")) };
        let listening = async { while heard.recv().await.is_some() {} };
        let assignment = self.assignment(step, config, time);
        let (ended, ()) = tokio::join!(run_step(&self.plugins[plugin], assignment, answer, events, never), listening);
        ended
    }

    fn assignment(&self, step: &str, config: &Value, after: Duration) -> Assignment {
        let text = |text: &str| text.to_owned();
        let start = Start {
            step: text(step),
            config: config.clone(),
            execution: ExecutionInfo {
                id: text("1"),
                project: text("web"),
                job: text("soak"),
                step: text("it"),
                step_path: text("it"),
            },
            region: None,
            places: Vec::new(),
            endpoints: BTreeMap::new(),
            certificates: None,
            checkpoint: None,
            token: None,
            scratch: None,
        };
        let surroundings = Surroundings {
            network: NetworkAccess::Brokered,
            connections: Connections { network: Arc::clone(&self.network), granted: Vec::new() },
            sandbox: Sandbox::Strict,
            environment: BTreeMap::from([(text("PATH"), text("/usr/local/bin:/usr/bin:/bin"))]),
            scratch: self.scratch.clone(),
            required: Containment::Open,
        };
        let limits = HostLimits { memory_bytes: 256 << 20, output_bytes: 1 << 20, processes: 64 };
        let timeout = Some(Timeout { after, message: text("the step took too long") });
        Assignment { start, timeout, grace: GRACE, limits, surroundings, lifeline: Lifeline::default() }
    }
}
