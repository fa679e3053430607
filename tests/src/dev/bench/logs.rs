//! What a step writes, on its way through pipes or frames into the database, beside a plain copy of as many bytes that is
//! durable at its end too. The lines compress well, which the database uses; the copy writes them as they are.

use super::Measured;
use super::local::Local;
use super::measure::{Contender, Figures, compare};
use super::row::{Amount, Figure, Row};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use windlass_tests::{Context, Outcome, Problem};

const ROUNDS: usize = 7;
/// How the database keeps a line that came as a frame, around its text.
const KEPT_FRAME: &str = "{\"level\":\"info\",\"text\":\"\"}\n";
/// Through a pipe into a file, which is synced.
const COPY: &str = r#"cat "$1" | cat >"$2" && sync "$2" && echo copied"#;
/// Of all executions of a job: the fewest and the most bytes of log that one has, and how many have any.
const KEPT: &str = "\
import sqlite3, sys
of_each = 'SELECT sum(bytes) AS kept FROM execution JOIN log_chunk ON execution = id WHERE job = ? GROUP BY id'
rows = sqlite3.connect(sys.argv[1]).execute(f'SELECT min(kept), max(kept), count(*) FROM ({of_each})', sys.argv[2:])
print(*rows.fetchone())";

/// Lines of one length that a step writes.
struct Load {
    job: &'static str,
    what: &'static str,
    through: &'static str,
    lines: u64,
    /// With the line break.
    line_bytes: u64,
    /// How many bytes of each line the database keeps.
    kept: u64,
    amount: fn(&Load) -> Amount,
}

const LOADS: [Load; 2] = [
    Load {
        job: "log-bytes",
        what: "log by pipe, wall",
        through: "stdout",
        lines: 512 * 1024,
        line_bytes: 128,
        kept: 128,
        amount: |load| Amount::Bytes(load.bytes()),
    },
    Load {
        job: "log-lines",
        what: "log by frame, wall",
        through: "log",
        lines: 200_000,
        line_bytes: 100,
        kept: 99 + KEPT_FRAME.len() as u64,
        amount: |load| Amount::Lines(load.lines),
    },
];

pub(super) fn measure() -> Outcome<Measured> {
    let local = Local::prepare()?;
    let mut all = Measured::default();
    for load in &LOADS {
        let [ours, copy] = load.compare(&local)?;
        all.details.extend([&ours, &copy].map(|figures| figures.detail(load.job)));
        all.rows.push(Row {
            what: load.what.to_owned(),
            ours: ours.side(Figure::Wall),
            limit: copy.side(Figure::Wall),
            present: None,
            goal: None,
            amount: Some((load.amount)(load)),
        });
    }
    Ok(all)
}

impl Load {
    fn bytes(&self) -> u64 {
        self.lines * self.line_bytes
    }

    fn compare(&self, local: &Local) -> Outcome<[Figures; 2]> {
        let with = format!("count: {}, bytes: {}, through: {}", self.lines, self.line_bytes, self.through);
        let job = local.job(self.job, [("lines", with.as_str())])?;
        let report = format!("\"outputs\":{{\"count\":{}}}", self.lines);
        let (source, target) = (local.folder().join(self.job), local.folder().join("copy"));
        self.write(&source)?;
        let copy = || {
            let mut command = Command::new("sh");
            command.args(["-c", COPY, "sh"]).args([&source, &target]);
            command
        };
        let ours = Contender { name: "windlass", command: Box::new(|| local.run(&job)), expected: (&report, 1) };
        let copy = Contender { name: "copy", command: Box::new(copy), expected: ("copied", 1) };
        let figures = compare(&[ours, copy], ROUNDS)?;
        self.check(&local.folder().join("data/windlass.db"))?;
        Ok(<[Figures; 2]>::try_from(figures).expect("there are two contenders"))
    }

    /// The file to copy: as many lines of this length.
    fn write(&self, path: &Path) -> Outcome<()> {
        let width = usize::try_from(self.line_bytes).expect("a line is short") - 1;
        let write = || {
            let mut file = BufWriter::new(File::create(path)?);
            (0..self.lines).try_for_each(|number| writeln!(file, "{number:.<width$}"))?;
            file.flush()
        };
        write().context(|| format!("write {}", path.display()))
    }

    /// Nothing is lost: the database has every byte of every run.
    fn check(&self, database: &Path) -> Outcome<()> {
        let output = Command::new("python3").args(["-c", KEPT]).arg(database).arg(self.job).output();
        let output = output.context(|| "start python3".to_owned())?;
        let found = String::from_utf8_lossy(&output.stdout).into_owned();
        self.all_kept(&found).map_err(|problem| problem.output(&output.stderr))
    }

    fn all_kept(&self, found: &str) -> Outcome<()> {
        let wanted = self.lines * self.kept;
        match found.split_whitespace().map(str::parse).collect::<Result<Vec<u64>, _>>().as_deref() {
            Ok([fewest, most, runs]) if (*fewest, *most) == (wanted, wanted) && *runs > ROUNDS as u64 => Ok(()),
            _ => Err(Problem::new(format!(
                "{}: the log of each of more than {ROUNDS} runs should have {wanted} bytes; fewest, most, runs: {found}",
                self.job
            ))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_is_too_short_is_noticed() {
        let load = &LOADS[1];
        let bytes = 200_000 * ("{\"level\":\"info\",\"text\":\"\"}\n".len() + 99);
        load.all_kept(&format!("{bytes} {bytes} 9\n")).unwrap();
        for found in [format!("{} {bytes} 9", bytes - 1), format!("{bytes} {bytes} 7"), "None None 0".to_owned()] {
            let problem = load.all_kept(&found).unwrap_err().to_string();
            assert!(problem.starts_with("log-lines: ") && problem.ends_with(&found), "{problem}");
        }
    }

    #[test]
    fn the_file_to_copy_is_as_long_as_the_log() {
        let file = tempfile::NamedTempFile::new().unwrap();
        LOADS[1].write(file.path()).unwrap();
        assert_eq!(file.as_file().metadata().unwrap().len(), LOADS[1].bytes());
    }
}
