use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use windlass_plugin_api::StepError;
use windlass_plugin_api::frames::MAX_FRAME;

/// What the plugin's own environment has beside `PATH`.
pub(crate) const OUTER: [(&str, &str); 4] =
    [("HOME", "/home/runner"), ("LANG", "C.UTF-8"), ("TZ", "Europe/Vienna"), ("SECRET_OF_THE_RUNNER", "hunter2")];

/// A step that runs.
pub(crate) struct Running {
    child: Child,
    socket: UnixStream,
    scratch: TempDir,
    outputs: [JoinHandle<Vec<u8>>; 2],
    answer: fn(u64) -> Value,
}

/// How a step ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) result: Result<Value, StepError>,
    /// Lines that the plugin itself wrote into the log.
    pub(crate) log: Vec<String>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    scratch: TempDir,
}

/// Runs `shell/STEP` to its end.
pub(crate) fn run(step: &str, config: &Value) -> Ended {
    Running::start(step, config).ended()
}

pub(crate) fn command(words: &[&str]) -> Ended {
    run("command", &json!({ "command": words }))
}

pub(crate) fn script(text: &str) -> Ended {
    run("script", &json!({ "script": text }))
}

/// `config` with one more key.
pub(crate) fn with(mut config: Value, key: &str, value: Value) -> Value {
    config[key] = value;
    config
}

impl Running {
    pub(crate) fn start(step: &str, config: &Value) -> Self {
        Self::start_with(step, config, &json!({"region": null, "endpoints": {}}))
    }

    /// With what a step with an account is told at its start.
    pub(crate) fn start_with(step: &str, config: &Value, account: &Value) -> Self {
        let scratch = TempDir::new().unwrap();
        let (mut socket, theirs) = UnixStream::pair().unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", "exec 3<&0 </dev/null; exec \"$0\"", env!("CARGO_BIN_EXE_windlass-plugin-shell")]);
        command.env_clear().env("PATH", path()).envs(OUTER);
        command.stdin(OwnedFd::from(theirs)).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let outputs = [gather(child.stdout.take().unwrap()), gather(child.stderr.take().unwrap())];
        let execution = json!({"id": "0199", "project": "web", "job": "nightly dump", "step": "dump"});
        let mut start = json!({"step": step, "config": config, "execution": execution, "scratch": scratch.path()});
        for (name, value) in account.as_object().unwrap() {
            start[name] = value.clone();
        }
        writeln!(socket, "{}", json!({ "start": start })).unwrap();
        Self { child, socket, scratch, outputs, answer: |_| panic!("it has nothing to ask") }
    }

    /// What the runner answers to a question, by its number.
    pub(crate) fn answering(self, answer: fn(u64) -> Value) -> Self {
        Self { answer, ..self }
    }

    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    pub(crate) fn cancel(&mut self) {
        writeln!(self.socket, "{}", json!({"cancel": {"graceMs": 60_000}})).unwrap();
    }

    /// The content of a file of the scratch folder, once it is there and has a line break at its end.
    pub(crate) fn waits_for(&self, name: &str) -> String {
        let file = self.scratch().join(name);
        until(name, || fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n')))
    }

    /// Reads its frames up to the last one.
    pub(crate) fn result(mut self) -> Over {
        let (mut log, mut result) = (Vec::new(), None);
        for line in BufReader::new(&self.socket).lines() {
            let line = line.unwrap();
            assert!(line.len() < MAX_FRAME && result.is_none(), "{line}");
            let mut frame: Value = serde_json::from_str(&line).unwrap();
            if let Some(id) = frame["ask"]["id"].as_u64() {
                assert_eq!(frame["ask"]["what"], "credentials");
                writeln!(&self.socket, "{}", json!({"answer": {"id": id, "result": (self.answer)(id)}})).unwrap();
            } else if let Some(text) = frame["log"]["text"].as_str() {
                log.push(text.to_owned());
            } else if frame["failed"].is_object() {
                result = Some(Err(serde_json::from_value(frame["failed"].take()).unwrap()));
            } else {
                assert!(frame["done"].is_object(), "{line}");
                result = Some(Ok(frame["done"]["outputs"].take()));
            }
        }
        assert!(self.child.wait().unwrap().success());
        Over { running: self, log, result: result.expect("the last frame is a result") }
    }

    pub(crate) fn ended(self) -> Ended {
        self.result().ended()
    }
}

/// A step whose plugin has ended, while its outputs may still be open.
pub(crate) struct Over {
    running: Running,
    log: Vec<String>,
    result: Result<Value, StepError>,
}

impl Over {
    /// Reads its outputs to their end.
    pub(crate) fn ended(self) -> Ended {
        let Self { running: Running { outputs, scratch, .. }, log, result } = self;
        let [stdout, stderr] = outputs.map(|output| String::from_utf8_lossy(&output.join().unwrap()).into_owned());
        Ended { result, log, stdout, stderr, scratch }
    }
}

impl Ended {
    pub(crate) fn scratch(&self) -> &Path {
        self.scratch.path()
    }

    /// A file that the command left in its scratch folder.
    #[track_caller]
    pub(crate) fn left(&self, name: &str) -> String {
        fs::read_to_string(self.scratch.path().join(name)).unwrap()
    }

    /// It succeeded; its outputs.
    #[track_caller]
    pub(crate) fn ok(&self) -> &Value {
        self.result.as_ref().unwrap_or_else(|error| panic!("{error:?}\n{}", self.stderr))
    }

    /// It failed with this code, and message and help say all of `said`.
    #[track_caller]
    pub(crate) fn failed(&self, code: &str, said: &[&str]) {
        let error = self.result.as_ref().unwrap_err();
        let text = format!("{}\n{}", error.message, error.help.as_deref().unwrap_or_default());
        assert_eq!(error.code, code, "{text}");
        for words in said {
            assert!(text.contains(words), "no `{words}` in:\n{text}");
        }
    }
}

fn gather(mut output: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        output.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

pub(crate) fn path() -> String {
    std::env::var("PATH").unwrap()
}

/// Waits for a condition. The limit ends a test that would hang, and says nothing about speed.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(answer) = ready() {
            return answer;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Whether a process runs; one that has ended and was not waited for does not (proc(5)).
pub(crate) fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

/// A file beside the tests' own.
pub(crate) fn file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}
