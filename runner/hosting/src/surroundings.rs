//! What a step's host may use, from what was decided about the step.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;

use windlass_network::{Broker, Destination, Network};
use windlass_plugin_api::broker::Refusal;
use windlass_plugin_api::frames::{Confinement, Containment, Files, NetworkAccess, Program};

use crate::scratch::{COMMON, Scratch};
use crate::{Form, HostLimits, Library};

/// `nobody`, who a host started by root becomes.
const NOBODY: u32 = 65534;

/// What is decided about a step before its host starts.
#[derive(Debug)]
pub struct Surroundings {
    /// Whether it makes its own connections.
    pub network: NetworkAccess,
    /// The way to those that the runner makes for it.
    pub connections: Connections,
    /// What a program may use; means nothing for a library.
    pub sandbox: Sandbox,
    /// A program's environment. `HOME` and `TMPDIR` are the scratch folder when they are not in it.
    pub environment: BTreeMap<String, String>,
    /// The folder in which programs have their scratch folders.
    pub scratch: PathBuf,
    /// A host that is contained worse is ended before its plugin runs.
    pub required: Containment,
}

/// The connections that a step may ask for.
#[derive(Clone, Debug)]
pub struct Connections {
    /// Makes them.
    pub network: Arc<Network>,
    /// Where to.
    pub granted: Vec<Destination>,
}

/// Which files a program may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sandbox {
    /// What the system has installed, and a scratch folder.
    Strict,
    /// All that the user may use, but nothing below these, nor what belongs to other steps.
    Standard {
        /// Absolute paths.
        hidden: Vec<PathBuf>,
    },
    /// Everything, and nothing else is restricted either.
    None,
}

impl Sandbox {
    fn files(&self, scratch: String) -> Files {
        match self {
            Self::Strict => Files::Programs { scratch },
            Self::Standard { hidden } => {
                let hidden = hidden.iter().map(|path| path.to_string_lossy().into_owned());
                Files::AllBut { hidden: hidden.chain([COMMON.to_owned()]).collect(), scratch }
            }
            Self::None => Files::Unconfined { scratch },
        }
    }

    /// The user that the host becomes when root starts it; none when it stays.
    fn user(&self) -> Option<u32> {
        (*self == Self::Strict && rustix::process::geteuid().is_root()).then_some(NOBODY)
    }
}

/// How a host is started: what goes into the first frame, and what lives as long as the step.
pub(crate) struct Launch {
    pub(crate) confinement: Confinement,
    pub(crate) required: Containment,
    pub(crate) program: Option<Program>,
    pub(crate) broker: Option<OwnedFd>,
    pub(crate) scratch: Option<Scratch>,
}

impl Launch {
    /// For a host that only describes its plugin: nothing is granted.
    pub(crate) fn to_describe(library: &Library, limits: &HostLimits, scratch: &std::path::Path) -> io::Result<Self> {
        let (network, environment) = (NetworkAccess::Brokered, BTreeMap::new());
        Self::new(library, limits, network, &Sandbox::Strict, environment, scratch, Containment::Open)
    }

    /// For a host that runs a step.
    pub(crate) fn of_step(library: &Library, limits: &HostLimits, around: &Surroundings) -> io::Result<Self> {
        let environment = around.environment.clone();
        let (sandbox, scratch, required) = (&around.sandbox, &around.scratch, around.required);
        Self::new(library, limits, around.network, sandbox, environment, scratch, required)
    }

    fn new(
        library: &Library,
        limits: &HostLimits,
        network: NetworkAccess,
        sandbox: &Sandbox,
        mut environment: BTreeMap<String, String>,
        parent: &std::path::Path,
        required: Containment,
    ) -> io::Result<Self> {
        let (memory_bytes, processes) = (limits.memory_bytes, limits.processes);
        let Form::Program { name, arguments, .. } = &library.form else {
            let confinement = Confinement { memory_bytes, processes, files: Files::Libraries, network };
            return Ok(Self { confinement, required, program: None, broker: None, scratch: None });
        };
        let scratch = Scratch::create(parent, sandbox.user())?;
        let folder = scratch.path().to_string_lossy().into_owned();
        for name in ["HOME", "TMPDIR"] {
            environment.entry(name.to_owned()).or_insert_with(|| folder.clone());
        }
        let program = Program { name: name.clone(), arguments: arguments.clone(), environment };
        let confinement = Confinement { memory_bytes, processes, files: sandbox.files(folder), network };
        Ok(Self { confinement, required, program: Some(program), broker: None, scratch: Some(scratch) })
    }

    /// Serves the step's connections until its host has ended. Refusals go to `told`.
    pub(crate) fn connect(
        &mut self,
        connections: Connections,
        told: impl Fn(&Refusal) + Send + Sync + 'static,
    ) -> io::Result<()> {
        let (broker, theirs) = Broker::pair()?;
        self.broker = Some(theirs);
        tokio::spawn(async move { broker.serve(connections.network, connections.granted, told).await });
        Ok(())
    }
}
