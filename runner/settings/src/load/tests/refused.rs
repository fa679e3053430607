//! What is refused, and where the error points to.

use windlass_errors::{Report as _, render};

use super::*;

/// The rendered error of a file whose body begins in line 3.
fn refused(body: &str) -> String {
    let sandbox = Sandbox::new(&with_header(body));
    let error = sandbox.load().expect_err(body);
    assert_eq!(error.code().as_str(), "config.invalid");
    render(&error).replace(&format!("{}/", sandbox.path("etc").display()), "")
}

/// Checks place and words of the error of one account, whose keys begin in line 5, column 5.
fn account_refused(keys: &str, place: &str, words: &str) {
    let keys: String = keys.lines().map(|line| format!("    {line}\n")).collect();
    let error = refused(&format!("accounts:\n  - name: central\n{keys}"));
    assert!(error.starts_with(&format!("error[config.invalid]: windlass.yaml:{place}: ")), "{error}");
    assert!(error.contains(&format!(" --> windlass.yaml:{place}\n")), "{error}");
    assert!(error.contains(words), "{error}");
}

const EC2: &str = "source: ec2-instance-role\n";

#[test]
fn an_error_has_place_lines_caret_and_remedy() {
    let error = refused("acounts: []\nlimits:\n  stepMemory: 1GiB\n");
    assert_eq!(
        error,
        "error[config.invalid]: windlass.yaml:3:1: there is no key `acounts` here\n   --> windlass.yaml:3:1\n    |\n\
         \x20 1 | apiVersion: windlass/v1\n  2 | kind: Configuration\n  3 | acounts: []\n    | ^^^^^^^^\n  4 | limits:\n\
         \x20 5 |   stepMemory: 1GiB\n  help: did you mean `accounts`?\n"
    );
}

#[test]
fn a_rule_points_like_a_syntax_error() {
    let error = refused(
        "accounts:\n  - name: central\n    accountId: 111122223333\n    source: ec2-instance-role\n    \
         assumeRole: arn:aws:iam::999988887777:role/Reader\n    regions: [us-east-1]\n",
    );
    assert!(error.starts_with("error[config.invalid]: windlass.yaml:7:17: the role is in account 999988887777"));
    let caret = "7 |     assumeRole: arn:aws:iam::999988887777:role/Reader\n    |                 ^^^^^^^^";
    assert!(error.contains(caret), "{error}");
    assert!(error.contains("5 |     accountId: 111122223333\n") && error.contains("8 |     regions:"), "{error}");
}

#[test]
fn account_ids_and_roles() {
    let id = |rest: &str| format!("accountId: 111122223333\n{rest}");
    account_refused(&format!("accountId: 11112222333\n{EC2}"), "5:16", "exactly twelve digits");
    account_refused(&format!("accountId: 1_11122223333\n{EC2}"), "5:16", "exactly twelve digits");
    account_refused(&format!("accountId:\n{EC2}"), "5:14", "the value is missing");
    account_refused(&format!("{EC2}assumeRole: role/R\n"), "6:17", "needs the account's `accountId`");
    account_refused(&id(&format!("{EC2}assumeRole: Reader\n")), "7:17", "`role/NAME` or as a full ARN");
    account_refused(&id(&format!("{EC2}assumeRole: arn:aws:iam::1:role/R\n")), "7:17", "exactly twelve digits");
    let cn = "assumeRole: arn:aws-cn:iam::111122223333:role/R\npartition: aws\n";
    account_refused(&id(&format!("{EC2}{cn}")), "8:16", "in the partition `aws-cn`");
    account_refused(&id(&format!("{EC2}assumeRole: role/R\npartition: aws-c\n")), "8:16", "did you mean `aws-cn`?");
    let mixed = "assumeRole: role/R\nregions: [us-east-1, cn-north-1]\n";
    account_refused(&id(&format!("{EC2}{mixed}")), "8:26", "partition `aws-cn`, but the role is in `aws`");
}

