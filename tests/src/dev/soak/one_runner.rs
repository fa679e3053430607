//! Many faults in one process that goes on, as a server will: nothing may add up.

use serde_json::Value;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use windlass_tests::{Context, Outcome, Problem, binaries, paths};

/// What the memory may grow by between the hundredth fault and the last.
const MOST_GROWTH: u64 = 4 << 20;
/// How often each kind has to come in a thousand.
const FEWEST: u64 = 30;

/// Runs so many faults; the figures in words.
///
/// # Errors
/// When a fault did not end as it should, or something is left.
pub(super) fn run(faults: u64, seed: u64) -> Outcome<String> {
    let folder = tempfile::tempdir().context(|| "make a folder".to_owned())?;
    let plugins = folder.path().join("plugins");
    fs::create_dir(&plugins).context(|| format!("make {}", plugins.display()))?;
    set_mode(&plugins, 0o755)?;
    for name in ["unruly.py", "unruly.plugin.yaml"] {
        let copy = plugins.join(name);
        fs::copy(paths::root().join("tests/programs").join(name), &copy).context(|| format!("copy {name}"))?;
        set_mode(&copy, 0o644)?;
    }
    let mut command = Command::new(binaries::built("windlass-one-runner")?);
    command.args([faults.to_string(), seed.to_string()]).arg(folder.path().join("scratch"));
    let output = command.arg(binaries::folder("debug")).arg(plugins).output();
    let output = output.context(|| "start windlass-one-runner".to_owned())?;
    let said = serde_json::from_slice(&output.stdout).context(|| "read what windlass-one-runner says".to_owned());
    let said: Value = said.map_err(|problem| problem.output(&output.stderr))?;
    let wrong = wrong(&said);
    if wrong.is_empty() { Ok(words(&said)) } else { Err(Problem::new(wrong)) }
}

fn set_mode(path: &std::path::Path, mode: u32) -> Outcome<()> {
    let changed = fs::set_permissions(path, fs::Permissions::from_mode(mode));
    changed.context(|| format!("change the mode of {}", path.display()))
}

/// What is not as it should be, in words; empty when all is.
fn wrong(said: &Value) -> String {
    let found = |pointer: &str| said.pointer(pointer).and_then(Value::as_u64);
    let number = |pointer: &str| found(pointer).unwrap_or(u64::MAX);
    let mut wrong = String::new();
    let mut expect = |as_it_should_be: bool, what: String| {
        if !as_it_should_be {
            let _infallible = write!(wrong, "{}{what}", if wrong.is_empty() { "" } else { "; " });
        }
    };
    let count = said["wrong"].as_array().map_or(usize::MAX, Vec::len);
    expect(count == 0, format!("faults that ended otherwise: {}", said["wrong"]));
    let (warm, end) = (found("/memory/warm").unwrap_or(0), number("/memory/end"));
    expect(end <= warm.saturating_add(MOST_GROWTH), format!("memory grew from {warm} to {end} bytes"));
    let (warm, end) = (found("/descriptors/warm").unwrap_or(0), number("/descriptors/end"));
    expect(end <= warm, format!("descriptors grew from {warm} to {end}"));
    expect(number("/children") == 0, format!("children are left: {}", said["children"]));
    expect(said["files"].as_array().is_some_and(Vec::is_empty), format!("files are left: {}", said["files"]));
    if number("/faults") >= 1000 {
        expect(found("/fewest") >= Some(FEWEST), format!("a kind came only {} times", said["fewest"]));
    }
    wrong
}

fn words(said: &Value) -> String {
    let mebibytes = |pointer: &str| said.pointer(pointer).and_then(Value::as_f64).unwrap_or_default() / 1_048_576.0;
    format!(
        "In one process: {} faults of {} kinds, each at least {} times, in libraries and programs, every fourth beside a step that \
         succeeded; all ended as they should. Memory {:.1} MiB after the hundredth and {:.1} MiB after the last, {} \
         descriptors then and {} now; no child, zombie or file was left.",
        said["faults"],
        said["kinds"],
        said["fewest"],
        mebibytes("/memory/warm"),
        mebibytes("/memory/end"),
        said["descriptors"]["warm"],
        said["descriptors"]["end"],
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said() -> Value {
        json!({
            "faults": 1000, "fewest": 32, "kinds": 31, "wrong": [], "memory": {"warm": 8 << 20, "end": 12 << 20},
            "descriptors": {"warm": 14, "end": 14}, "children": 0, "files": [],
        })
    }

    #[test]
    fn whatever_is_left_is_wrong() {
        assert_eq!(wrong(&said()), "");
        let cases = [
            ("/memory/end", json!((12 << 20) + 1), "memory grew"),
            ("/descriptors/end", json!(15), "descriptors grew"),
            ("/children", json!(1), "children"),
            ("/files", json!(["x"]), "files"),
            ("/wrong", json!([{"why": "y"}]), "ended otherwise"),
            ("/fewest", json!(29), "only 29 times"),
            ("/memory", json!(null), "memory"),
        ];
        for (pointer, value, words) in cases {
            let mut said = said();
            *said.pointer_mut(pointer).unwrap() = value;
            assert!(wrong(&said).contains(words), "{pointer}: {}", wrong(&said));
        }
    }

    #[test]
    fn the_figures_are_told() {
        assert!(words(&said()).contains("1000 faults of 31 kinds, each at least 32 times"));
        assert!(words(&said()).contains("8.0 MiB after the hundredth and 12.0 MiB after the last"));
    }
}
