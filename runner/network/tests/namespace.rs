//! This machine's own addresses, in a network namespace of the test's own, where the test says which there are.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::net::TcpListener;
use std::process::Command;

use windlass_network::{Destination, Network, Refusal, RefusalKind};

/// Set for the process that runs inside.
const INSIDE: &str = "WINDLASS_NETWORK_TEST_INSIDE";
/// One address that an interface has, and one that none has but that a route of type `local` makes this machine's.
const SCRIPT: &str = "ip link set lo up && ip address add 10.98.0.1/32 dev lo && ip route add local 10.99.0.0/16 dev lo \
                      && exec \"$0\" --exact own_addresses_are_found_by_list_and_by_route --nocapture";

fn refusal(host: &str, port: u16) -> Refusal {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let granted = [Destination::parse(&format!("{host}:{port}")).unwrap()];
    let network = Network::new(None, Vec::new(), Vec::new());
    runtime.block_on(network.connect(&granted, host, port)).unwrap_err()
}

#[test]
fn own_addresses_are_found_by_list_and_by_route() {
    if std::env::var_os(INSIDE).is_none() {
        let this = std::env::current_exe().unwrap();
        let mut inside = Command::new("unshare");
        inside.args(["--user", "--map-root-user", "--net", "sh", "-c", SCRIPT]);
        let output = inside.arg(this).env(INSIDE, "1").output().expect("needs unshare(1) and ip(8)");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && text.contains("1 passed"), "{text}");
        return;
    }
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let open = listener.local_addr().unwrap().port();
    // Nobody listens there, so the refusal comes before anything is tried.
    let listed = refusal("10.98.0.1", open ^ 1);
    let routed = refusal("10.99.1.2", open);
    for refused in [listed, routed] {
        assert_eq!(refused.kind, RefusalKind::Denied, "{}", refused.message);
        assert!(refused.message.contains("an address of this machine"), "{}", refused.message);
    }
    assert_eq!(refusal("10.99.1.2", open ^ 1).kind, RefusalKind::Unreachable, "a route alone shows in no list");
}
