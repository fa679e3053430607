use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Why a step may not connect to an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Unspecified,
    LinkLocal,
    Metadata,
    Multicast,
    Broadcast,
    Loopback,
    Own,
}

/// The rule against an address. `own` is this machine's addresses; `local` says whether they and loopback are allowed.
///
/// An address that carries an IPv4 address for a translator or a tunnel is judged by that one too: what passes it on may
/// be this very machine. Private ranges are open.
pub(crate) fn rule_against(address: IpAddr, own: &[IpAddr], local: bool) -> Option<Rule> {
    let address = address.to_canonical();
    let plain = rule_of_one(address).or_else(|| own.contains(&address).then_some(Rule::Own));
    let rule = plain.filter(|rule| !(local && rule.is_about_this_machine()));
    let IpAddr::V6(outer) = address else { return rule };
    rule.or_else(|| embedded(outer).into_iter().find_map(|inner| rule_against(inner.into(), own, local)))
}

fn rule_of_one(address: IpAddr) -> Option<Rule> {
    match address {
        IpAddr::V4(address) => rule_of_v4(address),
        IpAddr::V6(address) => rule_of_v6(address),
    }
}

/// The blocks are those of the IANA IPv4 Special-Purpose Address Registry (RFC 6890); that of link-local is where EC2, ECS
/// and EKS keep credentials (169.254.169.254, 169.254.170.2, 169.254.170.23).
fn rule_of_v4(address: Ipv4Addr) -> Option<Rule> {
    match address.octets() {
        [0, ..] => Some(Rule::Unspecified),
        [127, ..] => Some(Rule::Loopback),
        [169, 254, ..] => Some(Rule::LinkLocal),
        [224..=239, ..] => Some(Rule::Multicast),
        [255, 255, 255, 255] => Some(Rule::Broadcast),
        _ => None,
    }
}

/// The blocks are those of RFC 4291; `fd00:ec2::/32` is where EC2 and EKS keep credentials (Amazon EC2 User Guide, "Access
/// instance metadata": `fd00:ec2::254`; Amazon EKS User Guide, "EKS Pod Identity": `fd00:ec2::23`).
fn rule_of_v6(address: Ipv6Addr) -> Option<Rule> {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => Some(Rule::Unspecified),
        [0, 0, 0, 0, 0, 0, 0, 1] => Some(Rule::Loopback),
        [0xfd00, 0x0ec2, ..] => Some(Rule::Metadata),
        [0xfe80..=0xfebf, ..] => Some(Rule::LinkLocal),
        [0xff00..=0xffff, ..] => Some(Rule::Multicast),
        _ => None,
    }
}

/// The IPv4 addresses that an IPv6 address stands for somewhere.
fn embedded(address: Ipv6Addr) -> Vec<Ipv4Addr> {
    let bytes = address.octets();
    let at = |places: [usize; 4]| Ipv4Addr::from(places.map(|place| bytes[place]));
    match address.segments() {
        // These two are IPv4-compatible only in form.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Vec::new(),
        // IPv4-compatible (RFC 4291, section 2.5.5.1) and NAT64 (RFC 6052, section 2.1).
        [0, 0, 0, 0, 0, 0, ..] | [0x64, 0xff9b, 0, 0, 0, 0, ..] => vec![at([12, 13, 14, 15])],
        [0x64, 0xff9b, 1, ..] => local_nat64(at),
        // 6to4 (RFC 3056, section 2).
        [0x2002, ..] => vec![at([2, 3, 4, 5])],
        // Teredo (RFC 4380, section 4): the server, and the client with all bits turned over.
        [0x2001, 0, ..] => vec![at([4, 5, 6, 7]), !at([12, 13, 14, 15])],
        _ => Vec::new(),
    }
}

