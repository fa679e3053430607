//! What a step says, on its way to the database and to whoever watches: masked, recorded, shown.

use std::collections::BTreeMap;

use base64::Engine as _;
use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use uuid::Uuid;
use windlass_hosting::{Event, StepFailure};
use windlass_plugin_api::frames::{ArtifactStart, Bytes, Chart, Level, Preview, TableStart};
use windlass_store::{Stream, Transition};

use crate::notice::{Notice, Observer};
use crate::output::{Mask, Secrets};
use crate::recorder::Recorder;
use crate::tables::Beginnings;
use crate::walk::{Attempted, INLINE};

/// The longest name of a table or file, and media type, in bytes.
const LONGEST_NAME: usize = 200;
/// The file of outputs that are too large to be kept beside the step.
const OUTPUTS: &str = "outputs.json";
/// The longest list of columns as JSON, in bytes; it is kept with every piece of rows.
const LONGEST_COLUMNS: usize = 64 * 1024;

/// Masks, records and shows what a step says.
pub(crate) struct Listener<'a> {
    step: &'a str,
    observer: Observer<'a>,
    mask: Mask,
    /// Standard output and error.
    streams: [usize; 2],
    pub(crate) recorder: Recorder,
    tables: BTreeMap<String, Table>,
    files: BTreeMap<String, File>,
    beginnings: Beginnings,
}

struct Table {
    /// Masked.
    name: String,
    count: usize,
    /// JSON, masked.
    columns: String,
}

impl Table {
    /// A row has a cell for each column.
    fn fits(&self, row: &RawValue) -> bool {
        serde_json::from_str::<Vec<IgnoredAny>>(row.get()).is_ok_and(|cells| cells.len() == self.count)
    }
}

struct File {
    /// Masked.
    name: String,
    content_type: String,
    stream: usize,
}

impl File {
    fn record(&self, bytes: &[u8], recorder: &mut Recorder) {
        if !bytes.is_empty() {
            recorder.bytes(&self.name, &self.content_type, bytes);
        }
    }
}

/// What the events of a step come to, which knows these secrets: what is written to the database, in order, and how the
/// step ended, all masked. A running step's events take the same way one by one; this is for whoever has all of them, such
/// as tests with events of a hostile plugin.
pub fn recorded(
    events: impl IntoIterator<Item = Event>,
    secrets: impl IntoIterator<Item = SecretString>,
    outcome: Result<Value, StepFailure>,
    observer: Observer<'_>,
) -> (Vec<Transition>, Result<Value, StepFailure>) {
    let known = Secrets::default();
    known.add(secrets);
    let recorder = Recorder::new(Uuid::nil(), 0, u64::MAX);
    let mut listener = Listener::new("step", recorder, observer, Mask::new(known));
    events.into_iter().for_each(|event| listener.hear(event));
    let Attempted { outcome, unwritten, .. } = listener.finish(outcome);
    (unwritten, outcome)
}

impl<'a> Listener<'a> {
    pub(crate) fn new(step: &'a str, recorder: Recorder, observer: Observer<'a>, mut mask: Mask) -> Self {
        let streams = [mask.open(), mask.open()];
        Self {
            step,
            observer,
            mask,
            streams,
            recorder,
            tables: BTreeMap::new(),
            files: BTreeMap::new(),
            beginnings: Beginnings::default(),
        }
    }

    pub(crate) fn hear(&mut self, event: Event) {
        match event {
            Event::Log(log) => self.log(log.level, log.text),
            Event::Stdout(bytes) => self.stream(Stream::Stdout, 0, &bytes),
            Event::Stderr(bytes) => self.stream(Stream::Stderr, 1, &bytes),
            Event::Progress(progress) => {
                let text = self.mask.text(progress.text);
                (self.observer)(Notice::Progress { step: self.step, text: &text, fraction: progress.fraction });
            }
            Event::Preview(preview) => self.preview(preview),
            Event::Table(table) => self.table(table),
            Event::Rows { table, rows, .. } => self.rows(&table, rows),
            Event::Contained(containment) => self.recorder.contained(containment),
            Event::Denied(refusal) => self.log(Level::Warn, refusal.message),
            Event::Chart(chart) => self.chart(&chart),
            Event::Artifact(file) => self.file(file),
            Event::Bytes(bytes) => self.bytes(&bytes),
        }
    }

    pub(crate) fn log(&mut self, level: Level, text: String) {
        let text = self.mask.text(text);
        self.line(level, &text);
    }

    /// A warning of the runner's own, in which there is no secret. A mask in it would show which of its words a short one is.
    pub(crate) fn warn(&mut self, text: &str) {
        self.line(Level::Warn, text);
    }

    /// A log line is kept as `{"level":..,"text":..}`, one a line.
    fn line(&mut self, level: Level, text: &str) {
        (self.observer)(Notice::Log { step: self.step, level, text });
        let mut line =
            serde_json::to_vec(&serde_json::json!({ "level": level, "text": text })).expect("texts are JSON");
        line.push(b'\n');
        self.recorder.log(Stream::Log, &line);
    }

    fn stream(&mut self, stream: Stream, index: usize, bytes: &[u8]) {
        let ready = self.mask.stream(self.streams[index], bytes);
        self.output(stream, &ready);
    }

    fn output(&mut self, stream: Stream, bytes: &[u8]) {
        if !bytes.is_empty() {
            (self.observer)(Notice::Output { step: self.step, stream, bytes });
            self.recorder.log(stream, bytes);
        }
    }

