//! Measuring commands against each other: in turns (A B C A B C ...), so that a change of the machine's speed meets all
//! of them, with medians and their spread.

use super::row::{Figure, Side};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use windlass_tests::{Context, Outcome, Problem, interrupt, usage};

/// Above this spread a figure is called noisy.
pub(super) const NOISY: f64 = 0.15;

/// What one run cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) wall: Duration,
    pub(super) cpu: Duration,
    /// Of its largest process, if that took more than this one: a child inherits the peak of the process that begins it.
    pub(super) peak_kib: Option<i64>,
}

/// One of the things that are compared.
pub(super) struct Contender<'a> {
    pub(super) name: &'static str,
    /// Makes the command anew for each run.
    pub(super) command: Box<dyn Fn() -> Command + 'a>,
    /// How often this text must stand in the output, so that only equal work is compared.
    pub(super) expected: (&'a str, usize),
}

/// The figures of one contender.
#[derive(Clone, Debug)]
pub(super) struct Figures {
    pub(super) name: &'static str,
    pub(super) wall: Middle,
    pub(super) cpu: Middle,
    pub(super) peak_kib: Option<i64>,
    /// User-mode instructions of the whole process tree; none where the kernel does not count them.
    pub(super) instructions: Option<u64>,
}

/// A median and the spread around it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Middle {
    pub(super) median: Duration,
    /// Distance of the quartiles, as a part of the median.
    pub(super) spread: f64,
}

/// Runs all contenders in turns, after one round that warms caches, checks outputs and counts instructions.
pub(super) fn compare(contenders: &[Contender<'_>], rounds: usize) -> Outcome<Vec<Figures>> {
    let instructions = contenders.iter().map(warm_up).collect::<Outcome<Vec<_>>>()?;
    let mut samples = vec![Vec::with_capacity(rounds); contenders.len()];
    for _ in 0..rounds {
        for (contender, samples) in contenders.iter().zip(&mut samples) {
            samples.push(once(contender)?);
        }
    }
    let figures = contenders.iter().zip(&samples).zip(instructions);
    Ok(figures.map(|((contender, samples), instructions)| Figures::of(contender.name, samples, instructions)).collect())
}

fn warm_up(contender: &Contender<'_>) -> Outcome<Option<u64>> {
    let output = (contender.command)().output().context(|| format!("start {}", contender.name))?;
    let (text, expected) = contender.expected;
    let found = String::from_utf8_lossy(&output.stdout).matches(text).count();
    if !output.status.success() || found != expected {
        let what = format!("{}: {}, {found} times `{text}` instead of {expected}", contender.name, output.status);
        return Err(Problem::new(what).output(&output.stderr));
    }
    Ok(count_instructions(&(contender.command)()))
}

fn once(contender: &Contender<'_>) -> Outcome<Sample> {
    timed(contender.name, (contender.command)())
}

/// Runs one command to its end and says what it cost, with all that it started and waited for.
pub(super) fn timed(name: &str, mut command: Command) -> Outcome<Sample> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().context(|| format!("start {name}"))?;
    let (status, usage) = usage::wait(&mut child).context(|| format!("wait for {name}"))?;
    let wall = start.elapsed();
    interrupt::check()?;
    if !status.success() {
        return Err(Problem::new(format!("{name} failed ({status})")));
    }
    let peak_kib = Some(usage.peak_kib).filter(|peak| *peak > usage::own_peak_kib());
    Ok(Sample { wall, cpu: usage.cpu(), peak_kib })
}

/// A run of its own under `perf stat`: perf's own start would show in the other figures.
fn count_instructions(command: &Command) -> Option<u64> {
    let report = tempfile::NamedTempFile::new().ok()?;
    let mut perf = Command::new("perf");
    perf.args(["stat", "-x,", "-e", "instructions:u", "-o"]).arg(report.path()).arg("--").arg(command.get_program());
    perf.args(command.get_args()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => perf.env(name, value),
            None => perf.env_remove(name),
        };
    }
    command.get_current_dir().map(|folder| perf.current_dir(folder));
    perf.status().ok().filter(std::process::ExitStatus::success)?;
    instructions_of(&std::fs::read_to_string(report.path()).ok()?)
}

