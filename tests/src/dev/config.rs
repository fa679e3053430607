//! The configuration files that the demo, the soak and the benches write for the runner.

use std::fs;
use std::path::{Path, PathBuf};
use windlass_tests::{Context, Outcome, Seeded, StandIns, binaries};

/// The project that everything here runs in.
pub(crate) const PROJECT: &str = "web";

/// The account of [`PROJECT`].
pub(crate) const ACCOUNT: &str = "production";

/// Where the benches put the secret of their access key.
pub(crate) const SECRET_PATH: &str = "keys/project/web/log-reader";

/// The other account of the demo.
const STAGING: &str = "staging";

/// The demo's file: a role in each of two other accounts, assumed with its external ID from the instance role.
pub(crate) fn write_demo(folder: &Path, standins: &StandIns) -> Outcome<PathBuf> {
    let Seeded { managed_account, external_id, reader_role, region, staging, payments, .. } = &standins.seeded;
    let (instance, services) = (standins.instance_url(), standins.services_url());
    let regions = payments.regions.join(", ");
    let account = |name: &str, number: &str, role: &str, external_id: &str| {
        let role = role.split_once(":role/").map_or("", |(_, name)| name);
        format!(
            "      - name: {name}
        accountId: {number}
        source: ec2-instance-role
        assumeRole: role/{role}
        externalId: {external_id}
        # The stand-in asks for logs:StartQuery on `*`, where AWS asks for it on the log group that the step declares.
        sessionPolicy: none
        regions: [{regions}]
        defaultRegion: {region}
"
        )
    };
    let rest = format!(
        "projects:
  - name: {PROJECT}
    defaultAccount: {ACCOUNT}
    accounts:
{}{}endpoints: {{imds: '{instance}', sts: '{services}', logs: '{services}'}}
",
        account(ACCOUNT, managed_account, reader_role, external_id),
        account(STAGING, &staging.account, &staging.role, &staging.external_id),
    );
    write(folder, "debug", &rest)
}

/// The benches' file: a plain access key, as the scripts measured beside it use. Without `accountId`, so that it makes the
/// same calls as they do: with it, the runner would ask STS first whose key it is.
pub(crate) fn write_bench(folder: &Path, seeded: &Seeded, services: &str) -> Outcome<PathBuf> {
    let Seeded { reader_user, region, .. } = seeded;
    let key = &reader_user.access_key_id;
    let rest = format!(
        "projects:
  - name: {PROJECT}
    defaultAccount: {ACCOUNT}
    accounts:
      - name: {ACCOUNT}
        source: {{access-key: {{accessKeyId: {key}, secretAccessKey: {SECRET_PATH}}}}}
        regions: [{region}]
endpoints: {{sts: '{services}', logs: '{services}'}}
"
    );
    write(folder, "release", &rest)
}

/// A file for the scripted server, which plays CloudWatch Logs alone and takes any key.
pub(crate) fn write_scripted(folder: &Path, profile: &str, logs: &str) -> Outcome<PathBuf> {
    let rest = format!(
        "projects:
  - name: {PROJECT}
    defaultAccount: {ACCOUNT}
    accounts:
      - name: {ACCOUNT}
        source: {{access-key: {{accessKeyId: AKIASCRIPTED, secretAccessKey: {SECRET_PATH}}}}}
        regions: [us-east-1]
endpoints: {{logs: '{logs}'}}
"
    );
    write(folder, profile, &rest)
}

/// The soak's file: a project that needs no account.
pub(crate) fn write_local(folder: &Path) -> Outcome<PathBuf> {
    write_lines(folder, "")
}

/// The same with more lines.
pub(crate) fn write_lines(folder: &Path, lines: &str) -> Outcome<PathBuf> {
    write(folder, "debug", &format!("projects: [{{name: {PROJECT}}}]\n{lines}"))
}

fn write(folder: &Path, profile: &str, rest: &str) -> Outcome<PathBuf> {
    let quoted = |path: PathBuf| serde_json::json!(path).to_string();
    let (data, key) = (quoted(folder.join("data")), quoted(folder.join("master.key")));
    let plugins = quoted(binaries::folder(profile));
    let text = format!(
        "# Written by the dev program; a new run writes it again.
apiVersion: windlass/v1
kind: Configuration
dataDir: {data}
masterKeyFile: {key}
pluginDirs: [{plugins}]
{rest}"
    );
    let path = folder.join("windlass.yaml");
    fs::write(&path, text).context(|| format!("write {}", path.display()))?;
    Ok(path)
}
