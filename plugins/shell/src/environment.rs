//! The environment of a command: nothing that the job, the step or the configuration did not put there.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use windlass_plugin_api::StepError;
use windlass_plugin_api::frames::ExecutionInfo;

use crate::account;
use crate::failure;
use crate::options::Options;
use crate::private::Private;

/// What is passed on. The supervisor has set these from the configuration.
const PASSED: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];

/// Variables by name.
pub(crate) struct Environment {
    variables: BTreeMap<OsString, OsString>,
    /// Whether the step has an account.
    account: bool,
}

impl Environment {
    /// What a command gets before the job adds to it. `outer` is this program's own environment.
    pub(crate) fn of_step(outer: impl Fn(&str) -> Option<OsString>, scratch: &Path, execution: &ExecutionInfo) -> Self {
        let mut this = Self { variables: BTreeMap::new(), account: false };
        for name in PASSED {
            if let Some(value) = outer(name) {
                this.set(name, value);
            }
        }
        this.set("TMPDIR", scratch);
        this.set("WINDLASS_PROJECT", &execution.project);
        this.set("WINDLASS_JOB", &execution.job);
        this.set("WINDLASS_EXECUTION", &execution.id);
        this.set("WINDLASS_STEP", &execution.step);
        this
    }

    /// Adds what leads the AWS CLI and SDKs to the step's account.
    pub(crate) fn add_account(&mut self, variables: Vec<(String, OsString)>) {
        self.account = true;
        for (name, value) in variables {
            self.set(name, value);
        }
    }

    /// Adds the job's variables, and its secrets, which are written into files.
    pub(crate) fn add(&mut self, options: &Options, private: &Private) -> Result<(), StepError> {
        check(options)?;
        if self.account {
            check_account(options)?;
        }
        for (name, value) in &options.env {
            self.set(name, value.as_str());
        }
        for (name, secret) in &options.secrets {
            let file = private
                .write(&format!("secret.{name}"), 0o600, secret.expose().as_bytes())
                .map_err(|error| failure::not_started(format!("the secret `{name}` cannot be written: {error}")))?;
            self.set(format!("{name}_FILE"), file);
            if options.expose_in_env {
                self.set(name, secret.expose());
            }
        }
        Ok(())
    }

    /// The value of a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&OsStr> {
        self.variables.get(OsStr::new(name)).map(OsString::as_os_str)
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&OsString, &OsString)> {
        self.variables.iter()
    }

    fn set(&mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) {
        self.variables.insert(name.as_ref().to_owned(), value.as_ref().to_owned());
    }
}

/// Names that every shell can read, each once, and values that the system can pass on.
fn check(options: &Options) -> Result<(), StepError> {
    let mut given: BTreeMap<String, &'static str> = BTreeMap::new();
    for (name, value) in &options.env {
        add(&mut given, name, name, "env", Some(value.as_str()))?;
    }
    for (name, secret) in &options.secrets {
        add(&mut given, name, &format!("{name}_FILE"), "secrets", None)?;
        if options.expose_in_env {
            add(&mut given, name, name, "secrets", Some(secret.expose()))?;
        }
    }
    Ok(())
}

/// With an account, none of the job's variables leads elsewhere.
fn check_account(options: &Options) -> Result<(), StepError> {
    let files = options.secrets.keys().map(|name| format!("{name}_FILE"));
    let exposed = options.secrets.keys().filter(|_| options.expose_in_env).cloned();
    let mut names = options.env.keys().cloned().chain(files).chain(exposed);
    let Some(name) = names.find(|name| account::leads_away(name)) else { return Ok(()) };
    let message = format!("the variable `{name}` would lead the step away from its account");
    let help = "leave it out, or the account; the region is the `region` of the step";
    Err(failure::invalid(message).with_help(help))
}

fn add(
    given: &mut BTreeMap<String, &'static str>,
    name: &str,
    variable: &str,
    field: &'static str,
    value: Option<&str>,
) -> Result<(), StepError> {
    if !is_name(name) {
        let message = format!("`{name}` in `{field}` is no name of a variable");
        return Err(failure::invalid(message).with_help("use letters, digits and `_`, and no digit first"));
    }
    if value.is_some_and(|value| value.contains('\0')) {
        let message = format!("the value of `{name}` in `{field}` has a zero byte, which no variable can have");
        return Err(failure::invalid(message));
    }
    match given.insert(variable.to_owned(), field) {
        None => Ok(()),
        Some(other) => Err(failure::invalid(format!("`{other}` and `{field}` both give the variable `{variable}`"))),
    }
}

