//! The figures of a run, for `docs/soak.md`.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::process::Command;
use std::time::Duration;
use windlass_tests::{Context, Outcome, paths};

pub(super) struct Record {
    minutes: u64,
    seed: u64,
    took: BTreeMap<String, Vec<Duration>>,
    peak_kib: i64,
    long_lived: String,
    fuzzed: String,
    killed: String,
}

impl Record {
    pub(super) fn new(minutes: u64, seed: u64) -> Self {
        Self {
            minutes,
            seed,
            took: BTreeMap::new(),
            peak_kib: 0,
            long_lived: String::new(),
            fuzzed: String::new(),
            killed: String::new(),
        }
    }

    pub(super) fn add(&mut self, case: String, took: Duration, peak_kib: i64) {
        self.took.entry(case).or_default().push(took);
        self.peak_kib = self.peak_kib.max(peak_kib);
    }

    /// What was found of the process that goes on, in words.
    pub(super) fn long_lived(&mut self, words: String) {
        self.long_lived = words;
    }

    /// What killed servers left, in words.
    pub(super) fn killed(&mut self, words: String) {
        self.killed = words;
    }

    /// What was fuzzed, in words.
    pub(super) fn fuzzed(&mut self, words: String) {
        self.fuzzed = words;
    }

    pub(super) fn cases(&self) -> usize {
        self.took.values().map(Vec::len).sum()
    }

    pub(super) fn write(&mut self, took: Duration) -> Outcome<()> {
        let text = self.page(&output("date", &["-u", "+%Y-%m-%d"]), &commit(), took);
        print!("{text}");
        let path = paths::root().join("docs/soak.md");
        fs::write(&path, text).context(|| format!("write {}", path.display()))
    }

    fn page(&mut self, date: &str, commit: &str, took: Duration) -> String {
        let (minutes, seed, cases) = (self.minutes, self.seed, self.cases());
        let longest = self.took.iter().filter_map(|(case, took)| Some((took.iter().max()?, case))).max();
        let longest = longest.map(|(took, case)| format!("`{case}` with {} ms", took.as_millis())).unwrap_or_default();
        let mut page = String::from("# The last soak run\n\nWritten by `cargo soak`.\n\n");
        page += &format!(
            "`cargo soak --minutes {minutes} --seed {seed}` on {date}, commit {commit}: {cases} cases in {} s,\n\
             all ended as they should and left neither a process nor a descriptor behind.\n\n\
             Longest case: {longest}. Peak memory of the largest process, runner or host: {} MiB.\n\n",
            took.as_secs(),
            self.peak_kib / 1024
        );
        page += &format!("{}\n\n{}\n\n{}\n\n", self.long_lived, self.fuzzed, self.killed);
        page += "| case | runs | median ms | slowest ms |\n|---|---|---|---|\n";
        for (case, took) in &mut self.took {
            took.sort_unstable();
            let (middle, slowest) = (took[took.len() / 2].as_millis(), took[took.len() - 1].as_millis());
            let _infallible = writeln!(page, "| {case} | {} | {middle} | {slowest} |", took.len());
        }
        page
    }
}

fn commit() -> String {
    let commit = output("git", &["rev-parse", "--short", "HEAD"]);
    let changed = !output("git", &["status", "--porcelain"]).is_empty();
    if changed { format!("{commit} with local changes") } else { commit }
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).current_dir(paths::root()).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_has_date_commit_seed_and_figures() {
        let mut record = Record::new(5, 42);
        for (milliseconds, peak_kib) in [(30, 4096), (10, 8192), (20, 1024)] {
            record.add("panic".to_owned(), Duration::from_millis(milliseconds), peak_kib);
        }
        record.add("abort".to_owned(), Duration::from_millis(5), 0);
        let page = record.page("2026-01-02", "abc1234", Duration::from_secs(300));
        assert!(page.contains("`cargo soak --minutes 5 --seed 42` on 2026-01-02, commit abc1234: 4 cases in 300 s"));
        assert!(
            page.contains("Longest case: `panic` with 30 ms. Peak memory of the largest process, runner or host: 8")
        );
        assert!(page.contains("| abort | 1 | 5 | 5 |\n| panic | 3 | 20 | 30 |"), "{page}");
    }
}
