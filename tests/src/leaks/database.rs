use crate::python::Venv;
use crate::{Context, Outcome, Problem};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Prints each value of each table as a line of JSON: where it stands, and its bytes in base64.
const DUMP: &str = r#"
import base64, json, sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
connection.text_factory = bytes
for table in tables:
    rows = connection.execute(f'SELECT * FROM "{table}"')
    names = [column[0] for column in rows.description]
    for number, row in enumerate(rows):
        for name, value in zip(names, row):
            value = value if isinstance(value, bytes) else str(value).encode()
            print(json.dumps([f"{table}.{name}, row {number}", base64.b64encode(value).decode()]))
"#;

/// How a zstd frame begins (RFC 8878, section 3.1.1).
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// A value in a database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// `table.column, row N`.
    pub place: String,
    /// Whether it was compressed.
    pub unpacked: bool,
    /// Its bytes, unpacked if they were compressed.
    pub bytes: Vec<u8>,
}

/// Every value of a SQLite database, those in its write-ahead log included. It is read from a copy, since reading
/// the database itself could change its files.
///
/// # Errors
/// When it cannot be copied, opened or unpacked.
pub fn cells(file: &Path) -> Outcome<Vec<Cell>> {
    let copy = tempfile::tempdir().context(|| "make a folder".to_owned())?;
    let name = file.file_name().ok_or_else(|| Problem::new("a database has a name"))?;
    for suffix in ["", "-wal"] {
        let [from, to] = [file, &copy.path().join(name)].map(|path| {
            let mut path = path.as_os_str().to_owned();
            path.push(suffix);
            path
        });
        if suffix.is_empty() || Path::new(&from).exists() {
            fs::copy(&from, &to).context(|| format!("copy {}", file.display()))?;
        }
    }
    dump(&copy.path().join(name))?.lines().map(cell).collect()
}

fn dump(file: &Path) -> Outcome<String> {
    let mut command = Command::new(Venv::of("metadata")?.python());
    let output = command.args(["-c", DUMP]).arg(file).output().context(|| "start Python".to_owned())?;
    if !output.status.success() {
        return Err(Problem::new(format!("cannot read {}", file.display())).output(&output.stderr));
    }
    String::from_utf8(output.stdout).context(|| "read the dump".to_owned())
}

fn cell(line: &str) -> Outcome<Cell> {
    let (place, encoded): (String, String) = serde_json::from_str(line).context(|| "read the dump".to_owned())?;
    let bytes = STANDARD.decode(encoded).context(|| "read the dump".to_owned())?;
    let unpacked = bytes.starts_with(&ZSTD);
    let bytes = if unpacked { zstd::decode_all(&*bytes).context(|| format!("unpack {place}"))? } else { bytes };
    Ok(Cell { place, unpacked, bytes })
}
