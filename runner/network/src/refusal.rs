//! The words of refusals. Each names the host and the port, and what can be done.

use std::fmt::Write as _;
use std::io;
use std::net::IpAddr;

use windlass_plugin_api::broker::{MOST_WAITING, Refusal, RefusalKind};

use crate::Destination;
use crate::address::Rule;
use crate::host::{Host, Target};

/// Destinations that a refusal lists; so it always fits into a packet.
const LISTED: usize = 6;
/// How much of an incomprehensible host is repeated, in characters.
const QUOTED: usize = 60;

pub(crate) fn no_host(text: &str, port: u16, why: &str) -> Refusal {
    let quoted: String = text.chars().take(QUOTED).flat_map(char::escape_debug).collect();
    denied(format!("the step may not connect to `{quoted}:{port}`: the host {why}"))
}

pub(crate) fn not_granted(target: &Target, granted: &[Destination]) -> Refusal {
    let may = match granted {
        [] => "it may connect nowhere".to_owned(),
        granted => format!("it may connect to {}", list(granted)),
    };
    denied(format!("the step may not connect to `{target}`: its step type does not declare it in `network`; {may}"))
}

fn list(granted: &[Destination]) -> String {
    let mut text = String::new();
    for (place, destination) in granted.iter().take(LISTED).enumerate() {
        let comma = if place > 0 { ", " } else { "" };
        let _ = write!(text, "{comma}`{destination}`");
    }
    if granted.len() > LISTED {
        let _ = write!(text, " and {} more", granted.len() - LISTED);
    }
    text
}

pub(crate) fn closed(target: &Target, address: IpAddr, rule: Rule) -> Refusal {
    let is = match target.host {
        Host::Address(literal) if literal == address => format!("that is {rule}"),
        _ => format!("it is {address}, {rule}"),
    };
    let remedy = if rule.is_about_this_machine() {
        "; an administrator can allow it in `network.localDestinations`"
    } else {
        ", closed to every job"
    };
    denied(format!("a job may not connect to `{target}`: {is}{remedy}"))
}

pub(crate) fn own_unknown(target: &Target, source: &io::Error) -> Refusal {
    unreachable(format!("cannot connect to `{target}`: the addresses of this machine cannot be told: {source}"))
}

pub(crate) fn unresolved(target: &Target, source: &io::Error) -> Refusal {
    unreachable(format!("cannot connect to `{target}`: no address is found for its name: {source}"))
}

pub(crate) fn not_connected(target: &Target, through: &str, source: &io::Error) -> Refusal {
    unreachable(format!("cannot connect to `{target}`{through}: {source}"))
}

pub(crate) fn proxy_disagrees(target: &Target, proxy: &Target, why: &str) -> Refusal {
    unreachable(format!("cannot connect to `{target}`: the proxy `{proxy}` {why}"))
}

pub(crate) fn too_late(target: &Target, through: &str, what: &str) -> Refusal {
    let message = format!("cannot connect to `{target}`{through}: {what} took too long");
    Refusal { kind: RefusalKind::TimedOut, message }
}

pub(crate) fn too_many(host: &str, port: u16) -> Refusal {
    let quoted: String = host.chars().take(QUOTED).flat_map(char::escape_debug).collect();
    unreachable(format!(
        "cannot connect to `{quoted}:{port}`: {MOST_WAITING} connections of the step are under way already; wait for one"
    ))
}

pub(crate) fn broken(why: &dyn std::fmt::Display) -> Refusal {
    denied(format!("the step may connect nowhere any more: {why}"))
}

fn denied(message: String) -> Refusal {
    Refusal { kind: RefusalKind::Denied, message }
}

fn unreachable(message: String) -> Refusal {
    Refusal { kind: RefusalKind::Unreachable, message }
}