/// NAT64 of local use (RFC 8215): the length of the prefix is the site's choice, so all four places that RFC 6052, section
/// 2.2, leaves are looked at. A zero in front says no more than that the prefix has another length.
fn local_nat64(at: impl Fn([usize; 4]) -> Ipv4Addr) -> Vec<Ipv4Addr> {
    let places = [[6, 7, 9, 10], [7, 9, 10, 11], [9, 10, 11, 12], [12, 13, 14, 15]];
    places.map(at).into_iter().filter(|inner| inner.octets()[0] != 0).collect()
}

impl Rule {
    /// Whether the rule does not hold for destinations that are local.
    pub(crate) fn is_about_this_machine(self) -> bool {
        matches!(self, Self::Loopback | Self::Own)
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unspecified => "an unspecified address",
            Self::LinkLocal => "a link-local address, where the metadata services are",
            Self::Metadata => "an address of the metadata services",
            Self::Multicast => "a multicast address",
            Self::Broadcast => "the broadcast address",
            Self::Loopback => "a loopback address",
            Self::Own => "an address of this machine",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(address: &str, local: bool) -> Option<Rule> {
        rule_against(address.parse().unwrap(), &["192.0.2.2".parse().unwrap(), "fd00::2".parse().unwrap()], local)
    }

    /// The same addresses whether or not the destination is local.
    #[test]
    fn some_addresses_are_closed_to_every_step() {
        for (address, expected) in [
            ("0.0.0.0", Rule::Unspecified),
            ("0.1.2.3", Rule::Unspecified),
            ("::", Rule::Unspecified),
            ("169.254.169.254", Rule::LinkLocal),
            ("169.254.170.2", Rule::LinkLocal),
            ("fe80::1", Rule::LinkLocal),
            ("febf::1", Rule::LinkLocal),
            ("fd00:ec2::254", Rule::Metadata),
            ("fd00:ec2::23", Rule::Metadata),
            ("224.0.0.1", Rule::Multicast),
            ("239.255.255.255", Rule::Multicast),
            ("ff02::1", Rule::Multicast),
            ("255.255.255.255", Rule::Broadcast),
        ] {
            assert_eq!((rule(address, false), rule(address, true)), (Some(expected), Some(expected)), "{address}");
        }
    }

    /// 169.254.169.254 is a9fe:a9fe; turned over, as Teredo has it, 5601:5601.
    #[test]
    fn an_address_inside_an_address_is_judged() {
        for address in [
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "64:ff9b:1:a9fe:00a9:fe00::",
            "64:ff9b:1:12a9:00fe:a9fe::",
            "64:ff9b:1:1234:00a9:fea9:fe00:0",
            "64:ff9b:1:1:2:3:a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "2001:0:a9fe:a9fe::1",
            "2001:0:102:304:0:0:5601:5601",
        ] {
            assert_eq!(rule(address, true), Some(Rule::LinkLocal), "{address}");
        }
        assert_eq!(rule("64:ff9b::7f00:1", false), Some(Rule::Loopback));
        assert_eq!(rule("2002:c000:202::", false), Some(Rule::Own));
        assert_eq!(rule("64:ff9b::", true), Some(Rule::Unspecified));
    }

    #[test]
    fn this_machine_is_for_local_destinations() {
        for address in ["127.0.0.1", "127.255.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!((rule(address, false), rule(address, true)), (Some(Rule::Loopback), None), "{address}");
        }
        for address in ["192.0.2.2", "::ffff:192.0.2.2", "fd00::2"] {
            assert_eq!((rule(address, false), rule(address, true)), (Some(Rule::Own), None), "{address}");
        }
    }

    #[test]
    fn others_are_open() {
        for address in [
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "52.94.133.131",
            "169.253.255.255",
            "240.0.0.1",
            "fd00:ec3::1",
            "fd12::1",
            "2600:1f18::1",
            "2001:db8::a9fe:a9fe",
            "64:ff9b::3412:1",
            "64:ff9b:1::3412:1",
            "64:ff9b:1:3412:0034:1200::",
            "2002:3412:1::",
            "::ffff:10.0.0.1",
        ] {
            assert_eq!(rule(address, false), None, "{address}");
        }
    }
}
