use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use windlass_hosting::{
    Assignment, Catalog, Connections, HostLimits, Library, Lifeline, Sandbox, Surroundings, run_step,
};
use windlass_network::Network;
use windlass_plugin_api::StepError;
use windlass_plugin_api::frames::{Containment, ExecutionInfo, NetworkAccess, Start};

pub(crate) async fn run(count: usize, at_a_time: usize, scratch: &str, plugins: &str) -> Result<String, String> {
    let catalog = Catalog::new(vec![plugins.into()], PathBuf::from("/nonexistent"));
    let library = Arc::new(catalog.load("misbehave").map_err(|error| error.to_string())?);
    let network = Arc::new(Network::new(None, Vec::new(), Vec::new()));
    let left = Arc::new(AtomicUsize::new(count));
    let mut workers = JoinSet::new();
    for _ in 0..at_a_time {
        let (library, network, left, scratch) =
            (Arc::clone(&library), Arc::clone(&network), Arc::clone(&left), PathBuf::from(scratch));
        workers.spawn(async move {
            let mut done = 0;
            while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
                step(&library, &network, &scratch).await?;
                done += 1;
            }
            Ok::<usize, String>(done)
        });
    }
    let mut done = 0;
    while let Some(worker) = workers.join_next().await {
        done += worker.map_err(|error| error.to_string())??;
    }
    Ok(format!("ran {done}"))
}

async fn step(library: &Library, network: &Arc<Network>, scratch: &std::path::Path) -> Result<(), String> {
    let (events, mut heard) = mpsc::channel(64);
    let (_nobody, never) = watch::channel(None);
    let answer = |_| async { Err(StepError::new("step.no-account", "there are no accounts here")) };
    let listening = async { while heard.recv().await.is_some() {} };
    let (ended, ()) = tokio::join!(run_step(library, assignment(network, scratch), answer, events, never), listening);
    ended.map(drop).map_err(|failure| failure.message)
}

fn assignment(network: &Arc<Network>, scratch: &std::path::Path) -> Assignment {
    let text = |text: &str| text.to_owned();
    let start = Start {
        step: text("noop"),
        config: json!({}),
        execution: ExecutionInfo {
            id: text("1"),
            project: text("web"),
            job: text("bare"),
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
        connections: Connections { network: Arc::clone(network), granted: Vec::new() },
        sandbox: Sandbox::Strict,
        environment: BTreeMap::from([(text("PATH"), text("/usr/local/bin:/usr/bin:/bin"))]),
        scratch: scratch.to_owned(),
        required: Containment::Open,
    };
    let limits = HostLimits { memory_bytes: 1 << 30, output_bytes: 64 << 20, processes: 256 };
    Assignment {
        start,
        timeout: None,
        grace: std::time::Duration::from_secs(10),
        limits,
        surroundings,
        lifeline: Lifeline::default(),
    }
}
