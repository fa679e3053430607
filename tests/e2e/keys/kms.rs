//! The master key under a key of KMS, of a ministack that checks signatures and rights.

use super::{secret, set};
use crate::ground::standins;
use crate::iam::{administered, allow, role};
use crate::installation::{Installation, assert_names};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use windlass_tests::leaks::{Search, Secret};

const SECRET: &str = "the-secret-under-kms";

/// A key of KMS, and a role that may use it, assumed by the role of the instance.
struct Ground {
    key: String,
    role: String,
    installation: Installation,
}

const BOTH: [&str; 2] = ["kms:GenerateDataKey", "kms:Decrypt"];

impl Ground {
    /// Names begin with `prefix`, for the stand-ins are shared.
    fn new(prefix: &str) -> Self {
        let made = administered("print(client('kms', MANAGED).create_key()['KeyMetadata']['Arn'])", &Value::Null);
        let key = made.trim().to_owned();
        let trust =
            allow(&json!({ "Principal": { "AWS": standins().seeded.instance_role }, "Action": "sts:AssumeRole" }));
        let policy = allow(&json!({ "Action": BOTH, "Resource": key }));
        let role = role("MANAGED", prefix, &trust, &policy);
        Self { installation: installation(&role), key, role }
    }

    /// What the role may do with the key from now on.
    fn may(&self, actions: &[&str]) {
        let name = self.role.rsplit('/').next().unwrap();
        let policy = allow(&json!({ "Action": actions, "Resource": self.key }));
        let script = "client('iam', MANAGED).put_role_policy(RoleName=given['name'], PolicyName='own', \
                      PolicyDocument=json.dumps(given['policy']))";
        administered(script, &json!({ "name": name, "policy": policy }));
    }

    fn rotate(&self, arguments: &[&str]) -> crate::installation::Ended {
        self.installation.run(&[&["key", "rotate-master"], arguments].concat())
    }

    fn to_kms(&self) -> crate::installation::Ended {
        self.rotate(&["--kms", &self.key])
    }

