use super::*;
use windlass_errors::Report as _;
use windlass_plugin_api::NetworkMetadata;

const GOOD: &str = r#"apiVersion: windlass/v1
kind: Plugin
name: greet
version: "1.0"
title: Greetings
program: bin/greet.py
arguments: [--polite]
network: direct
steps:
  - name: hello
    title: Greet somebody
    config: {type: object, properties: {name: {type: string}}, additionalProperties: false}
    outputs: {type: object}
    actions: [logs:StartQuery]
    resources: [{actions: [logs:StartQuery], names: /name, arns: ["arn:{partition}:logs:{region}:{account}:{name}"]}]
    needsAccount: true
    network: {aws: [logs], hosts: ["example.com:443"]}
"#;

fn read(text: &str) -> Result<Manifest, HostingError> {
    Manifest::parse(Path::new("greet.plugin.yaml"), text.to_owned())
}

/// The manifest with a text replaced is refused at this place, and says this.
#[track_caller]
fn assert_refused(text: &str, by: &str, place: &str, said: &str) {
    assert!(GOOD.contains(text), "no {text}");
    let error = read(&GOOD.replace(text, by)).and_then(|manifest| manifest.check_schemas()).unwrap_err();
    assert_eq!(error.code().as_str(), "plugin.invalid-manifest");
    let shown = format!("{error} {}", error.help().unwrap_or_default());
    assert!(shown.starts_with(&format!("greet.plugin.yaml:{place}: ")), "{shown}");
    assert!(shown.contains(said), "{shown}");
    assert!(error.snippet().is_some_and(|snippet| snippet.contains(place)));
}

#[test]
fn what_it_says_is_the_metadata() {
    let manifest = read(GOOD).unwrap();
    manifest.check_schemas().unwrap();
    let step = &manifest.metadata.steps[0];
    assert_eq!((manifest.metadata.name.as_str(), manifest.program.as_path()), ("greet", Path::new("bin/greet.py")));
    assert_eq!((manifest.arguments.as_slice(), step.needs_account), (["--polite".to_owned()].as_slice(), true));
    assert_eq!(step.config["properties"]["name"]["type"], "string");
    assert_eq!((step.resources[0].names.as_str(), step.resources[0].arns.len()), ("/name", 1));
    let network = NetworkMetadata { aws: vec!["logs".into()], hosts: vec!["example.com:443".into()], direct: true };
    assert_eq!(step.network, network);
    let takes = read(&GOOD.replace("needsAccount:", "takesAccount:")).unwrap().metadata;
    assert!(!step.verifies_account);
    assert!(
        read(&GOOD.replace("needsAccount: true", "verifiesAccount: true")).unwrap().metadata.steps[0].verifies_account
    );
    assert!([&takes.steps[0], step].iter().all(|step| step.has_account(true)));
    assert_eq!((takes.steps[0].has_account(false), step.has_account(false)), (false, true));
    assert!(!read(&GOOD.replace("network: direct\n", "")).unwrap().metadata.steps[0].network.direct);
}

#[test]
fn what_is_misspelt_comes_with_the_nearest() {
    assert_refused("arguments:", "argumants:", "7:1", "did you mean `arguments`?");
    assert_refused("needsAccount:", "needAccount:", "16:5", "did you mean `needsAccount`?");
    assert_refused("network: direct", "network: brokred", "8:10", "did you mean `brokered`?");
    assert_refused("hosts:", "host:", "17:28", "did you mean `hosts`?");
}

#[test]
fn the_program_stays_in_its_folder() {
    for program in ["/bin/sh", "../greet.py", "bin/../../greet.py", "", "bin/"] {
        assert_refused("bin/greet.py", &format!("\"{program}\""), "6:10", "relative path below the manifest's folder");
    }
    assert_refused("bin/greet.py", r#""a\nb""#, "6:10", "control characters");
}

#[test]
fn names_versions_and_steps_follow_the_rules() {
    assert_refused("name: greet", "name: Greet_1", "3:7", "small letters, digits and `-`");
    assert_refused("\"1.0\"", "\"1.0\\n\"", "4:10", "a version has letters, digits");
    assert_refused("name: hello", "name: \"\"", "10:11", "a step type's name");
    assert_refused("[--polite]", "[\"a\\0b\"]", "7:13", "no zero bytes");
    let second = "  - {name: hello, title: x, config: {}, outputs: {}}\n  - name: hello\n";
    assert_refused("  - name: hello\n", second, "11:11", "has this name already");
}

#[test]
fn schemas_are_schemas() {
    assert_refused("{type: string}", "{type: strin}", "12:13", "`config` of step type `hello` is no valid JSON Schema");
    assert_refused("outputs: {type: object}", "outputs: text", "13:14", "a JSON Schema with keys belongs here");
}

#[test]
fn a_file_of_another_kind_is_told_apart() {
    assert_refused("kind: Plugin", "kind: Job", "2:7", "a `Plugin` is expected here");
    assert_refused("apiVersion: windlass/v1\n", "", "1:1", "the key `apiVersion` is missing");
}