#[test]
fn external_ids_and_sessions() {
    let role = |rest: &str| format!("accountId: 111122223333\nassumeRole: role/R\n{rest}");
    account_refused(&role(&format!("{EC2}externalId: ''\n")), "8:17", "may not be empty");
    account_refused(&role(&format!("{EC2}externalId:\n")), "8:15", "the value is missing");
    account_refused(&role(&format!("{EC2}externalId: a b\n")), "8:17", "letters, digits");
    account_refused(&format!("{EC2}externalId: abc\n"), "6:17", "no effect without `assumeRole`");
    account_refused(&format!("{EC2}sessionDuration: 1h\n"), "6:22", "no effect without `assumeRole`");
    account_refused(&role(&format!("{EC2}sessionName: '{{{{jbo}}}}'\n")), "8:18", "did you mean `job`?");
    account_refused(&role(&format!("{EC2}sessionDuration: 3600\n")), "8:22", "`1h30m`");
    account_refused(&role(&format!("{EC2}sessionDuration: 14m\n")), "8:22", "from 15m to 12h");
    account_refused(&role("source: {profile: x}\nsessionDuration: 13h\n"), "8:22", "from 15m to 12h");
    account_refused(&role(&format!("{EC2}sessionDuration: 2h\n")), "8:22", "role chaining");
    let long = role("source: {profile: x}\nsessionDuration: 12h\n").replace('\n', "\n    ");
    let text = with_header(&format!("accounts:\n  - name: central\n    {}", long.trim_end()));
    assert!(Sandbox::new(&text).load().is_ok(), "a user's own session may be long");
}

#[test]
fn sources() {
    account_refused("accountId: 111122223333\n", "5:5", "the key `source` is missing");
    account_refused("source: ec2-instance-rol\n", "5:13", "did you mean `ec2-instance-role`?");
    account_refused("source: profile\n", "5:13", "write `profile: NAME`");
    account_refused("source: access-key\n", "5:13", "secretAccessKey: keys/...");
    account_refused("source: {profil: x}\n", "5:13", "did you mean `profile`?");
    account_refused(
        "source: {profile: x, access-key: {accessKeyId: A, secretAccessKey: keys/a}}\n",
        "5:13",
        "one source",
    );
    account_refused("source: {ec2-instance-role: x}\n", "5:13", "nothing belongs below");
    account_refused("source:\n", "5:5", "expected one of the sources");
    let key =
        |id: &str, path: &str| format!("source:\n  access-key:\n    accessKeyId: {id}\n    secretAccessKey: {path}\n");
    account_refused(&key("ASIAXXXX", "keys/a"), "7:22", "temporary key");
    account_refused(&key("AK/A", "keys/a"), "7:22", "like `AKIA...`");
    account_refused(&key("AKIA", "keys/project/web/a"), "8:26", "no key of a project");
    account_refused("source: {access-key: {accessKeyId: AKIA}}\n", "5:27", "`secretAccessKey` is missing");
    account_refused("source: {access-key: {acessKeyId: AKIA}}\n", "5:27", "did you mean `accessKeyId`?");
}

#[test]
fn a_secret_in_the_place_of_its_path_is_not_shown() {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    for source in [
        "source: {access-key: {accessKeyId: AKIA, secretAccessKey: SECRET}}",
        "source:\n      access-key:\n        accessKeyId: AKIA\n        secretAccessKey: SECRET",
        "source: {access-key: {accessKeyId: SECRET, secretAccessKey: keys/a}}",
        "source: {access-key: {accessKeyId: AKIA, secretAcessKey: SECRET}}",
        "source: SECRET",
        "source: {profile: [SECRET]}",
        "source: {profile: x}\n    secretAccessKey: SECRET",
        "source: {profile: x}\n    accountId: SECRET",
        "source: {profile: x}\n    accountId: 1\n    SECRET: x",
    ] {
        let text = format!("accounts:\n  - name: central\n    {}\n", source.replace("SECRET", secret));
        let error = refused(&text);
        assert!(!error.contains("wJalr") && !error.contains("EXAMPLEKEY"), "{error}");
        assert!(error.contains("***"), "{error}");
    }
    let error =
        refused("accounts:\n  - name: a\n    source: {access-key: {accessKeyId: AKIA, secretAccessKey: hunter2}}\n");
    assert!(error.contains("never the secret itself") && !error.contains("hunter2"), "{error}");
}

#[test]
fn regions() {
    account_refused(&format!("{EC2}regions: []\n"), "6:14", "allows no region");
    account_refused(&format!("{EC2}regions: [us-east-1, Ohio]\n"), "6:26", "like `us-east-1`");
    let default = "regions: [us-east-1, us-east-2]\ndefaultRegion: us-esat-1\n";
    account_refused(&format!("{EC2}{default}"), "7:20", "did you mean `us-east-1`?");
}

