//! What `windlass plugin show` prints of a plugin: a process for each input, since what is printed is the runner's own.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};
use windlass_fuzz::{Bounds, Case, Seed, hold};
use windlass_tests::binaries;

use crate::manifest::{as_json, place};
use crate::place::Place;

/// Of this process, which only reads what is printed.
const BOUNDS: Bounds = Bounds { base: 64 << 20, each: 100 };
/// What the other process may print, and hold (past it, it is aborted), whatever its plugin says; both are many times what
/// it takes for a plugin of ours.
const MOST_PRINTED: u64 = 16 << 20;
const MOST_HELD: u64 = 512 << 20;
/// Seconds of processor time, after which the system ends it.
const MOST_WORK: u64 = 20;

#[test]
fn a_plugin_is_shown() {
    let ground = Ground::new();
    let seeds = [Seed::Json(as_json()), Seed::Json(wide(2)), Seed::Json(wide(100))];
    let text = ground.show(&seeds[0].bytes());
    for part in ["greet 1.0  Greetings", "step greet/hello", "name (string, required)", "logs:StartQuery"] {
        assert!(text.contains(part), "no `{part}` in:\n{text}");
    }
    hold("a_plugin_is_shown", BOUNDS, |case: &Case| case.apply(&seeds), |input| drop(ground.show(input)));
}

/// A manifest whose configuration has many keys that are all the whole again.
fn wide(keys: usize) -> String {
    let mut manifest: Value = serde_json::from_str(&as_json()).unwrap();
    for key in 0..keys {
        manifest["steps"][0]["config"]["properties"][format!("p{key}")] = json!({"$ref": "#"});
    }
    manifest.to_string()
}

struct Ground {
    windlass: PathBuf,
    place: Place,
    configuration: PathBuf,
}

impl Ground {
    fn new() -> Self {
        let (windlass, place) = (binaries::windlass().unwrap(), place());
        let path = |name: &str| json!(place.folder().join(name)).to_string();
        let text = format!(
            "apiVersion: windlass/v1\nkind: Configuration\ndataDir: {}\nmasterKeyFile: {}\npluginDirs: [{}]\n",
            path("data"),
            path("master.key"),
            json!(place.folder()),
        );
        let configuration = place.folder().join("windlass.yaml");
        fs::write(&configuration, text).unwrap();
        Self { windlass, place, configuration }
    }

    fn show(&self, manifest: &[u8]) -> String {
        let path = self.place.write(manifest);
        let mut command = Command::new(&self.windlass);
        command.args(["plugin", "show", "greet", "--config"]).arg(&self.configuration).env_clear();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (status, printed, said) = bounded(child);
        check(&printed);
        check(&said);
        match status.code() {
            Some(0) => assert!(said.is_empty(), "{said}"),
            Some(7) => assert!(names(&said, &path), "the error does not name the file: {said}"),
            _ => panic!("it ended with {status}: {said}"),
        }
        printed
    }
}

fn names(said: &str, path: &Path) -> bool {
    // A plugin of another name is not this one, and the folder is what was looked through.
    said.starts_with("error[plugin.") && said.contains(path.parent().unwrap().to_str().unwrap())
}

/// What reaches a terminal moves no cursor and hides nothing.
fn check(text: &str) {
    let odd = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
    assert_eq!(odd, None, "a control character is printed: {:?}", text.chars().take(3000).collect::<String>());
    let turned = text.chars().find(|c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
    assert_eq!(turned, None, "text is turned around");
}

/// Its end and what it printed, unless that was too much.
fn bounded(mut child: Child) -> (ExitStatus, String, String) {
    let pid = Pid::from_raw(child.id().cast_signed()).unwrap();
    // It may have ended already.
    for (what, most) in [(Resource::Cpu, MOST_WORK), (Resource::Data, MOST_HELD)] {
        let _ = prlimit(Some(pid), what, Rlimit { current: Some(most), maximum: Some(most) });
    }
    let (out, err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let errors = std::thread::spawn(move || text(err));
    let printed = text(out);
    let said = errors.join().unwrap();
    let status = child.wait().unwrap();
    let length = printed.len() as u64;
    assert!(length < MOST_PRINTED, "it printed {length} bytes and more");
    (status, printed, said)
}

/// Past the limit nobody reads, which ends whoever writes.
fn text(pipe: impl Read) -> String {
    let mut bytes = Vec::new();
    pipe.take(MOST_PRINTED).read_to_end(&mut bytes).unwrap();
    String::from_utf8_lossy(&bytes).into_owned()
}
