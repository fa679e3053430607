//! The first frames of a host: its restrictions are on, its library is loaded.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use windlass_errors::Code;
use windlass_plugin_api::PluginMetadata;
use windlass_plugin_api::frames::{Alive, CONTAIN_STAGE, Containment, FromHost, HostHello, PROTOCOL, ToHost};

use crate::process::HostProcess;
use crate::{Described, HostingError, StepFailure, Stop, Timeout};

/// How long a host may take to restrict itself and to load its library.
const LOADED_WITHIN: Duration = Duration::from_secs(30);

/// Why a host did not become ready.
pub(crate) enum Unready {
    Because(HostingError),
    /// It is contained worse than required.
    Contained(Containment),
    Ended,
}

/// Reads the first two frames of a host that describes its plugin.
pub(crate) async fn described(host: &mut HostProcess, plugin: &str) -> Result<Described, Unready> {
    let Ready { restrictions, metadata, .. } = loaded(host, plugin).await?;
    match metadata {
        Some(metadata) if metadata.name == plugin => Ok(Described { metadata: *metadata, restrictions }),
        Some(metadata) => {
            Err(protocol(plugin, format!("its note and its metadata disagree: it calls itself `{}`", metadata.name)))
        }
        None => Err(protocol(plugin, "it sent no metadata".to_owned())),
    }
}

/// A host whose plugin is loaded.
pub(crate) struct Ready {
    restrictions: BTreeMap<String, String>,
    pub(crate) containment: Containment,
    metadata: Option<Box<PluginMetadata>>,
}

/// Reads the first two frames of a host, in bounded time.
pub(crate) async fn loaded(host: &mut HostProcess, plugin: &str) -> Result<Ready, Unready> {
    let both = async {
        let hello = match next(host, plugin).await? {
            FromHost::Hello(hello) if hello.version != env!("CARGO_PKG_VERSION") => {
                return Err(Unready::Because(HostingError::WrongHost { found: hello.version }));
            }
            FromHost::Hello(hello) if hello.protocol == PROTOCOL => hello,
            FromHost::Hello(hello) => return Err(protocol(plugin, format!("it speaks protocol {}", hello.protocol))),
            _ => return Err(protocol(plugin, "it did not say hello first".to_owned())),
        };
        match next(host, plugin).await? {
            FromHost::Loaded(loaded) => {
                let HostHello { restrictions, containment, .. } = hello;
                Ok(Ready { restrictions, containment, metadata: loaded.metadata })
            }
            _ => Err(protocol(plugin, "it spoke before its library was loaded".to_owned())),
        }
    };
    match timeout(LOADED_WITHIN, both).await {
        Ok(result) => result,
        Err(_) => {
            let why = format!("it was not loaded within {} s", LOADED_WITHIN.as_secs());
            Err(Unready::Because(HostingError::NotLoaded { plugin: plugin.to_owned(), why }))
        }
    }
}

async fn next(host: &mut HostProcess, plugin: &str) -> Result<FromHost<'static>, Unready> {
    let frame = loop {
        tokio::select! {
            frame = host.frames.next() => break frame,
            until_ms = host.pings.next() => host.writer.send(&ToHost::Alive(Alive { until_ms })).await,
        }
    };
    let frame = frame.map_err(|why| protocol(plugin, why))?.ok_or(Unready::Ended)?;
    match parse(&frame).map_err(|why| protocol(plugin, why))? {
        FromHost::Hello(hello) => Ok(FromHost::Hello(hello)),
        FromHost::Loaded(loaded) => Ok(FromHost::Loaded(loaded)),
        FromHost::Refused(refused) if refused.stage == CONTAIN_STAGE => {
            Err(Containment::parse(&refused.message).map_or(Unready::Ended, Unready::Contained))
        }
        FromHost::Refused(refused) if refused.stage == "restrict" => {
            Err(Unready::Because(HostingError::NotRestricted { why: refused.message }))
        }
        FromHost::Refused(refused) => {
            Err(Unready::Because(HostingError::NotLoaded { plugin: plugin.to_owned(), why: refused.message }))
        }
        _ => Err(protocol(plugin, "it spoke before it was started".to_owned())),
    }
}

pub(crate) fn parse(frame: &[u8]) -> Result<FromHost<'_>, String> {
    serde_json::from_slice(frame).map_err(|error| format!("it sent an invalid frame ({error})"))
}

fn protocol(plugin: &str, why: String) -> Unready {
    Unready::Because(HostingError::Protocol { plugin: plugin.to_owned(), why })
}

/// Resolves when a step is to stop before its library is loaded, with the failure that this is. There is nobody yet who
/// could be asked to stop.
pub(crate) async fn stopped_early(mut stop: watch::Receiver<Option<Stop>>, time: Option<&Timeout>) -> StepFailure {
    let out_of_time = async {
        match time {
            Some(time) => sleep(time.after).await,
            None => std::future::pending().await,
        }
    };
    let why = tokio::select! {
        why = cancelled(&mut stop) => why,
        () = out_of_time => Stop::TimedOut(time.map(|time| time.message.clone()).unwrap_or_default()),
    };
    let message = format!("{}, while the plugin was still loading", why.message());
    StepFailure { code: Code::new(why.code()), message, help: None, cut_off: true }
}

/// Resolves when the step is to stop.
pub(crate) async fn cancelled(stop: &mut watch::Receiver<Option<Stop>>) -> Stop {
    let why = stop.wait_for(Option::is_some).await.ok().and_then(|why| why.clone());
    match why {
        Some(why) => why,
        None => std::future::pending().await,
    }
}
