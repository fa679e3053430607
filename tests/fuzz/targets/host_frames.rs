//! Frames from a host: cut into lines, parsed, and what the engine makes of logs, tables, charts and files.

use secrecy::SecretString;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;
use windlass_engine::{Notice, recorded};
use windlass_fuzz::{Bounds, Case, HIDDEN, Seed, hold};
use windlass_hosting::{Event, FrameReader};
use windlass_plugin_api::frames::{FromHost, MAX_FRAME};
use windlass_store::Transition;

/// What is heard is held once as it came, once parsed, once masked, and once as it is written.
const BOUNDS: Bounds = Bounds { base: 8 << 20, each: 24 };

fn seeds() -> Vec<Seed> {
    let lines = |frames: &[Value]| Seed::Lines(frames.iter().map(Value::to_string).collect());
    let log = json!({"log": {"level": "info", "text": format!("a {HIDDEN} b")}});
    vec![
        lines(&[
            json!({"log": {"level": "warn", "text": "two\nlines"}}),
            log,
            json!({"progress": {"text": "half", "fraction": 0.5}}),
            json!({"table": {"table": "t", "columns": ["a", "b"]}}),
            json!({"rows": {"table": "t", "rows": [[1, "x"], [null, true]]}}),
            json!({"rows": {"table": "t", "rows": [[HIDDEN, 1.5]]}}),
            json!({"chart": {"chart": "c", "title": "C", "kind": "line", "table": "t", "x": "a", "y": ["b"]}}),
            json!({"done": {"outputs": {"n": 1, "secret": HIDDEN}}}),
        ]),
        lines(&[
            json!({"artifact": {"artifact": "f.txt", "contentType": "text/plain"}}),
            json!({"bytes": {"artifact": "f.txt", "data": "aHVudGVyMi1o"}}),
            json!({"bytes": {"artifact": "f.txt", "data": "dW50ZXIy"}}),
            json!({"ask": {"id": 1, "what": "credentials"}}),
            json!({"ask": {"id": 2, "what": {"checkpoint": {"token": "t"}}}}),
            json!({"failed": {"code": "step.failed", "message": format!("no {HIDDEN}"), "help": "try"}}),
        ]),
        lines(&[
            json!({"table": {"table": "wide", "columns": ["a".repeat(9000), "b".repeat(9000)]}}),
            json!({"rows": {"table": "wide", "rows": []}}),
            json!({"artifact": {"artifact": "long", "contentType": "c".repeat(9000)}}),
            json!({"bytes": {"artifact": "long", "data": "AA=="}}),
        ]),
        lines(&[
            json!({"hello": {"protocol": 1, "version": "0.1.0", "restrictions": {"seccomp": "full"}, "containment": "full"}}),
            json!({"loaded": {"metadata": null}}),
            json!({"refused": {"stage": "load", "message": "m"}}),
            json!({"panicked": {"message": "m"}}),
        ]),
    ]
}

#[test]
fn frames_from_a_host() {
    let seeds = seeds();
    let all = read(&seeds[0].bytes());
    assert_eq!(all.iter().map(|transition| kind(transition)).collect::<Vec<_>>(), ["rows", "chart", "log"]);
    assert_eq!(read(&seeds[1].bytes()).iter().map(kind).collect::<Vec<_>>(), ["bytes"]);
    hold("frames_from_a_host", BOUNDS, |case: &Case| case.apply(&seeds), |input| drop(read(input)));
}

/// Reads until the first frame that is none, and records what came until then.
fn read(input: &[u8]) -> Vec<Transition> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let frames = runtime.block_on(frames(input));
    let mut outcome = Ok(Value::Null);
    let events = frames.iter().map_while(|frame| match event(frame) {
        Heard::Event(event) => Some(Some(*event)),
        Heard::Nothing => Some(None),
        Heard::Done(outputs) => {
            outcome = Ok(outputs);
            None
        }
        Heard::Broken => None,
    });
    let events: Vec<Event> = events.flatten().collect();
    let observer = |notice: Notice<'_>| shown(&notice);
    let (transitions, outcome) = recorded(events, [SecretString::from(HIDDEN)], outcome, &observer);
    transitions.iter().for_each(check);
    no_secret("the outcome", format!("{outcome:?}").as_bytes());
    transitions
}

