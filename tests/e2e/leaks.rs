//! Secrets stay where they belong: runs that hold some are watched while they go on, and everything that they leave is
//! searched afterwards. A step that gives its secrets away on purpose shows that masking works, and, in a form that no
//! masking knows, that the search looks where it should.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

mod careful;
mod careless;
mod commands;
mod hosts;
mod planted;
mod told;

use crate::ground::standins;
use crate::installation::{Ended, Installation};
use crate::started::Started;
use std::collections::BTreeSet;
use std::fs;
use windlass_tests::Recording;
use windlass_tests::leaks::{Find, Sample, Sampler, Search, Secret};

const STORED: &str = "keys/project/web/reader";
const WRONG: &str = "keys/project/web/wrong";
const READING: &str = "keys/project/web/reading";
const MOUNTED: &str = "keys/project/web/aws/db/password";
/// Stored as the secret of a key whose secret it is not. AWS's own example of a secret access key.
const WRONG_SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// An installation with an account of each kind, and relays that keep the sessions given out to it.
struct Ground {
    installation: Installation,
    instance: Recording,
    sts: Recording,
}

impl Ground {
    fn new() -> Self {
        let (standins, seeded) = (standins(), &standins().seeded);
        let instance = Recording::of(&standins.instance_url()).unwrap();
        let sts = Recording::of(&standins.services_url()).unwrap();
        let key = |id: &str, path: &str| format!("{{access-key: {{accessKeyId: {id}, secretAccessKey: {path}}}}}");
        let installation = Installation::new(&format!(
            "projects:
  - name: web
    accounts:
      - {{name: key, accountId: {managed}, source: {reader}, defaultRegion: us-east-1}}
      - {{name: wrong, accountId: {managing}, source: {wrong}, defaultRegion: us-east-1}}
      - name: role
        source: ec2-instance-role
        assumeRole: {role}
        externalId: {id}
        sessionPolicy: none # the stand-in asks for logs:StartQuery on `*`
        defaultRegion: us-east-1
      - {{name: secrets, source: {secrets}}}
keyMounts:
  - path: keys/project/web/aws
    secretsManager: {{account: secrets, region: us-east-1, prefix: windlass/}}
endpoints: {{imds: '{imds}', sts: '{sts}', logs: '{logs}', secretsmanager: '{logs}'}}
",
            managed = seeded.managed_account,
            managing = seeded.managing_account,
            reader = key(&seeded.reader_user.access_key_id, STORED),
            wrong = key(&seeded.operator_user.access_key_id, WRONG),
            secrets = key(&seeded.secrets_user.access_key_id, READING),
            role = seeded.reader_role,
            id = seeded.external_id,
            imds = instance.url(),
            sts = sts.url(),
            logs = standins.services_url(),
        ));
        installation.set_key(STORED, &seeded.reader_user.secret_access_key);
        installation.set_key(WRONG, WRONG_SECRET);
        installation.set_key(READING, &seeded.secrets_user.secret_access_key);
        Self { installation, instance, sts }
    }

    fn run(&self, arguments: &[&str]) -> (Ended, BTreeSet<Sample>) {
        watched(&self.installation, arguments)
    }

    fn run_job(&self, job: &str, more: &[&str]) -> (Ended, BTreeSet<Sample>) {
        let file = self.installation.job(job);
        self.run(&[&["run", file.to_str().unwrap(), "--project", "web"], more].concat())
    }

    /// What was stored, and the key and token of each session that was given out.
    fn secrets(&self) -> Vec<Secret> {
        let stored = &standins().seeded.reader_user.secret_access_key;
        let mut secrets =
            vec![Secret::new("the stored key", stored.as_str()), Secret::new("the wrong key", WRONG_SECRET)];
        let (instance, sts) = (self.instance.said(), self.sts.said());
        for (name, said, start, end) in [
            ("the instance's key", &instance, "\"SecretAccessKey\": \"", "\""),
            ("the instance's token", &instance, "\"Token\": \"", "\""),
            ("the role's key", &sts, "<SecretAccessKey>", "<"),
            ("the role's token", &sts, "<SessionToken>", "<"),
        ] {
            let values: BTreeSet<&str> = said.split(start).skip(1).filter_map(|rest| rest.split(end).next()).collect();
            secrets.extend(values.into_iter().map(|value| Secret::new(name, value)));
        }
        secrets
    }

    /// What is read at AWS, and the key that it is read with.
    fn mounted() -> [Secret; 2] {
        let seeded = &standins().seeded;
        let key = Secret::new("the key of the mount", seeded.secrets_user.secret_access_key.as_str());
        [key, Secret::new("the mounted secret", seeded.password.as_str())]
    }

    /// The 32 bytes of each `windlass-master-key-v1:BASE64`; their forms have that text among them.
    fn master_keys(&self) -> Vec<Secret> {
        use base64::Engine as _;
        let text = fs::read_to_string(self.installation.folder().join("master.key")).unwrap();
        let encoded = text.lines().map(|line| line.strip_prefix("windlass-master-key-v1:").unwrap());
        encoded.map(|key| Secret::new("a master key", base64::prelude::BASE64_STANDARD.decode(key).unwrap())).collect()
    }

    fn left(&self, search: &Search) -> Vec<Find> {
        left(&self.installation, search)
    }
}

/// Runs to the end, watched from its first moments.
fn watched(installation: &Installation, arguments: &[&str]) -> (Ended, BTreeSet<Sample>) {
    let run = Started::start(installation, installation.command(arguments));
    let sampler = Sampler::start(run.pid());
    (run.ended(), sampler.stop())
}

/// In every file that there is, byte by byte, and in every value of the database. The master key's own file is the
/// only one that may hold a secret.
fn left(installation: &Installation, search: &Search) -> Vec<Find> {
    let folder = installation.folder();
    let mut finds = search.folder(folder, &[&folder.join("master.key")]).unwrap();
    finds.extend(search.database(&folder.join("data/windlass.db")).unwrap());
    finds
}

/// Both outputs, as a place.
fn shown(search: &Search, ended: &Ended) -> Vec<Find> {
    [search.bytes("stdout", ended.stdout.as_bytes()), search.bytes("stderr", ended.stderr.as_bytes())].concat()
}