#[test]
fn names_and_defaults() {
    let account = "  - name: a\n    source: ec2-instance-role\n";
    let error = refused(&format!("accounts:\n{account}{account}"));
    assert!(error.contains("windlass.yaml:6:11: the system has an account `a` already, at "), "{error}");
    let error = refused("defaultAccount: a b\n");
    assert!(error.contains("windlass.yaml:3:17: a name consists of"), "{error}");
    let error = refused("projects:\n  - name: web\n  - name: web\n");
    assert!(error.contains("windlass.yaml:5:11: there is a project `web` above already"), "{error}");
    let error = refused("projects:\n  - name: web\n    defaultAccount: a/b\n");
    assert!(error.contains("windlass.yaml:5:21: a name consists of"), "{error}");
    let error = refused("projects:\n  - name: web\n    maxExecutions: 0\n");
    assert!(error.contains("windlass.yaml:5:20: it is a number of at least 1"), "{error}");
    let error = refused("projects:\n  - name: web/x\n");
    assert!(error.contains("windlass.yaml:4:11: a name consists of"), "{error}");
    let error = refused(
        "projects:\n  - name: web\n    accounts:\n      - name: a\n        \
         source: {access-key: {accessKeyId: AKIA, secretAccessKey: keys/project/other/x}}\n",
    );
    assert!(error.contains("windlass.yaml:7:67:") && error.contains("`keys/project/web/` only"), "{error}");
}

#[test]
fn a_default_may_be_an_account_of_the_database() {
    let text = "projects: [{name: web, defaultAccount: a}]\n";
    let settings = Sandbox::new(&with_header(text)).load().unwrap().settings;
    assert_eq!(settings.projects[0].default_account.as_ref().unwrap().as_str(), "a");
}

#[test]
fn places_limits_and_endpoints() {
    for (body, place, words) in [
        ("dataDir: /d\nmasterKeyFile: /d/../d/keys/m\n", "4:16", "the master key would lie in the data folder"),
        ("dataDir: ''\n", "3:10", "may not be empty"),
        ("dataDir: ~/x\n", "3:10", "`~` is not expanded"),
        ("limits: {stepMemory: 1G}\n", "3:22", "there is no unit `G`"),
        ("limits: {stepMemory: 1MiB}\n", "3:22", "at least 16MiB"),
        ("limits: {stepOutput: 5}\n", "3:22", "`64MiB`"),
        ("limits: {cancelGrace: 2h}\n", "3:23", "at most 1h"),
        ("limits: {stepLog: 1023B}\n", "3:19", "at least 1KiB"),
        ("limits: {stepLog: all}\n", "3:19", "`64MiB`"),
        ("limits: {stepLogAction: drop}\n", "3:25", "one of `truncate`, `fail`"),
        ("limits: {projectArtifacts: 0GiB}\n", "3:28", "may keep nothing"),
        ("limits: {projectArtifacts: none}\n", "3:28", "`64MiB`"),
        ("limits: {stepMemroy: 1GiB}\n", "3:10", "did you mean `stepMemory`?"),
        ("endpoints: {sts: 'http://sts.example'}\n", "3:18", "use https"),
        ("endpoints: {api.x: 'https://x'}\n", "3:20", "endpoint prefix"),
    ] {
        let error = refused(body);
        assert!(error.contains(&format!("windlass.yaml:{place}: ")) && error.contains(words), "{error}");
    }
}

#[test]
fn servers_and_retention() {
    for (body, place, words) in [
        ("server: {maxExecutions: 0}\n", "3:25", "a number from 1 to 1000"),
        ("server: {maxExecutions: 1001}\n", "3:25", "a number from 1 to 1000"),
        ("server: {projectExecutions: 0}\n", "3:29", "at least 1"),
        ("server: {projectExecutions: many}\n", "3:29", "at least 1"),
        ("server: {stopGrace: 61m}\n", "3:21", "at most 1h"),
        ("server: {lease: 2s}\n", "3:17", "3s to 5m"),
        ("server: {labels: [gpu, a b]}\n", "3:18", "`a b`: a label has letters"),
        ("server: {lease: 301s}\n", "3:17", "3s to 5m"),
        ("server: {stopGrace: 30}\n", "3:21", "`30s`"),
        ("server: {maxExcutions: 5}\n", "3:10", "did you mean `maxExecutions`?"),
        ("retention: {maxAge: 0d}\n", "3:21", "keeps no execution"),
        ("retention: {maxAge: 90}\n", "3:21", "`90d`"),
        ("retention: {maxCount: 0}\n", "3:23", "at least 1"),
        ("retention: {failed: {maxAge: 0s}}\n", "3:30", "keeps no execution"),
        ("retention: {failed: 180d}\n", "3:21", "expected keys with values"),
        ("retention: {failed: {maxCount: 5}}\n", "3:22", "there is no key `maxCount` here"),
        ("retention: {interval: 59s}\n", "3:23", "at least 1m"),
    ] {
        let error = refused(body);
        assert!(error.contains(&format!("windlass.yaml:{place}: ")) && error.contains(words), "{error}");
    }
}

