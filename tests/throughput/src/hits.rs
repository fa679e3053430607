//! What it costs to be given credentials that are at hand: the way of a step that asks again.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Mutex;
use std::time::Instant;

use serde_json::json;
use windlass_credentials::{Attribution, Environment, Request, Resolved, SessionPolicy, Sessions, resolve};
use windlass_keys::{KeyStorage, SecretKind};
use windlass_settings::{AccountName, Installation, KeyPath, Overrides, ProjectName, Settings, load_for};
use windlass_store::Store;

const ACCOUNTS: usize = 20;

/// Nanoseconds of `count` answers from memory in all, and of as many looks into a map for the same texts.
pub(crate) async fn run(count: usize, scratch: &str) -> Result<String, String> {
    let settings = settings(Path::new(scratch))?;
    let store = Store::open_folder(&settings.data_dir).await.map_err(|error| error.to_string())?;
    let keys = KeyStorage::new(store, settings.master_key_file.clone(), &settings.data_dir);
    let path: KeyPath = "keys/aws".parse()?;
    let secret = b"wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_vec();
    keys.set(&path, SecretKind::Password, secret.into(), true).await.map_err(|error| error.to_string())?;
    let sessions = Sessions::new(settings.endpoints.clone(), keys, Environment::default());
    let project = ProjectName::parse("web")?;
    let resolved = (0..ACCOUNTS).map(|n| of_account(&settings, &project, n)).collect::<Result<Vec<_>, _>>()?;
    let who = Attribution { project: &project, job: "bench", execution: "1" };
    let policy = SessionPolicy::Inline("{\"Version\":\"2012-10-17\"}".into());
    let ask = |n: usize| sessions.credentials(&resolved[n % ACCOUNTS], &who, &policy);
    for n in 0..ACCOUNTS {
        ask(n).await.map_err(|error| error.to_string())?;
    }
    let start = Instant::now();
    for n in 0..count {
        std::hint::black_box(ask(n).await.map_err(|error| error.to_string())?);
    }
    let ours = start.elapsed().as_nanos();
    Ok(json!({ "hits_ns": ours, "looks_ns": looks(count) }).to_string())
}

/// A map behind a lock that gives a copy of three texts: nothing that gives keys from memory is cheaper.
fn looks(count: usize) -> u128 {
    let texts = |n: usize| (format!("AKIA{n}"), "s".repeat(40), "t".repeat(400));
    let map = Mutex::new((0..ACCOUNTS).map(|n| (format!("account-{n}"), texts(n))).collect::<HashMap<_, _>>());
    let names: Vec<String> = (0..ACCOUNTS).map(|n| format!("account-{n}")).collect();
    let start = Instant::now();
    for n in 0..count {
        let map = map.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        std::hint::black_box(map.get(&names[n % ACCOUNTS]).cloned());
    }
    start.elapsed().as_nanos()
}

fn settings(scratch: &Path) -> Result<Settings, String> {
    let key = "source: {access-key: {accessKeyId: AKIAIOSFODNN7EXAMPLE, secretAccessKey: keys/aws}}";
    let accounts: Vec<String> =
        (0..ACCOUNTS).map(|n| format!("{{name: a{n}, {key}, defaultRegion: eu-west-1}}")).collect();
    let file = scratch.join("windlass.yaml");
    let text = format!(
        "apiVersion: windlass/v1\nkind: Configuration\ndataDir: data\nmasterKeyFile: master.key\naccounts: [{}]\n\
         projects: [{{name: web}}]\n",
        accounts.join(", ")
    );
    std::fs::write(&file, text).map_err(|error| error.to_string())?;
    let overrides = Overrides { config: Some(file), ..Overrides::default() };
    Ok(load_for(&Installation::detect(), &overrides, []).map_err(|error| error.to_string())?.settings)
}

fn of_account(settings: &Settings, project: &ProjectName, n: usize) -> Result<Resolved, String> {
    let name = AccountName::parse(&format!("a{n}"))?;
    let request = Request {
        project,
        job: "bench",
        step_account: Some(&name),
        job_account: None,
        step_region: None,
        job_region: None,
    };
    resolve(settings, &request).map_err(|error| error.to_string())
}