    fn file(&self) -> Vec<String> {
        let text = fs::read_to_string(self.installation.folder().join("master.key")).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    /// What KMS says that a line stands for, asked by somebody else.
    fn opened(&self, line: &str) -> Vec<u8> {
        let (_, ciphertext) = line.rsplit_once(':').unwrap();
        let script = "import base64
opened = client('kms', MANAGED).decrypt(CiphertextBlob=base64.b64decode(given), \
                      EncryptionContext={'windlass': 'master-key'})
print(json.dumps(list(opened['Plaintext'])))";
        serde_json::from_str(&administered(script, &json!(ciphertext))).unwrap()
    }
}

fn installation(role: &str) -> Installation {
    let (standins, url) = (standins(), standins().services_url());
    let installation = Installation::new(&format!(
        "{}  - {{name: machine, source: ec2-instance-role}}
  - {{name: vault, source: {{account: machine}}, assumeRole: '{role}'}}
masterKeyAccount: vault
endpoints: {{imds: '{imds}', sts: '{url}', kms: '{url}'}}
",
        super::OPS,
        imds = standins.instance_url(),
    ));
    installation.job(super::GIVE_AWAY);
    installation
}

fn is_of_kms(line: &str, key: &str) -> bool {
    line.starts_with(&format!("windlass-master-key-kms-v1:{key}:"))
}

#[test]
fn from_the_first_key_on_kms_opens_it_and_it_is_written_nowhere() {
    let ground = Ground::new("kms-first");
    let installation = &ground.installation;
    let first = ground.to_kms();
    first.ok();
    let [line] = &ground.file()[..] else { panic!("{:?}", ground.file()) };
    assert!(is_of_kms(line, &ground.key), "{line}");
    let mode = fs::metadata(installation.folder().join("master.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);
    let mut ended = vec![first, set(installation, &["keys/ops"], SECRET)];
    assert_eq!(secret(installation), SECRET);

    // Under another data key of the same key of KMS.
    ended.push(ground.to_kms());
    let [old, new] = &ground.file()[..] else { panic!("{:?}", ground.file()) };
    assert!(is_of_kms(new, &ground.key) && old != new, "{new}");
    assert_eq!(secret(installation), SECRET);
    let (old, new) = (ground.opened(old), ground.opened(new));
    assert_eq!((old.len(), new.len()), (32, 32));

    let search = Search::new(&[Secret::new("the first", old), Secret::new("the second", new)]);
    let mut finds: Vec<_> =
        ended.iter().flat_map(|ended| search.bytes("output", format!("{ended:?}").as_bytes())).collect();
    finds.extend(search.folder(installation.folder(), &[]).unwrap());
    finds.extend(search.database(&installation.folder().join("data/windlass.db")).unwrap());
    assert_eq!(finds, []);
    for ended in ended {
        ended.ok();
    }
}

#[test]
fn from_a_plain_key_to_kms_and_back() {
    let ground = Ground::new("kms-back");
    let installation = &ground.installation;
    set(installation, &["keys/ops"], SECRET).ok();
    let plain = ground.file();
    let moved = ground.to_kms();
    moved.ok();
    assert_names(&moved.stderr, &["everything is under the master key", "1 secrets"]);
    assert_eq!(secret(installation), SECRET);
    ground.rotate(&["--drop-old"]).ok();
    assert!(ground.file().len() == 1 && is_of_kms(&ground.file()[0], &ground.key), "{:?}", ground.file());
    assert_eq!(secret(installation), SECRET);

    ground.rotate(&[]).ok();
    let ended = ground.to_kms();
    assert_names(ended.failed(6, "key.master-in-use"), &["first `windlass key rotate-master`"]);
    ground.rotate(&["--drop-old"]).ok();
    let [line] = &ground.file()[..] else { panic!("{:?}", ground.file()) };
    assert!(line.starts_with("windlass-master-key-v1:") && plain[0] != *line, "{line}");
    ground.may(&["kms:DescribeKey"]);
    assert_eq!(secret(installation), SECRET, "KMS is not asked any more");
    ground.rotate(&["--prepare"]).ok();
    let ended = ground.to_kms();
    assert_names(ended.failed(6, "key.master-prepared"), &[&ground.key, "`windlass key rotate-master`"]);
}

#[test]
fn who_may_not_decrypt_is_refused_at_the_beginning() {
    let ground = Ground::new("kms-denied");
    let installation = &ground.installation;
    ground.may(&["kms:Decrypt"]);
    let ended = ground.to_kms();
    let names =
        [&*ground.key, "`vault`", "`GenerateDataKey`", "AccessDenied", &ground.role, "`kms:GenerateDataKey` on"];
    assert_names(ended.failed(6, "key.master-refused"), &names);
    assert!(!installation.folder().join("master.key").exists());

    // Who may make keys and not open them puts nothing under one.
    set(installation, &["keys/ops"], SECRET).ok();
    ground.may(&["kms:GenerateDataKey"]);
    ground.to_kms().failed(6, "key.master-refused");
    assert_eq!(installation.database("SELECT count(*) FROM master_key"), [[1]]);
    assert_eq!(secret(installation), SECRET);
    ground.may(&BOTH);
    ground.to_kms().ok();
    assert_eq!((secret(installation).as_str(), ground.file().len()), (SECRET, 2));

    ground.may(&["kms:GenerateDataKey"]);
    let executions = || installation.database("SELECT count(*) FROM execution");
    let before = executions();
    for ended in
        [installation.run_job(&[]), installation.run(&["server", "--once"]), set(installation, &["keys/b"], "b-secret")]
    {
        let allow = format!("allow the role `{}` `kms:Decrypt` on `{}`", ground.role, ground.key);
        assert_names(ended.failed(6, "key.master-refused"), &["account `vault`", "AccessDenied", &allow]);
    }
    assert_eq!(executions(), before);
}

/// Whoever has the file and the database, and not the rights.
#[test]
fn the_file_alone_opens_nothing() {
    let ground = Ground::new("kms-copied");
    set(&ground.installation, &["keys/unused"], SECRET).ok();
    ground.to_kms().ok();
    ground.rotate(&["--drop-old"]).ok();

    let elsewhere = super::installation();
    for name in ["master.key", "data"] {
        let from = ground.installation.folder().join(name);
        let copied = std::process::Command::new("cp").arg("-a").args([&from, elsewhere.folder()]).status().unwrap();
        assert!(copied.success());
    }
    let ended = elsewhere.run_job(&[]);
    assert_names(ended.failed(6, "key.master-no-account"), &[&ground.key, "`masterKeyAccount`"]);
    elsewhere.run(&["key", "rotate-master"]).failed(6, "key.master-no-account");

    // A line whose id is another's is noticed, whatever KMS opens.
    let line = ground.file().remove(0);
    let (head, ciphertext) = line.rsplit_once(':').unwrap();
    let at = ciphertext.len() - 6;
    let flipped = if &ciphertext[at..=at] == "A" { "B" } else { "A" };
    let damaged = format!("{head}:{}{flipped}{}\n", &ciphertext[..at], &ciphertext[at + 1..]);
    fs::write(ground.installation.folder().join("master.key"), damaged).unwrap();
    let ended = ground.installation.run_job(&[]);
    assert_names(ended.failed(6, "key.master-unreadable"), &["is damaged", &ground.key, "from its backup"]);
}

#[test]
fn an_account_that_needs_the_master_key_does_not_open_it() {
    let installation = Installation::new(&format!("{}masterKeyAccount: ops\n", super::OPS));
    let ended = installation.run(&["key", "list"]);
    let place = installation.place_of("masterKeyAccount: ops");
    let place = place.rsplit_once(':').unwrap().0;
    assert_names(ended.failed(3, "config.invalid"), &["account `ops` takes a secret of key storage", place]);
}

#[test]
fn what_is_no_arn_of_a_key_is_no_argument() {
    let ended =
        super::installation().run(&["key", "rotate-master", "--kms", "arn:aws:kms:us-east-1:111122223333:alias/a"]);
    assert_eq!(ended.code, Some(2), "{ended:?}");
    assert_names(&ended.stderr, &["an alias may come to mean another key"]);
}
