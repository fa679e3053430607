//! The query job beside what asks the same today (the AWS CLI in a script, a boto3 script) and beside the bare SDK call.
//! All use the same key of the same account directly, on the same stand-in, and print every row as JSON.

use super::measure::{Contender, Figures, compare};
use super::row::{Figure, Goal, Row};
use super::{Measured, windlass};
use crate::{config, run};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use windlass_tests::{Context, Outcome, Problem, Seeded, StandIns, binaries, paths, python::Venv};

/// The job file that asks with the options `group` and `query`.
const JOB: &str = "tests/bench/query.yaml";
const BACK: &str = "3600";
const ROUNDS: usize = 11;

pub(super) fn measure() -> Outcome<Measured> {
    let folder = tempfile::tempdir().context(|| "make a folder".to_owned())?;
    let ground = Ground::prepare(folder.path())?;
    let mut all = Measured::default();
    for count in [100, 10_000] {
        let what = format!("query {count} rows");
        let figures = compare(&ground.contenders(count), ROUNDS)?;
        all.details.extend(figures.iter().map(|figures| figures.detail(&what)));
        all.rows.extend(rows(count, &what, figures));
    }
    Ok(all)
}

fn rows(count: usize, what: &str, figures: Vec<Figures>) -> Vec<Row> {
    let [ours, bare, cli, boto3] = <[Figures; 4]>::try_from(figures).expect("there are four contenders");
    let row = |figure, present: &Figures, goal| Row {
        what: match figure {
            Figure::Wall => format!("{what}, wall"),
            Figure::Cpu => format!("{what}, CPU"),
        },
        ours: ours.side(figure),
        limit: bare.side(figure),
        present: Some(present.side(figure)),
        amount: None,
        goal: Some(goal),
    };
    let near = Goal::AboveLimit(Duration::from_millis(15));
    match count {
        100 => vec![
            row(Figure::Wall, &cli, Goal::PartOfPresent(1.0 / 5.0)),
            row(Figure::Cpu, &cli, Goal::PartOfPresent(1.0 / 20.0)),
            row(Figure::Wall, &boto3, near),
        ],
        _ => vec![row(Figure::Cpu, &cli, Goal::TimesLimit(1.5)), row(Figure::Wall, &boto3, near)],
    }
}

struct Ground {
    standins: StandIns,
    config: PathBuf,
    scripts: Venv,
}

impl Ground {
    fn prepare(folder: &Path) -> Outcome<Self> {
        let jq = Command::new("jq").arg("--version").output();
        jq.map_err(|error| Problem::new(format!("`jq` did not start: {error}")).remedy("apt-get install jq"))?;
        let scripts = Venv::of("awscli")?;
        let standins = StandIns::start(folder)?;
        let config = config::write_bench(folder, &standins.seeded, &standins.services_url())?;
        let ground = Self { standins, config, scripts };
        ground.keep_secret(folder)?;
        Ok(ground)
    }

    fn keep_secret(&self, folder: &Path) -> Outcome<()> {
        let file = folder.join("secret");
        let secret = &self.seeded().reader_user.secret_access_key;
        std::fs::write(&file, secret).context(|| format!("write {}", file.display()))?;
        let mut set = windlass(&self.config);
        run::shown_to_user(set.args(["key", "set", config::SECRET_PATH, "--file"]).arg(file))
    }

    fn seeded(&self) -> &Seeded {
        &self.standins.seeded
    }

    fn contenders(&self, count: usize) -> Vec<Contender<'_>> {
        let query = format!("fields @timestamp, @message | sort @timestamp desc | limit {count}");
        let expected = ("\"@message\":", count);
        let bench = paths::root().join("tests/bench");
        let (environment, group) = (self.environment(), self.seeded().log_group.clone());
        let other = |name: &'static str, program: PathBuf, arguments: &[&str]| {
            let environment = environment.clone();
            let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
            let command = move || {
                let mut command = Command::new(&program);
                command.args(&arguments).env_clear().envs(environment.clone());
                command
            };
            Contender { name, command: Box::new(command), expected }
        };
        let boto3 = bench.join("insights_boto3.py").display().to_string();
        let (services, region) = (self.standins.services_url(), &self.seeded().region);
        let bare = [services.as_str(), &group, &query, &count.to_string(), region, BACK];
        vec![
            self.ours(&group, &query, expected),
            other("bare SDK", binaries::folder("release").join("windlass-bare-sdk"), &bare),
            other("aws script", bench.join("insights-cli.sh"), &[&group, &query, BACK]),
            other("boto3", self.scripts.python(), &[&boto3, &group, &query, BACK]),
        ]
    }

    fn ours(&self, group: &str, query: &str, expected: (&'static str, usize)) -> Contender<'_> {
        let options = [format!("group={group}"), format!("query={query}")];
        let command = move || {
            let mut command = windlass(&self.config);
            command.args(["run", JOB, "--project", config::PROJECT, "--output", "json", "--quiet"]);
            command.args(options.iter().flat_map(|option| ["--option", option]));
            command
        };
        Contender { name: "windlass", command: Box::new(command), expected }
    }

    /// The scripts and the bare SDK take everything from the environment, as a user's shell gives it.
    fn environment(&self) -> Vec<(&'static str, std::ffi::OsString)> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = std::iter::once(self.scripts.bin()).chain(std::env::split_paths(&path));
        let user = &self.seeded().reader_user;
        vec![
            ("PATH", std::env::join_paths(folders).unwrap_or(path.clone())),
            ("AWS_ACCESS_KEY_ID", user.access_key_id.clone().into()),
            ("AWS_SECRET_ACCESS_KEY", user.secret_access_key.clone().into()),
            ("AWS_REGION", self.seeded().region.clone().into()),
            ("AWS_DEFAULT_REGION", self.seeded().region.clone().into()),
            ("AWS_ENDPOINT_URL", self.standins.services_url().into()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
        ]
    }
}
