use std::net::IpAddr;

use super::Checker;
use crate::layers::Merged;
use crate::{KeyPath, Network, Project, ProjectName, Shell};

impl Checker<'_> {
    pub(super) fn network(&mut self, merged: &Merged) -> Network {
        let network = &merged.network;
        self.each("network.proxy", network.proxy.as_slice(), check_proxy);
        self.each("network.noProxy", &network.no_proxy, check_no_proxy);
        self.each("network.localDestinations", &network.local_destinations, check_destination);
        self.each("network.directPlugins", &network.direct_plugins, check_plugin);
        let key = "network.certificateAuthorities";
        let files = network.certificate_authorities.iter().filter_map(|file| self.path(key, file)).collect();
        let password = network.proxy_password.as_deref().and_then(|path| self.proxy_password(path));
        Network {
            proxy: network.proxy.clone(),
            proxy_password: password,
            no_proxy: network.no_proxy.clone(),
            local_destinations: network.local_destinations.clone(),
            certificate_authorities: files,
            direct_plugins: network.direct_plugins.clone(),
        }
    }

    fn proxy_password(&mut self, path: &str) -> Option<KeyPath> {
        let key = "network.proxyPassword";
        match KeyPath::parse(path) {
            Ok(path) => Some(path),
            Err(reason) => {
                self.fault_key(key, reason, None);
                None
            }
        }
    }

    pub(super) fn shell(&mut self, merged: &Merged, projects: &[Project]) -> Shell {
        let shell = &merged.shell;
        let relative = |path: &&str| !path.starts_with('/');
        if let Some(folder) = shell.path.split(':').find(relative) {
            self.fault_key("shell.path", format!("`{folder}` is no absolute path of a folder"), None);
        }
        let key = "shell.allowUnconfined";
        let names: Vec<&str> = projects.iter().map(|project| project.name.as_str()).collect();
        let mut allow_unconfined = Vec::new();
        for name in &shell.allow_unconfined {
            match ProjectName::parse(name) {
                Ok(project) if names.contains(&name.as_str()) => allow_unconfined.push(project),
                _ => {
                    let hint = windlass_errors::nearest_hint(name, names.clone());
                    self.fault_key(key, format!("there is no project `{name}`"), Some(hint));
                }
            }
        }
        Shell {
            path: shell.path.clone(),
            home: shell.home.as_deref().and_then(|home| self.path("shell.home", home)),
            lang: shell.lang.clone(),
            time_zone: shell.time_zone.clone(),
            allow_unconfined,
        }
    }

    pub(super) fn each(&mut self, key: &str, texts: &[String], rule: fn(&str) -> Result<(), String>) {
        for text in texts {
            if let Err(reason) = rule(text) {
                self.fault_key(key, format!("`{text}`: {reason}"), None);
            }
        }
    }
}

fn check_proxy(url: &str) -> Result<(), String> {
    let wrong = "a proxy is written like `http://proxy.example.com:3128`";
    let authority = url.strip_prefix("http://").ok_or(wrong)?;
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let host = match authority.rsplit_once('@') {
        Some((user, _)) if user.contains(':') => {
            return Err("its password belongs in key storage: `proxyPassword`".to_owned());
        }
        Some((_, host)) => host,
        None => authority,
    };
    check_destination(host).map_err(|_| wrong.to_owned())
}

/// `host:port`, where a host is a name, an IPv4 address or an IPv6 address in brackets.
fn check_destination(text: &str) -> Result<(), String> {
    let wrong = || "it is written `host:port`, an IPv6 address in brackets".to_owned();
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let fine = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_host(host),
    };
    if fine && port.parse::<u16>().is_ok_and(|port| port > 0) { Ok(()) } else { Err(wrong()) }
}

fn check_no_proxy(text: &str) -> Result<(), String> {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let most = match address.parse() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) if length.is_none() && is_host(text.trim_start_matches("*.").trim_start_matches('.')) => return Ok(()),
        Err(_) => return Err("it is a host, `.example.com`, an address or a network such as `10.0.0.0/8`".to_owned()),
    };
    match length.map(str::parse::<u8>) {
        None => Ok(()),
        Some(Ok(length)) if length <= most => Ok(()),
        Some(_) => Err(format!("the length behind `/` is at most {most}")),
    }
}

fn check_plugin(name: &str) -> Result<(), String> {
    let fine = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !name.is_empty() && name.bytes().all(fine) { Ok(()) } else { Err("it is the name of a plugin".to_owned()) }
}

fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_has_a_port_and_no_password() {
        for good in ["http://proxy:3128", "http://me@proxy.example.com:80/", "http://[::1]:8080"] {
            assert_eq!(check_proxy(good), Ok(()), "{good}");
        }
        for bad in ["proxy:3128", "https://proxy:3128", "http://proxy", "http://proxy:0", "http://pro xy:1", ""] {
            assert!(check_proxy(bad).is_err(), "{bad}");
        }
        assert!(check_proxy("http://me:secret@proxy:3128").unwrap_err().contains("`proxyPassword`"));
    }

    #[test]
    fn what_goes_past_the_proxy() {
        for good in ["example.com", ".example.com", "*.example.com", "10.0.0.0/8", "::1", "fd00::/8", "192.0.2.7"] {
            assert_eq!(check_no_proxy(good), Ok(()), "{good}");
        }
        for bad in ["", "10.0.0.0/33", "example.com/8", "a b", "http://x"] {
            assert!(check_no_proxy(bad).is_err(), "{bad}");
        }
    }
}
