//! Those who come from other systems. A page has roles of its own, since the stand-ins are shared.

use super::walk::Walk;

#[test]
fn from_spinnaker() {
    assert!(Walk::new().through(include_str!("../../../docs/coming-from-spinnaker.md")) > 10);
}

#[test]
fn from_kommander() {
    assert!(Walk::new().through(include_str!("../../../docs/coming-from-kommander.md")) > 8);
}

#[test]
fn from_rundeck() {
    assert!(Walk::new().through(include_str!("../../../docs/coming-from-rundeck.md")) > 8);
}