    /// It is told and not kept.
    fn preview(&mut self, preview: Preview) {
        let mut masked = |texts: Vec<String>| -> Vec<String> {
            let one = |text: String| match text.strip_suffix('\u{2026}') {
                Some(beginning) => self.mask.beginning(beginning) + "\u{2026}",
                None => self.mask.text(text),
            };
            texts.into_iter().map(one).collect()
        };
        let columns = masked(preview.columns);
        let rows: Vec<Vec<String>> = preview.rows.into_iter().map(masked).collect();
        (self.observer)(Notice::Preview { step: self.step, columns: &columns, rows: &rows });
    }

    fn table(&mut self, table: TableStart) {
        let name = self.mask.text(table.table.clone());
        let columns: Vec<String> = table.columns.into_iter().map(|name| self.mask.text(name)).collect();
        let text = serde_json::to_string(&columns).expect("a list of texts is JSON");
        let taken = self.files.values().any(|file| file.name == name);
        // One with a zero byte would be kept under a name that another table may have.
        if taken || name.contains('\0') || name.len() > LONGEST_NAME || text.len() > LONGEST_COLUMNS {
            let why =
                "a table was dropped: its name has a zero byte, it or its columns are too long, or a file has its name";
            return self.log(Level::Warn, why.to_owned());
        }
        self.recorder.table(&name, &text);
        self.beginnings.table(&name, &columns);
        self.tables.insert(table.table, Table { name, count: columns.len(), columns: text });
    }

    /// Rows of an unknown table, or that are no rows of it, are dropped with a line in the log: only a faulty plugin sends
    /// them.
    fn rows(&mut self, table: &str, rows: String) {
        let rows = self.mask.text(rows);
        let lines = serde_json::from_str::<Vec<&RawValue>>(&rows).ok();
        let known = self.tables.get(table).zip(lines).filter(|(known, lines)| lines.iter().all(|row| known.fits(row)));
        let Some((known, lines)) = known else {
            let name: String = table.chars().take(LONGEST_NAME).collect();
            return self.log(Level::Warn, format!("rows of table `{name}` are unusable and were dropped"));
        };
        if lines.is_empty() {
            return;
        }
        let mut data = Vec::with_capacity(rows.len());
        for line in &lines {
            data.extend_from_slice(line.get().as_bytes());
            data.push(b'\n');
        }
        let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
        self.recorder.rows(&known.name, &known.columns, count, &data);
        self.beginnings.rows(&known.name, &data, lines.len());
    }

    fn chart(&mut self, chart: &Chart) {
        let definition = serde_json::to_value(chart).expect("a chart is JSON");
        let definition = self.mask.value(&definition).to_string();
        let name = self.mask.text(chart.chart.clone());
        self.recorder.chart(name, definition);
    }

    /// A name with a folder in it could be written elsewhere by whoever takes the file out.
    fn file(&mut self, file: ArtifactStart) {
        let (name, content_type) = (self.mask.text(file.artifact.clone()), self.mask.text(file.content_type));
        let plain = !name.is_empty() && !name.contains(['/', '\\', '\0']) && name != "." && name != "..";
        let short = name.len() <= LONGEST_NAME && content_type.len() <= LONGEST_NAME;
        if !plain || !short || self.tables.values().any(|table| table.name == name) {
            let name: String = name.chars().take(LONGEST_NAME).collect();
            return self.log(Level::Warn, format!("file `{name}` cannot be kept under this name and was dropped"));
        }
        let stream = self.mask.open();
        self.files.insert(file.artifact, File { name, content_type, stream });
    }

    /// Bytes of an unknown file, or that are no Base64, are dropped: only a faulty plugin sends them.
    fn bytes(&mut self, bytes: &Bytes) {
        let decoded = base64::engine::general_purpose::STANDARD.decode(&bytes.data);
        let Some((file, data)) = self.files.get(&bytes.artifact).zip(decoded.ok()) else {
            let name: String = bytes.artifact.chars().take(LONGEST_NAME).collect();
            return self.log(Level::Warn, format!("bytes of file `{name}` are unusable and were dropped"));
        };
        let ready = self.mask.stream(file.stream, &data);
        file.record(&ready, &mut self.recorder);
    }

    pub(crate) fn finish(mut self, outcome: Result<Value, StepFailure>) -> Attempted {
        for (index, stream) in [Stream::Stdout, Stream::Stderr].into_iter().enumerate() {
            let rest = self.mask.finish(self.streams[index]);
            self.output(stream, &rest);
        }
        for file in std::mem::take(&mut self.files).into_values() {
            let rest = self.mask.finish(file.stream);
            file.record(&rest, &mut self.recorder);
        }
        let outcome = match outcome {
            Ok(outputs) => Ok(self.mask.value(&outputs)),
            Err(failure) => Err(StepFailure {
                code: failure.code,
                message: self.mask.text(failure.message),
                help: failure.help.map(|help| self.mask.text(help)),
                cut_off: failure.cut_off,
            }),
        };
        if let Ok(outputs) = &outcome {
            self.keep_large(outputs);
        }
        Attempted { outcome, tables: self.beginnings.all(), unwritten: self.recorder.finish() }
    }

    /// Outputs that are too large to be kept beside the step are a file of it.
    fn keep_large(&mut self, outputs: &Value) {
        let text = outputs.to_string();
        if text.len() > INLINE {
            self.recorder.bytes(OUTPUTS, "application/json", text.as_bytes());
        }
    }
}
