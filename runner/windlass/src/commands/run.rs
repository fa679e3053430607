use std::path::PathBuf;

use clap::Args;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use windlass_credentials::{Environment, Sessions};
use windlass_engine::{Job, Prepared, Runner, Workshop, bind, prepare};
use windlass_errors::exit;
use windlass_hosting::Stop;
use windlass_settings::ProjectName;

use crate::arguments::Global;
use crate::problem::Problem;
use crate::show::{Live, Results, ResultsFormat};
use crate::{setup, show};

/// Run a job file, without a server.
///
/// Everything is checked before anything happens: the file, its options and expressions, each step's configuration, the
/// accounts. Ctrl-C stops the running step, which stops what it started at AWS; a second one ends at once.
#[derive(Args)]
#[command(after_help = "Examples:\n  \
    windlass run top-errors.yaml --project web --option status=502\n  \
    windlass run top-errors.yaml --project web --output json | jq '.steps[].tables'")]
pub(crate) struct Run {
    /// The job file
    job: PathBuf,
    /// The project that it runs in
    #[arg(long)]
    project: ProjectName,
    /// A value for an option of the job; may be given several times
    #[arg(long = "option", short = 'o', value_name = "NAME=VALUE", value_parser = name_and_value)]
    options: Vec<(String, String)>,
    /// How results are printed
    #[arg(long, value_enum, default_value_t)]
    output: ResultsFormat,
    /// Say nothing while it runs, but errors
    #[arg(long, short)]
    quiet: bool,
}

pub(crate) async fn run(global: &Global, arguments: Run) -> Result<u8, Problem> {
    let loaded = setup::configuration(global)?;
    let configuration = loaded.file().map(std::path::Path::to_owned);
    let settings = loaded.settings;
    let certificates = setup::certificates(&settings)?;
    let job = Job::read(&arguments.job)?;
    let options = bind(&job, &arguments.options)?;
    let catalog = setup::catalog(&settings);
    let store = setup::store(&settings).await?;
    let workshop = Workshop { settings: &settings, catalog: &catalog, store: &store };
    let prepared = prepare(workshop, arguments.project, job, options).await?;

    let keys = setup::keys(&settings, &store);
    let sessions = Sessions::new(settings.endpoints.clone(), keys, Environment::of_process());
    let keys = setup::keys(&settings, &store);
    let network = setup::network(&settings, &keys).await?;
    let runner = Runner { settings, store, sessions, keys, network, certificates, configuration };
    // The store is not closed: what is committed is durable, and closing would only wait for a checkpoint.
    carry_out(&runner, &prepared, arguments.output, arguments.quiet).await
}

async fn carry_out(runner: &Runner, prepared: &Prepared, format: ResultsFormat, quiet: bool) -> Result<u8, Problem> {
    let stop = stop_on_signals()?;
    let mut live = Live::new(quiet);
    let mut results = Results::default();
    let mut observer = |notice: windlass_engine::Notice<'_>| {
        results.notice(&notice);
        live.notice(&notice);
    };
    let end = runner.run(prepared, &mut observer, stop).await?;
    results.print(format, prepared, &end)?;
    match end.failure() {
        Some((step, failure)) => Err(Problem::step(step, failure)),
        None => Ok(exit::OK),
    }
}

/// The first SIGINT or SIGTERM stops the execution, the second ends this process; its plugin hosts end with it.
fn stop_on_signals() -> Result<watch::Receiver<Option<Stop>>, Problem> {
    let (sender, receiver) = watch::channel(None);
    let listen = |kind| signal(kind).map_err(|error| Problem::internal(format!("cannot listen to signals: {error}")));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    tokio::spawn(async move {
        let mut told = false;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if std::mem::replace(&mut told, true) {
                std::process::exit(exit::CANCELLED.into());
            }
            show::talk("stopping; press Ctrl-C again to end at once");
            // Nobody listening means that the execution has ended already.
            let _ = sender.send(Some(Stop::Cancelled));
        }
    });
    Ok(receiver)
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE".to_owned()),
    }
}