fn is_name(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(letter) && name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn outer(name: &str) -> Option<OsString> {
        ["PATH", "TZ", "SECRET_OF_THE_RUNNER"].contains(&name).then(|| format!("outer {name}").into())
    }

    fn environment(options: &Value) -> Result<Vec<String>, StepError> {
        environment_with(&[], options)
    }

    /// With an account that sets these variables.
    fn environment_with(account: &[(&str, &str)], options: &Value) -> Result<Vec<String>, StepError> {
        let scratch = tempfile::TempDir::new().unwrap();
        let private = Private::make(scratch.path()).unwrap();
        let [id, project, job, step] = ["0199", "web", "nightly", "dump"].map(str::to_owned);
        let execution = ExecutionInfo { id, project, job, step_path: step.clone(), step };
        let mut environment = Environment::of_step(outer, scratch.path(), &execution);
        if !account.is_empty() {
            environment.add_account(account.iter().map(|(name, value)| ((*name).to_owned(), value.into())).collect());
        }
        environment.add(&serde_json::from_value(options.clone()).unwrap(), &private)?;
        let shown = environment.iter().map(|(name, value)| format!("{}={}", name.display(), value.display()));
        Ok(shown.map(|line| line.replace(scratch.path().to_str().unwrap(), "SCRATCH")).collect())
    }

    #[test]
    fn nothing_comes_from_outside_but_what_the_configuration_sets() {
        let wanted = [
            "PATH=outer PATH",
            "TMPDIR=SCRATCH",
            "TZ=outer TZ",
            "WINDLASS_EXECUTION=0199",
            "WINDLASS_JOB=nightly",
            "WINDLASS_PROJECT=web",
            "WINDLASS_STEP=dump",
        ];
        assert_eq!(environment(&json!({})).unwrap(), wanted);
    }

    #[test]
    fn the_jobs_variables_and_secrets_are_added() {
        let options = json!({"env": {"TZ": "UTC", "N": 5, "Q": "'\"$(id)\n"}, "secrets": {"TOKEN": "hunter2"}});
        let lines = environment(&options).unwrap();
        for line in ["TZ=UTC", "N=5", "Q='\"$(id)\n", "TOKEN_FILE=SCRATCH/.windlass/secret.TOKEN"] {
            assert!(lines.iter().any(|other| other == line), "no {line} in {lines:?}");
        }
        assert!(!lines.iter().any(|line| line.contains("hunter2")), "{lines:?}");
        let exposed = json!({"secrets": {"TOKEN": "hunter2"}, "exposeInEnv": true});
        assert!(environment(&exposed).unwrap().contains(&"TOKEN=hunter2".to_owned()));
    }

    #[test]
    fn what_cannot_be_passed_on_is_refused() {
        for (options, said) in [
            (json!({"env": {"A-B": ""}}), "`A-B` in `env` is no name"),
            (json!({"env": {"1": ""}}), "`1` in `env` is no name"),
            (json!({"env": {"": ""}}), "`` in `env` is no name"),
            (json!({"secrets": {"../up": "x"}}), "`../up` in `secrets` is no name"),
            (json!({"env": {"A": "a\0b"}}), "`A` in `env` has a zero byte"),
            (json!({"env": {"A_FILE": ""}, "secrets": {"A": "x"}}), "both give the variable `A_FILE`"),
            (json!({"env": {"A": ""}, "secrets": {"A": "x"}, "exposeInEnv": true}), "both give the variable `A`"),
        ] {
            let error = environment(&options).unwrap_err();
            assert_eq!(error.code, "step.invalid-config");
            assert!(error.message.contains(said), "{error}");
        }
        // In a file, a secret may have any byte and share its name with a variable.
        assert!(environment(&json!({"env": {"A": ""}, "secrets": {"A": "x\0"}})).is_ok());
    }

    #[test]
    fn a_step_with_an_account_stays_with_it() {
        let account = [("AWS_REGION", "eu-west-1"), ("AWS_CONFIG_FILE", "/dev/null")];
        for options in [
            json!({"env": {"AWS_ACCESS_KEY_ID": "AKIA"}}),
            json!({"env": {"AWS_PROFILE": "other"}}),
            json!({"env": {"AWS_REGION": "us-east-1"}}),
            json!({"env": {"AWS_CREDENTIAL_FILE": "/srv/aws"}}),
            json!({"env": {"BOTO_CONFIG": "/srv/boto"}}),
            json!({"env": {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/creds"}}),
            json!({"secrets": {"AWS_SECRET_ACCESS_KEY": "hunter2"}, "exposeInEnv": true}),
            json!({"secrets": {"AWS_WEB_IDENTITY_TOKEN": "hunter2"}}),
        ] {
            let error = environment_with(&account, &options).unwrap_err();
            assert_eq!(error.code, "step.invalid-config");
            assert!(error.message.contains("away from its account"), "{error}");
            assert!(environment(&options).is_ok(), "{options}");
        }
        let more = json!({"env": {"AWS_CONFIG_FILE": "/srv/aws", "AWS_MAX_ATTEMPTS": 5},
            "secrets": {"AWS_SECRET_ACCESS_KEY": "hunter2"}});
        let lines = environment_with(&account, &more).unwrap();
        for line in ["AWS_REGION=eu-west-1", "AWS_CONFIG_FILE=/srv/aws", "AWS_MAX_ATTEMPTS=5"] {
            assert!(lines.iter().any(|other| other == line), "no {line} in {lines:?}");
        }
    }
}
