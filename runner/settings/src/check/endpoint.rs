use std::net::{IpAddr, Ipv6Addr};

use super::Checker;
use crate::Endpoints;
use crate::environment::is_entry_name;
use crate::layers::Merged;
use crate::shape::ConfigurationShape;

/// The metadata service's address where there is no IPv4 (Amazon EC2 user guide, "Instance metadata service").
const IMDS_IPV6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254);

impl Checker<'_> {
    pub(super) fn endpoints(&mut self, merged: &Merged, shape: Option<&ConfigurationShape>) -> Endpoints {
        let written = shape.iter().flat_map(|shape| &shape.endpoints);
        for (_, text) in written.filter(|(name, _)| !is_entry_name(name)) {
            self.fault(text, "a service is named by its endpoint prefix, such as `sts` or `logs`", None);
        }
        let mut services = merged.endpoints.clone();
        for (service, address) in &services {
            if let Err(reason) = check_address(address, service == "imds") {
                self.fault_key(&format!("endpoints.{service}"), reason, None);
            }
        }
        Endpoints { imds: services.remove("imds"), services }
    }
}

/// `https`, or `http` to this machine: who can redirect STS gets every credential that passes there.
fn check_address(address: &str, imds: bool) -> Result<(), String> {
    let wrong = || "an endpoint is written like `https://host` or `http://127.0.0.1:4566`".to_owned();
    let (scheme, rest) = address.split_once("://").ok_or_else(wrong)?;
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if authority.contains('@') {
        return Err("an endpoint has no user and no password in it".to_owned());
    }
    if path.contains(['?', '#']) || authority.contains(['?', '#']) || !address.bytes().all(|b| b.is_ascii_graphic()) {
        return Err("an endpoint has no query, no fragment and no blanks".to_owned());
    }
    let host = host(authority).ok_or_else(wrong)?;
    let link_local = "http is for this machine only: a loopback or link-local address";
    match scheme {
        "https" => Ok(()),
        "http" if is_loopback(host) || (imds && is_link_local(host)) => Ok(()),
        "http" if imds => Err(link_local.to_owned()),
        "http" => Err("http is for a loopback address only; use https".to_owned()),
        _ => Err(wrong()),
    }
}

/// The host without brackets; none when it is empty or the port is no number.
fn host(authority: &str) -> Option<&str> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']')?;
            host.parse::<Ipv6Addr>().ok()?;
            (host, if after.is_empty() { None } else { Some(after.strip_prefix(':')?) })
        }
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let port_is_fine = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    (!host.is_empty() && port_is_fine).then_some(host)
}

fn is_loopback(host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    host == "localhost" || host.ends_with(".localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

fn is_link_local(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_link_local(),
        Ok(IpAddr::V6(ip)) => ip.is_unicast_link_local() || ip == IMDS_IPV6,
        Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_stays_on_this_machine() {
        for good in [
            "https://sts.example.com/path",
            "http://127.0.0.1:4566",
            "http://127.9.9.9",
            "http://localhost:80/",
            "http://sts.localhost",
            "http://[::1]:4566",
        ] {
            assert_eq!(check_address(good, false), Ok(()), "{good}");
        }
        for bad in [
            "http://sts.example.com",
            "http://10.0.0.1",
            "http://169.254.169.254",
            "http://127.0.0.1.example.com",
            "http://localhost.example.com",
            "https://me:pw@host",
            "http://localhost@evil.example",
            "http://evil.example#@localhost",
            "https://",
            "https://host:port",
            "https://host:70000",
            "https://host?x",
            "https://ho st",
            "ftp://host",
            "sts.example.com",
            "",
        ] {
            assert!(check_address(bad, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_metadata_service_is_link_local() {
        assert_eq!(check_address("http://169.254.169.254", true), Ok(()));
        assert_eq!(check_address("http://[fd00:ec2::254]", true), Ok(()));
        assert!(check_address("http://10.0.0.1", true).is_err());
    }
}
