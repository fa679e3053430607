//! A plugin and its step types, for people and for programs.

use serde_json::Value;
use windlass_hosting::{Described, Library};
use windlass_plugin_api::StepMetadata;

use super::{indented, safe_lines, schema};

pub(crate) fn plugin_json(library: &Library, described: &Described) -> Value {
    serde_json::json!({
        "path": library.path,
        "sha256": library.sha256,
        "restrictions": described.restrictions,
        "metadata": described.metadata,
    })
}

pub(crate) fn plugin(library: &Library, described: &Described) -> String {
    let metadata = &described.metadata;
    let mut text = format!("{} {}  {}\n{}\n\n", metadata.name, metadata.version, metadata.title, metadata.description);
    text += &format!("file     {}\nsha256   {}\n", library.path.display(), library.sha256);
    let levels: Vec<String> = described.restrictions.iter().map(|(name, level)| format!("{name} {level}")).collect();
    if !levels.is_empty() {
        text += &format!("sandbox  {}\n", levels.join(", "));
    }
    for step in &metadata.steps {
        text += &step_type(&metadata.name, step);
    }
    // All of it is what the plugin says of itself.
    safe_lines(&text)
}

fn step_type(plugin: &str, step: &StepMetadata) -> String {
    let mut text = format!("\nstep {plugin}/{}  {}\n", step.name, step.title);
    text += &indented(&step.description);
    if !step.actions.is_empty() {
        text += &format!("  IAM actions: {}\n", step.actions.join(", "));
    }
    text += &format!("  connects to: {}\n", destinations(step));
    text += "  with:\n";
    text += &schema(&step.config);
    text += "  outputs:\n";
    text += &schema(&step.outputs);
    if !step.example.is_empty() {
        text += "  example:\n";
        text += &indented(&indented(step.example.trim_end()));
    }
    text
}

fn destinations(step: &StepMetadata) -> String {
    let network = &step.network;
    if network.direct {
        return "anything; it makes its own connections".to_owned();
    }
    let config = step.config.to_string();
    let marked = |mark: &str| config.contains(&format!("\"x-windlass\":\"{mark}\""));
    let regions = if marked("region") || marked("account") { "regions" } else { "region" };
    let services = network.aws.iter().map(|service| format!("AWS `{service}` in its {regions}"));
    let named = marked("endpoint");
    let named = named.then(|| "what its configuration names".to_owned());
    let all: Vec<String> = services.chain(network.hosts.iter().cloned()).chain(named).collect();
    if all.is_empty() { "nothing".to_owned() } else { all.join(", ") }
}
