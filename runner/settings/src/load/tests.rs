//! Whole files through all layers. What single rules refuse is in `refused.rs`.

mod master_key;
mod mounts;
mod reference;
mod refused;
mod serving;
mod spinnaker;

use std::collections::BTreeMap;

use super::*;
use crate::{AccountName, Partition, ProjectName, Scope, Source};

/// A folder with a configuration file, and an installation that sees nothing else of this machine.
struct Sandbox {
    folder: tempfile::TempDir,
    installation: Installation,
}

impl Sandbox {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        std::fs::create_dir(root.join("etc")).unwrap();
        std::fs::write(root.join("etc/windlass.yaml"), text).unwrap();
        let installation = Installation {
            root: true,
            executable_dir: Some("/opt/windlass/bin".into()),
            current_dir: root.join("here"),
            system_config_dir: root.join("etc"),
            system_data_dir: root.join("var"),
        };
        Self { folder, installation }
    }

    fn load(&self) -> Result<Loaded, SettingsError> {
        self.load_with(&Overrides::default(), &[])
    }

    fn load_with(&self, overrides: &Overrides, environment: &[(&str, &str)]) -> Result<Loaded, SettingsError> {
        let pairs = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        load_for(&self.installation, overrides, pairs)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn with_header(body: &str) -> String {
    format!("apiVersion: windlass/v1\nkind: Configuration\n{body}")
}

fn origins(loaded: &Loaded) -> BTreeMap<String, String> {
    loaded.shown().into_iter().map(|shown| (shown.key, shown.origin)).collect()
}

#[test]
fn without_a_file_there_are_defaults() {
    let mut sandbox = Sandbox::new("");
    sandbox.installation.system_config_dir = sandbox.path("nothing");
    let loaded = sandbox.load().unwrap();
    let settings = &loaded.settings;
    assert_eq!(loaded.file(), None);
    assert_eq!(settings.data_dir, sandbox.path("var"));
    assert_eq!(settings.master_key_file, sandbox.path("nothing/master.key"));
    assert_eq!(settings.plugin_dirs, [Path::new("/opt/windlass/lib/windlass/plugins")]);
    assert_eq!(settings.limits.step_memory_bytes, 1 << 30);
    assert_eq!(settings.limits.cancel_grace.as_secs(), 10);
    assert!(settings.accounts.is_empty() && settings.projects.is_empty());
    assert!(origins(&loaded).values().all(|origin| origin == "default"));
}

#[test]
fn each_layer_wins_over_the_one_below() {
    let sandbox = Sandbox::new(&with_header(
        "dataDir: data\nmasterKeyFile: /keys/master\npluginDirs: [p1, /p2]\nlimits:\n  stepMemory: 2GiB\n  cancelGrace: 20s\n",
    ));
    let file = format!("file {}", sandbox.path("etc/windlass.yaml").display());

    let loaded = sandbox.load().unwrap();
    assert_eq!(loaded.settings.data_dir, sandbox.path("etc/data"), "relative to the file");
    assert_eq!(loaded.settings.plugin_dirs, [sandbox.path("etc/p1"), "/p2".into()]);
    assert_eq!(origins(&loaded)["dataDir"], format!("{file}:3"));
    assert_eq!(origins(&loaded)["pluginDirs"], format!("{file}:5"));
    assert_eq!(origins(&loaded)["limits.stepMemory"], format!("{file}:7"));
    assert_eq!(origins(&loaded)["limits.stepOutput"], "default");

    let environment = [("WINDLASS_DATA_DIR", "d"), ("WINDLASS_LIMITS_CANCEL_GRACE", "30s")];
    let flags = Overrides { plugin_dirs: vec!["flagged".into()], ..Overrides::default() };
    let loaded = sandbox.load_with(&flags, &environment).unwrap();
    assert_eq!(loaded.settings.data_dir, sandbox.path("here/d"), "relative to the current folder");
    assert_eq!(loaded.settings.plugin_dirs, [sandbox.path("here/flagged")]);
    assert_eq!(loaded.settings.limits.cancel_grace.as_secs(), 30);
    assert_eq!(origins(&loaded)["dataDir"], "environment WINDLASS_DATA_DIR");
    assert_eq!(origins(&loaded)["pluginDirs"], "flag --plugin-dir");
    assert_eq!(origins(&loaded)["limits.stepMemory"], format!("{file}:7"), "its neighbour alone was set");

    let flags = Overrides { data_dir: Some("/flag".into()), ..Overrides::default() };
    let loaded = sandbox.load_with(&flags, &environment).unwrap();
    assert_eq!(loaded.settings.data_dir, Path::new("/flag"));
    assert_eq!(origins(&loaded)["dataDir"], "flag --data-dir");
}

#[test]
fn the_file_is_the_named_one() {
    let sandbox = Sandbox::new(&with_header("dataDir: /implicit\n"));
    for name in ["flag", "variable"] {
        std::fs::create_dir_all(sandbox.path("here")).unwrap();
        std::fs::write(sandbox.path(&format!("here/{name}.yaml")), with_header(&format!("dataDir: /{name}\n")))
            .unwrap();
    }
    let variable = [("WINDLASS_CONFIG", "variable.yaml")];
    let flag = Overrides { config: Some("flag.yaml".into()), ..Overrides::default() };
    let data_dir = |overrides: &Overrides, environment: &[(&str, &str)]| {
        sandbox.load_with(overrides, environment).unwrap().settings.data_dir
    };
    assert_eq!(data_dir(&flag, &variable), Path::new("/flag"));
    assert_eq!(data_dir(&Overrides::default(), &variable), Path::new("/variable"));
    assert_eq!(data_dir(&Overrides::default(), &[]), Path::new("/implicit"));

    let missing = Overrides { config: Some("missing.yaml".into()), ..Overrides::default() };
    let error = sandbox.load_with(&missing, &[]).unwrap_err();
    assert!(matches!(&error, SettingsError::Unreadable { path, .. } if path.ends_with("here/missing.yaml")));
    assert_eq!(windlass_errors::Report::code(&error).as_str(), "config.unreadable");
}

#[test]
fn accounts_and_projects_come_out_whole() {
    let text = include_str!("../../../../config/examples/windlass.yaml");
    let sandbox = Sandbox::new(text);
    let loaded = sandbox.load().unwrap();
    let settings = &loaded.settings;
    let web = settings.project(&ProjectName::parse("web").unwrap()).unwrap();
    let prod = &web.accounts[0];
    let role = prod.role.as_ref().unwrap();
    assert_eq!(prod.scope, Scope::Project(web.name.clone()));
    assert_eq!(prod.account_id.as_ref().unwrap().as_str(), "012345678901", "unquoted, with its leading zero");
    assert_eq!(role.arn.as_str(), "arn:aws:iam::012345678901:role/windlass-reader");
    assert_eq!(role.external_id.as_ref().unwrap().as_str(), "windlass-web-5f0c2b7e");
    assert_eq!(role.duration.as_secs(), 3600);
    assert_eq!(web.default_account, Some(AccountName::parse("prod").unwrap()));
    let line = text.lines().position(|line| line.trim() == "- name: prod").unwrap() + 1;
    assert!(prod.place.to_string().ends_with(&format!("windlass.yaml:{line}:15")), "{}", prod.place);

    let china = settings.projects[1].accounts[0].role.as_ref().unwrap();
    assert_eq!(china.arn.partition(), Partition::AwsCn);
    assert_eq!(settings.accounts[1].source, Source::Profile("ops".into()));
    assert!(matches!(&web.accounts[1].source, Source::AccessKey(key)
        if key.id.starts_with("AKIA") && key.secret.as_str() == "keys/project/web/aws-test"));
}

#[test]
fn accounts_and_projects_are_shown_with_their_lines() {
    let sandbox = Sandbox::new(&with_header(
        "accounts:\n  - name: central\n    accountId: 111122223333\n    source: {profile: ops}\n    assumeRole: role/R\n\
         projects:\n  - name: web\n    description: Site\n    accounts: [{name: prod, source: ec2-instance-role}]\n",
    ));
    let shown = sandbox.load().unwrap().shown();
    let file = sandbox.path("etc/windlass.yaml");
    let item = |key: &str| shown.iter().find(|item| item.key == key).unwrap();
    assert_eq!(item("accounts.central").origin, format!("file {}:4", file.display()));
    assert_eq!(
        item("accounts.central").value,
        serde_json::json!({
            "accountId": "111122223333",
            "source": {"profile": "ops"},
            "assumeRole": "arn:aws:iam::111122223333:role/R",
            "sessionName": "windlass-{{project}}-{{job}}",
            "sessionDuration": "1h",
        })
    );
    assert_eq!(item("projects.web").value, serde_json::json!({"description": "Site"}));
    assert_eq!(item("projects.web").origin, format!("file {}:9", file.display()));
    assert_eq!(item("projects.web.accounts.prod").value, serde_json::json!({"source": "ec2-instance-role"}));
}

#[test]
fn endpoints_of_the_layers_are_joined() {
    let sandbox = Sandbox::new(&with_header("endpoints: {imds: 'http://169.254.169.254', sts: 'https://a'}\n"));
    let environment = [("WINDLASS_ENDPOINTS_STS", "http://127.0.0.1:1"), ("WINDLASS_ENDPOINTS_LOGS", "https://l")];
    let loaded = sandbox.load_with(&Overrides::default(), &environment).unwrap();
    let endpoints = &loaded.settings.endpoints;
    assert_eq!(endpoints.imds.as_deref(), Some("http://169.254.169.254"));
    assert_eq!(endpoints.services["sts"], "http://127.0.0.1:1");
    assert_eq!(endpoints.services["logs"], "https://l");
    assert_eq!(origins(&loaded)["endpoints.sts"], "environment WINDLASS_ENDPOINTS_STS");
    assert!(!endpoints.services.contains_key("imds"));
}

#[test]
fn an_unknown_variable_is_a_warning() {
    let sandbox = Sandbox::new(&with_header(""));
    let loaded = sandbox.load_with(&Overrides::default(), &[("WINDLASS_DATA_DIRS", "/x")]).unwrap();
    assert_eq!(loaded.warnings().len(), 1);
    assert!(loaded.warnings()[0].contains("did you mean `WINDLASS_DATA_DIR`?"));
}
