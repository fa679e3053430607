//! `docs/accounts.md`.

use super::page::unnamed;
use super::walk::Walk;
use crate::installation::Installation;

const PAGE: &str = include_str!("../../../docs/accounts.md");

#[test]
fn every_command_of_the_page_works_and_prints_what_it_says() {
    assert!(Walk::new().through(PAGE) > 15);
}

#[test]
fn every_example_is_a_configuration() {
    let examples = unnamed(PAGE, "yaml");
    assert_eq!(examples.len(), 2);
    for example in examples {
        Installation::new(&format!("{example}\n")).run(&["config", "show"]).ok();
    }
}

/// Each kind of finding has its row.
#[test]
fn every_kind_of_finding_is_on_the_page() {
    let source = include_str!("../../../runner/credentials/src/documents/check/finding.rs");
    let names: Vec<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \"")?.1.strip_suffix("\","))
        .filter(|name| !name.contains(' '))
        .collect();
    assert_eq!(names.len(), 10, "{names:?}");
    for name in names {
        assert!(PAGE.contains(&format!("`{name}`")), "{name}");
    }
}

/// Each command of `windlass account` is on the page, and the other way round.
#[test]
fn every_command_is_on_the_page() {
    let help = Installation::new("").run(&["account", "--help"]);
    let listed = help.ok().split("Commands:").nth(1).unwrap();
    let commands = listed.lines().skip(1).take_while(|line| !line.is_empty());
    let names: Vec<&str> =
        commands.filter_map(|line| line.split_whitespace().next()).filter(|it| *it != "help").collect();
    assert!(names.len() >= 10, "{names:?}");
    for name in names {
        assert!(PAGE.contains(&format!("account {name}")) || PAGE.contains(&format!("`{name}`")), "{name}");
    }
}
