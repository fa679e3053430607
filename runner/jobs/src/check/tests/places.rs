//! Accounts and regions in a step's `with`.

use super::said;

const OPTIONS: &str = "options: [{name: o}]\n";

/// What is said of a step with this `with`, and with more keys.
fn of(job: &str, with: &str, step: &str) -> String {
    said(&format!("{OPTIONS}{job}steps: [{{uses: demo/run, with: {{count: 1, {with}}}{step}}}]\n"))
}

#[test]
fn an_expression_for_an_account_needs_those_that_it_may_come_to() {
    for with in [
        "account: '${{ options.o }}'",
        "account: 'prod-${{ options.o }}'",
        "accounts: [prod, '${{ options.o }}']",
        "accounts: '${{ options.o }}'",
    ] {
        let said = of("", with, "");
        assert!(said.starts_with("job.invalid ") && said.contains("needs `accounts` in the job"), "{with}: {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        assert_eq!(of("accounts: [prod]\n", with, ""), "", "{with}");
    }
    for with in
        ["place: '${{ options.o }}'", "accounts: [prod]", "regions: '${{ options.o }}'", "file: '${{ options.o }}'"]
    {
        assert_eq!(of("", with, ""), "", "{with}");
    }
}

#[test]
fn a_step_says_once_where_it_works() {
    for (with, step, key) in [
        ("accounts: [prod]", ", account: stage", "account"),
        ("account: prod", ", account: stage", "account"),
        ("regions: [eu-west-1]", ", region: us-east-1", "region"),
    ] {
        let said = of("", with, step);
        assert!(said.starts_with("job.invalid-step 2:") && said.contains(&format!("has `{key}`")), "{said}");
    }
    for (with, step) in [
        ("accounts: [prod]", ", region: us-east-1"),
        ("regions: [eu-west-1]", ", account: stage"),
        ("accounts: []", ", account: stage"),
        ("accounts: '${{ options.o }}'", ", account: stage"),
        ("accounts: [prod]", ", account: '${{ options.o }}'"),
    ] {
        assert_eq!(of("accounts: [prod]\nregion: eu-west-1\n", with, step), "", "{with}{step}");
    }
}
