//! A machine for a page: `windlass` and the AWS CLI in the path, and stand-ins behind both.

use super::page::{Act, acts, is_printed};
use crate::ground::standins;
use crate::installation::Installation;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;
use windlass_tests::python::Venv;
use windlass_tests::scripted::{Query, Script, Status, row};
use windlass_tests::standins::CONTAINER_TOKEN;
use windlass_tests::{ScriptedLogs, binaries};

/// Where a page says that its configuration is.
const CONFIGURATION: &str = "/etc/windlass/windlass.yaml";

pub(crate) struct Walk {
    installation: Installation,
    /// ministack would ask IAM about `*` where AWS asks about the log groups of a query.
    _logs: ScriptedLogs,
    /// What every configuration has here.
    places: String,
}

impl Walk {
    /// One on which nothing was done yet. The AWS CLI has the profiles `managing` and `managed`, the administrators of both
    /// accounts.
    pub(crate) fn new() -> Self {
        let installation = Installation::new("");
        let configuration = fs::read_to_string(installation.folder().join("windlass.yaml")).unwrap();
        let (services, imds) = (standins().services_url(), standins().instance_url());
        let line = row(&[("@message", "GET /cart 503")]);
        let answers = || Query::ends(Status::Complete, vec![line.clone()]);
        let script = Script::new().log_group("/web/access").query(answers()).query(answers());
        let logs = ScriptedLogs::start(script).unwrap();
        let places: String = configuration.lines().skip(2).map(|line| format!("{line}\n")).collect();
        let places = format!(
            "{places}endpoints: {{imds: '{imds}', sts: '{services}', iam: '{services}', logs: '{}'}}\n",
            logs.url()
        );
        let profile = |name: &str, account: &str| {
            format!(
                "[profile {name}]\nregion = us-east-1\nendpoint_url = {services}\naws_access_key_id = {account}\n\
                 aws_secret_access_key = test\n"
            )
        };
        let seeded = &standins().seeded;
        let profiles = profile("managing", &seeded.managing_account) + &profile("managed", &seeded.managed_account);
        installation.write("aws-config", profiles);
        let program = format!(
            "#!/bin/sh\nexec '{}' --config '{}' \"$@\"\n",
            binaries::windlass().unwrap().display(),
            installation.folder().join("windlass.yaml").display()
        );
        fs::create_dir(installation.folder().join("bin")).unwrap();
        let program = installation.write("bin/windlass", program);
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Self { installation, _logs: logs, places }
    }

    /// Does what the page says. Gives how many commands it had.
    pub(crate) fn through(&self, page: &str) -> usize {
        let mut commands = 0;
        for act in acts(page) {
            match act {
                Act::File { name, text } if name == "windlass.yaml" => {
                    self.installation.write(&name, text + &self.places);
                }
                Act::File { name, text } => {
                    let file = self.installation.folder().join(&name);
                    fs::create_dir_all(file.parent().unwrap()).unwrap();
                    fs::write(file, text).unwrap();
                }
                Act::Command { line, prints } => {
                    commands += 1;
                    self.command(&line, &prints);
                }
            }
        }
        commands
    }

    fn command(&self, line: &str, prints: &[String]) {
        let folder = self.installation.folder();
        let path = format!(
            "{}:{}:{}",
            folder.join("bin").display(),
            Venv::of("awscli").unwrap().bin().display(),
            std::env::var("PATH").unwrap()
        );
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec 2>&1\n{line}")]).current_dir(folder).env_clear().env("PATH", path);
        shell
            .env("HOME", folder)
            .env("AWS_CONFIG_FILE", folder.join("aws-config"))
            .env("AWS_EC2_METADATA_DISABLED", "true");
        shell.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", standins().container_uri());
        shell.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER_TOKEN);
        let output = shell.output().unwrap();
        let printed = self.as_on_the_page(&String::from_utf8(output.stdout).unwrap());
        // A page shows what is refused as well, with its code.
        let is_refusal = prints.iter().any(|line| line.starts_with("error["));
        assert_eq!(output.status.success(), !is_refusal, "$ {line}\n{printed}");
        let printed: Vec<String> = printed.lines().map(str::to_owned).collect();
        let said = || format!("$ {line}\n{}\n\nand not\n\n{}", printed.join("\n"), prints.join("\n"));
        assert!(prints.is_empty() || is_printed(prints, &printed), "{}", said());
    }

    fn as_on_the_page(&self, text: &str) -> String {
        let folder = self.installation.folder().display().to_string();
        text.replace(&format!("{folder}/windlass.yaml"), CONFIGURATION)
            .replace(&format!("{folder}/"), "")
            .replace(&standins().services_url(), "https://sts.us-east-1.amazonaws.com")
            .replace(&standins().instance_url(), "http://169.254.169.254")
    }
}