async fn frames(input: &[u8]) -> Vec<Vec<u8>> {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    let (read, write) = ours.into_split();
    let mut reader = FrameReader::new(read);
    let send = async move { drop(theirs.write_all(input).await) };
    let receive = async {
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = reader.next().await {
            assert!(frame.len() < MAX_FRAME, "a frame of {} bytes", frame.len());
            frames.push(frame);
        }
        // Whoever still writes is told that nobody reads any more.
        drop((reader, write));
        frames
    };
    tokio::join!(send, receive).1
}

enum Heard {
    Event(Box<Event>),
    Nothing,
    Done(Value),
    Broken,
}

/// As the conversation with a host does it, which nobody else can hold.
fn event(frame: &[u8]) -> Heard {
    let Ok(frame) = serde_json::from_slice::<FromHost<'_>>(frame) else { return Heard::Broken };
    Heard::Event(Box::new(match frame {
        FromHost::Log(log) => Event::Log(log),
        FromHost::Progress(progress) => Event::Progress(progress),
        FromHost::Preview(preview) => Event::Preview(preview),
        FromHost::Table(table) => Event::Table(table),
        FromHost::Rows(rows) => Event::Rows { table: rows.table, rows: rows.rows.get().to_owned() },
        FromHost::Chart(chart) => Event::Chart(chart),
        FromHost::Artifact(artifact) => Event::Artifact(artifact),
        FromHost::Bytes(bytes) => Event::Bytes(bytes),
        FromHost::Ask(_) => return Heard::Nothing,
        FromHost::Done(done) => return Heard::Done(done.outputs),
        FromHost::Failed(_) | FromHost::Panicked(_) | FromHost::Refused(_) => return Heard::Broken,
        FromHost::Hello(_) | FromHost::Loaded(_) => return Heard::Broken,
    }))
}

fn shown(notice: &Notice<'_>) {
    match notice {
        Notice::Log { text, .. } | Notice::Progress { text, .. } => no_secret("what is shown", text.as_bytes()),
        Notice::Output { bytes, .. } => no_secret("what is shown", bytes),
        Notice::Preview { columns, rows, .. } => {
            columns.iter().chain(rows.iter().flatten()).for_each(|text| no_secret("a preview", text.as_bytes()));
        }
        Notice::Started { .. } | Notice::Waits { .. } => {}
        Notice::StepStarted { .. } | Notice::StepRetries { .. } | Notice::StepEnded(_) => {}
    }
}

/// What is written is what readers of the database count on.
fn check(transition: &Transition) {
    match transition {
        Transition::Rows { table, columns, rows, data, .. } => {
            [table, columns].iter().for_each(|text| no_secret("a table", text.as_bytes()));
            no_secret("rows", data);
            let columns: Vec<String> = serde_json::from_str(columns).unwrap();
            let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).collect();
            assert_eq!(lines.len(), usize::try_from(*rows).unwrap(), "a row is a line");
            for line in lines {
                let cells: Vec<&RawValue> = serde_json::from_slice(line).expect("a row is a list of cells");
                assert_eq!(cells.len(), columns.len(), "a row has a cell for each column");
            }
        }
        Transition::Chart { chart, definition, .. } => {
            [chart, definition].iter().for_each(|text| no_secret("a chart", text.as_bytes()));
            serde_json::from_str::<Value>(definition).unwrap();
        }
        Transition::Bytes { artifact, content_type, data, .. } => {
            assert!(!artifact.contains('/') && !data.is_empty());
            [artifact, content_type].iter().for_each(|text| no_secret("a file", text.as_bytes()));
            no_secret("a file", data);
        }
        Transition::Log { chunk, .. } => {
            no_secret("a log", &chunk.data);
            let lines = chunk.data.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
            lines.for_each(|line| drop(serde_json::from_slice::<Value>(line).expect("a log line is JSON")));
        }
        _ => panic!("nothing else comes of what a step says"),
    }
}

fn no_secret(place: &str, text: &[u8]) {
    assert!(!String::from_utf8_lossy(text).contains(HIDDEN), "a secret is in {place}");
}

fn kind(transition: &Transition) -> &'static str {
    match transition {
        Transition::Rows { .. } => "rows",
        Transition::Chart { .. } => "chart",
        Transition::Bytes { .. } => "bytes",
        Transition::Log { .. } => "log",
        _ => "other",
    }
}
