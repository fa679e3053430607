//! The commands of `docs/accounts.md` do what the page says.

use super::{QUERY, stored};
use crate::installation::Installation;

/// A page's project with its stored job, its job file, and its trust policy.
fn ground() -> Installation {
    let installation = stored(&[("top-errors", QUERY)]);
    let page = include_str!("../../../docs/accounts.md");
    let trust = page.lines().find_map(|line| line.strip_prefix("$ windlass account trust prod")).unwrap();
    let words: Vec<&str> = ["account", "trust", "prod"].into_iter().chain(trust.split_whitespace()).collect();
    let printed = installation.run(&words);
    installation.write("trust.json", printed.ok());
    installation
}

#[test]
fn every_command_of_the_page_ends_well() {
    let installation = ground();
    let page = include_str!("../../../docs/accounts.md");
    let commands: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("$ windlass ")).collect();
    assert!(commands.len() > 10);
    for command in commands {
        let words: Vec<&str> = command.split_whitespace().collect();
        let output = installation.command(&words).current_dir(installation.folder()).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// Each kind of finding has its row.
#[test]
fn every_kind_of_finding_is_on_the_page() {
    let page = include_str!("../../../docs/accounts.md");
    let source = include_str!("../../../runner/credentials/src/documents/check/finding.rs");
    let names: Vec<&str> = source
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Self::")?.split_once("=> \"")?.1.strip_suffix("\","))
        .filter(|name| !name.contains(' '))
        .collect();
    assert_eq!(names.len(), 10, "{names:?}");
    for name in names {
        assert!(page.contains(&format!("`{name}`")), "{name}");
    }
}