#[test]
fn databases() {
    let url = "database: {url: 'postgres://db/w', ";
    for (body, place, words) in [
        ("database: {url: 'mysql://db/w'}\n", "3:17", "leave `url` out for SQLite"),
        ("database: {url: 'postgres://db'}\n", "3:17", "`postgres://db.example.com/windlass`"),
        ("database: {url: ''}\n", "3:17", "`postgres://db.example.com/windlass`"),
        ("database: {url: 'postgres://db/w?sslmode=on'}\n", "3:17", "`verify-full`"),
        ("database: {passwordFile: /p}\n", "3:26", "`passwordFile` has no effect without `url`"),
        ("database: {maxConnections: 5}\n", "3:28", "`maxConnections` has no effect without `url`"),
        ("database: {durability: none}\n", "3:24", "one of `full`, `process`"),
        (&format!("{url}maxConnections: 1}}\n"), "3:52", "a number from 2 to 100"),
        (&format!("{url}maxConnections: 101}}\n"), "3:52", "a number from 2 to 100"),
        (&format!("{url}passwordFile: ~/p}}\n"), "3:50", "`~` is not expanded"),
    ] {
        let error = refused(body);
        assert!(error.contains(&format!("windlass.yaml:{place}: ")) && error.contains(words), "{error}");
    }
}

#[test]
fn the_password_of_a_database_is_not_shown() {
    for url in [
        "postgres://me:hunter2@db/w",
        "postgresql://me:hunter/2@db/w",
        "postgres://me:hunter 2@db/w",
        "postgress://me:hunter2/@db/w",
        "postgres://db/w?password=hunter2",
        "postgres://me:pw@db/w?sslmode=x&password=hunter2",
    ] {
        let sandbox = Sandbox::new(&with_header(""));
        let environment = sandbox.load_with(&Overrides::default(), &[("WINDLASS_DATABASE_URL", url)]).unwrap_err();
        assert!(environment.to_string().starts_with("environment WINDLASS_DATABASE_URL: `database.url`: "));
        let file = refused(&format!("database:\n  url: {url}\n  durability: full\n"));
        assert!(file.contains("windlass.yaml:4:8: "), "{file}");
        for error in [render(&environment), file] {
            assert!(!error.contains("hunter"), "{error}");
            assert!(url.starts_with("postgress") || error.contains("name that as `passwordFile`"), "{error}");
        }
    }
}

#[test]
fn a_value_of_the_environment_or_a_flag_names_its_origin() {
    let sandbox = Sandbox::new(&with_header("limits:\n  stepMemory: 1GiB\n"));
    let error = sandbox.load_with(&Overrides::default(), &[("WINDLASS_LIMITS_STEP_MEMORY", "lots")]).unwrap_err();
    assert!(error.to_string().starts_with("environment WINDLASS_LIMITS_STEP_MEMORY: `limits.stepMemory`: "), "{error}");
    assert!(!error.to_string().contains("lots"));
    assert_eq!(error.snippet(), None);

    let flags = Overrides { data_dir: Some(sandbox.path("etc")), ..Overrides::default() };
    let error = sandbox.load_with(&flags, &[]).unwrap_err();
    assert!(error.to_string().starts_with("flag --data-dir: "), "{error}");
}

#[test]
fn a_broken_account_is_not_missing_as_well() {
    let error = refused("defaultAccount: a\naccounts: [{name: a, accountId: 1, source: ec2-instance-role}]\n");
    assert!(error.contains("twelve digits") && !error.contains("also:"), "{error}");
}

#[test]
fn all_broken_rules_are_reported_together() {
    let sandbox = Sandbox::new(&with_header(
        "accounts:\n  - name: a b\n    accountId: 1\n    source: ec2-instance-role\nlimits: {stepMemory: 1}\n",
    ));
    let error = sandbox.load().unwrap_err();
    assert!(error.to_string().ends_with("(and 2 more problems)"), "{error}");
    let shown = render(&error);
    for place in ["windlass.yaml:4:11", "windlass.yaml:5:16", "windlass.yaml:7:22"] {
        assert!(shown.contains(place), "{shown}");
    }
}

#[test]
fn another_kind_of_file_is_told_apart() {
    let error = Sandbox::new("apiVersion: windlass/v1\nkind: Job\nsteps: []\n").load().unwrap_err();
    assert!(
        error.to_string().ends_with("2:7: this file is a `Job`, but a `Configuration` is expected here"),
        "{error}"
    );
    let error = Sandbox::new("").load().unwrap_err();
    assert!(error.to_string().ends_with("1:1: the key `kind` is missing"), "{error}");
}