/// The first field of the line that names the event (perf-stat(1), "CSV FORMAT"); it is no number where the machine
/// does not count.
fn instructions_of(report: &str) -> Option<u64> {
    let line = report.lines().find(|line| line.contains("instructions"))?;
    line.split(',').next()?.parse().ok()
}

impl Figures {
    pub(super) fn of(name: &'static str, samples: &[Sample], instructions: Option<u64>) -> Self {
        Self {
            name,
            wall: Middle::of(samples.iter().map(|sample| sample.wall).collect()),
            cpu: Middle::of(samples.iter().map(|sample| sample.cpu).collect()),
            peak_kib: samples.iter().filter_map(|sample| sample.peak_kib).max(),
            instructions,
        }
    }

    /// One of the figures, for a row.
    pub(super) fn side(&self, figure: Figure) -> Side {
        let time = match figure {
            Figure::Wall => self.wall,
            Figure::Cpu => self.cpu,
        };
        Side { name: self.name, time }
    }

    /// What stands in no row.
    pub(super) fn detail(&self, what: &str) -> String {
        let instructions = self.instructions.map_or_else(|| "n/a".to_owned(), |count| (count / 1_000_000).to_string());
        let (cpu, name) = (self.cpu.median.as_secs_f64() * 1000.0, self.name);
        let peak = self.peak_kib.map_or_else(|| "n/a".to_owned(), |kib| (kib / 1024).to_string());
        format!("{what}, {name}: {cpu:.1} ms of CPU, {instructions} million user-mode instructions, peak {peak} MiB")
    }
}

impl Middle {
    /// # Panics
    /// When there is no sample.
    pub(super) fn of(mut samples: Vec<Duration>) -> Self {
        samples.sort_unstable();
        let at = |part: usize| samples[(samples.len() - 1) * part / 4];
        let (low, median, high) = (at(1), at(2), at(3));
        Self { median, spread: (high - low).as_secs_f64() / median.as_secs_f64().max(f64::MIN_POSITIVE) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(samples: &[u64]) -> Middle {
        Middle::of(samples.iter().map(|sample| Duration::from_millis(*sample)).collect())
    }

    #[test]
    fn the_median_ignores_one_slow_run() {
        let middle = milliseconds(&[10, 900, 11, 9, 10]);
        assert_eq!(middle.median, Duration::from_millis(10));
        assert!((middle.spread - 0.1).abs() < 1e-9, "{middle:?}");
        assert_eq!(milliseconds(&[7]).median, Duration::from_millis(7));
    }

    #[test]
    fn details_say_what_is_not_counted() {
        let sample = Sample { wall: Duration::ZERO, cpu: Duration::from_millis(10), peak_kib: Some(2048) };
        let text = Figures::of("windlass", &[sample], None).detail("query");
        assert_eq!(text, "query, windlass: 10.0 ms of CPU, n/a million user-mode instructions, peak 2 MiB");
        let text = Figures::of("windlass", &[sample], Some(7_400_000)).detail("query");
        assert!(text.contains(" 7 million "), "{text}");
    }

    #[test]
    fn reads_what_perf_writes() {
        let report = "# started on Thu Jan  1 00:00:00 2026\n\n112549,,instructions:u,7604746,100.00,,\n";
        assert_eq!(instructions_of(report), Some(112_549));
        assert_eq!(instructions_of("<not supported>,,instructions:u,0,100.00,,\n"), None);
    }

    #[test]
    fn refuses_to_compare_unequal_work() {
        let echo = || {
            let mut command = Command::new("echo");
            command.arg("row row");
            command
        };
        let contender = |expected| Contender { name: "echo", command: Box::new(echo), expected: ("row", expected) };
        assert_eq!(compare(&[contender(2)], 3).unwrap()[0].name, "echo");
        let problem = compare(&[contender(3)], 3).unwrap_err().to_string();
        assert!(problem.contains("2 times `row` instead of 3"), "{problem}");
    }
}
