use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::lookup_host;
use tokio::time::{Instant, timeout_at};

use crate::address::rule_against;
use crate::host::{Host, Target};
use crate::{Refusal, own, refusal};

/// How long the resolver may take. It answers in a thread that cannot be stopped and ends by itself, by default within
/// 5 s for each server and try (resolv.conf(5), `timeout` and `attempts`).
pub const RESOLVE_TIME: Duration = Duration::from_secs(10);

/// All addresses of a host, unchecked, in the order of getaddrinfo(3).
pub(crate) async fn addresses(target: &Target, until: Instant) -> Result<Vec<SocketAddr>, Refusal> {
    let name = match &target.host {
        Host::Address(address) => return Ok(vec![SocketAddr::new(*address, target.port)]),
        Host::Name(name) => name.as_str(),
    };
    let until = until.min(Instant::now() + RESOLVE_TIME);
    let found = timeout_at(until, lookup_host((name, target.port))).await;
    let found = found.map_err(|_| refusal::too_late(target, "", "finding the address of its name"))?;
    Ok(found.map_err(|source| refusal::unresolved(target, &source))?.collect())
}

/// The addresses among these that a step may connect to.
///
/// # Errors
/// The refusal names the first address when none is left.
pub(crate) fn allowed(
    target: &Target,
    mut addresses: Vec<SocketAddr>,
    local: bool,
) -> Result<Vec<SocketAddr>, Refusal> {
    let own = own::addresses().map_err(|source| refusal::own_unknown(target, &source))?;
    let mut first = None;
    addresses.retain(|address| {
        let rule = rule_against(address.ip(), &own, local);
        first = first.or(rule.map(|rule| (address.ip(), rule)));
        rule.is_none()
    });
    match first {
        Some((address, rule)) if addresses.is_empty() => Err(refusal::closed(target, address, rule)),
        _ => Ok(addresses),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use windlass_plugin_api::broker::RefusalKind;

    fn target() -> Target {
        Target { host: Host::Name("service.example".to_owned()), port: 443 }
    }

    #[test]
    fn refused_addresses_are_left_out_and_named_when_none_is_left() {
        let addresses = ["169.254.169.254:443", "10.0.0.1:443", "[fe80::1]:443"].map(|text| text.parse().unwrap());
        assert_eq!(allowed(&target(), addresses.to_vec(), false).unwrap(), [addresses[1]]);
        let refused = allowed(&target(), vec![addresses[2], addresses[0]], true).unwrap_err();
        assert_eq!(refused.kind, RefusalKind::Denied);
        assert!(refused.message.contains("`service.example:443`: it is fe80::1, a link-local"), "{}", refused.message);
    }

    /// The resolver takes these for addresses, whatever was thought of them before.
    #[tokio::test]
    async fn what_a_name_turns_out_to_be_is_judged() {
        for name in ["2852039166", "0xA9FEA9FE", "0251.0376.0251.0376", "169.254.43518"] {
            let target = Target { host: Host::Name(name.to_owned()), port: 80 };
            let found = addresses(&target, Instant::now() + RESOLVE_TIME).await.unwrap();
            assert_eq!(found, ["169.254.169.254:80".parse().unwrap()], "{name}");
            assert_eq!(allowed(&target, found, true).unwrap_err().kind, RefusalKind::Denied, "{name}");
        }
    }
}
