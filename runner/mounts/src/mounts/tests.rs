//! Against a server whose answers the test writes: what no stand-in says. Real ones are in the end-to-end tests.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::TempDir;
use windlass_errors::render;
use windlass_keys::SecretKind;
use windlass_settings::{Installation, Overrides, load_for};
use windlass_store::Store;

use super::*;

/// What the server answers to an operation and its input.
type Script = fn(&str, &Value) -> (u16, Value);

struct Ground {
    _folder: TempDir,
    keys: KeyStorage,
    asked: Arc<AtomicUsize>,
    server: Arc<tiny_http::Server>,
}

impl Ground {
    /// Key storage with Secrets Manager at `keys/aws` and Parameter Store at `keys/parameters`.
    async fn new(script: Script) -> Self {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
        let asked = Arc::new(AtomicUsize::new(0));
        serve(server.clone(), asked.clone(), script);
        let (folder, keys) = keys_at(&format!("http://{}", server.server_addr())).await;
        Self { _folder: folder, keys, asked, server }
    }

    async fn refused(&self, path: &str) -> String {
        refused(&self.keys, path).await
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

/// Key storage whose mounts are at this address.
async fn keys_at(url: &str) -> (TempDir, KeyStorage) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("windlass.yaml");
    let text = format!(
        "apiVersion: windlass/v1\nkind: Configuration\ndataDir: data\nmasterKeyFile: master.key\naccounts:\n  \
         - {{name: reader, source: {{access-key: {{accessKeyId: AKIAEXAMPLE, secretAccessKey: keys/own}}}}}}\n\
         endpoints: {{secretsmanager: '{url}', ssm: '{url}'}}\nkeyMounts:\n  \
         - {{path: keys/aws, secretsManager: {{account: reader, region: eu-west-1, prefix: web/}}}}\n  \
         - {{path: keys/parameters, parameterStore: {{account: reader, region: eu-west-1}}}}\n"
    );
    std::fs::write(&file, text).unwrap();
    let overrides = Overrides { config: Some(file), ..Overrides::default() };
    let loaded = load_for(&Installation::detect(), &overrides, []).map_err(|error| render(&error)).unwrap();
    let settings = loaded.settings;
    let store = Store::open_folder(&settings.data_dir).await.unwrap();
    let stored = KeyStorage::new(store, settings.master_key_file.clone(), &settings.data_dir);
    let own = b"the-secret-of-the-key".to_vec().into();
    stored.set(&at("keys/own"), SecretKind::Password, own, false).await.unwrap();
    let mounts = Mounts::new(&settings, stored.clone(), Environment::default());
    (folder, stored.with(Arc::new(mounts)))
}

async fn refused(keys: &KeyStorage, path: &str) -> String {
    match keys.get(&at(path)).await {
        Ok(_) => panic!("it was given"),
        Err(error) => render(&error),
    }
}

fn serve(server: Arc<tiny_http::Server>, asked: Arc<AtomicUsize>, script: Script) {
    std::thread::spawn(move || {
        for mut request in server.incoming_requests() {
            asked.fetch_add(1, Ordering::SeqCst);
            let target = request.headers().iter().find(|header| header.field.equiv("x-amz-target")).unwrap();
            let (target, mut body) = (target.value.to_string(), String::new());
            request.as_reader().read_to_string(&mut body).unwrap();
            let (status, answer) = script(&target, &serde_json::from_str(&body).unwrap());
            drop(request.respond(tiny_http::Response::from_string(answer.to_string()).with_status_code(status)));
        }
    });
}

fn at(path: &str) -> KeyPath {
    KeyPath::parse(path).unwrap()
}

fn denied(message: &str) -> (u16, Value) {
    (400, json!({ "__type": "AccessDeniedException", "Message": message }))
}

#[tokio::test]
async fn a_value_is_asked_for_once() {
    let ground = Ground::new(|target, input| {
        assert_eq!((target, &input["SecretId"]), ("secretsmanager.GetSecretValue", &json!("web/db/password")));
        (200, json!({ "SecretString": "recognisable" }))
    })
    .await;
    for _ in 0..3 {
        assert_eq!(ground.keys.get(&at("keys/aws/db/password")).await.unwrap().expose_secret(), b"recognisable");
    }
    assert_eq!(ground.asked(), 1);
}

#[tokio::test]
async fn a_parameter_is_asked_for_decrypted() {
    let ground = Ground::new(|_, input| {
        assert_eq!(input, &json!({ "Name": "/db/password", "WithDecryption": true }));
        (200, json!({ "Parameter": { "Value": "recognisable", "Type": "SecureString" } }))
    })
    .await;
    assert_eq!(ground.keys.get(&at("keys/parameters/db/password")).await.unwrap().expose_secret(), b"recognisable");
}

#[tokio::test]
async fn a_key_that_may_not_be_used_is_told_from_a_secret_that_may_not_be_read() {
    let ground = Ground::new(|_, _| denied("Access to KMS is not allowed")).await;
    let error = ground.refused("keys/aws/db").await;
    for part in [
        "error[key.mount-refused]: `keys/aws/db` (mount `keys/aws`, Secrets Manager in eu-west-1, account `reader` of the \
         system): secret `web/db`: AWS answered `GetSecretValue` with AccessDeniedException: Access to KMS is not allowed",
        "help: allow the identity of account `reader` `kms:Decrypt` on the key of `web/db`",
    ] {
        assert!(error.contains(part), "{error}");
    }
    let ground = Ground::new(|_, _| denied("User: x is not authorized to perform: ssm:GetParameter")).await;
    let error = ground.refused("keys/parameters/db").await;
    assert!(error.contains("allow the identity of account `reader` `ssm:GetParameter` on `/db`"), "{error}");
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let ground = Ground::new(|_, _| (400, json!({ "__type": "ParameterNotFound" }))).await;
    let error = ground.refused("keys/parameters/db").await;
    assert!(error.starts_with("error[key.not-found]: `keys/parameters/db` (mount `keys/parameters`, "), "{error}");
    assert!(error.contains("there is no parameter `/db`") && error.contains("`windlass key list keys/parameters"));
}

#[tokio::test]
async fn an_answer_without_a_value_is_not_repeated() {
    let ground = Ground::new(|_, _| (200, json!({ "SecretString": ["recognisable"] }))).await;
    let error = ground.refused("keys/aws/db").await;
    assert!(error.starts_with("error[key.mount-unreachable]: "), "{error}");
    assert!(error.contains("cannot be read: line 1, column ") && !error.contains("recognisable"), "{error}");
}

#[tokio::test]
async fn what_is_too_long_is_refused() {
    let ground = Ground::new(|_, _| (200, json!({ "SecretString": "x".repeat(LONGEST + 1) }))).await;
    assert!(ground.refused("keys/aws/db").await.contains("secret `web/db` has more than 65536 bytes"));
}

#[tokio::test]
async fn a_store_that_is_not_there_is_named() {
    let url = "http://127.0.0.9:1"; // nobody takes a free port of this address meanwhile
    let (_folder, keys) = keys_at(url).await;
    let error = refused(&keys, "keys/parameters/db").await;
    assert!(
        error.starts_with("error[key.mount-unreachable]: `keys/parameters/db` (mount `keys/parameters`, "),
        "{error}"
    );
    assert!(error.contains(&format!("`{url}` does not answer")) && error.contains("`endpoints.ssm`"), "{error}");
}

/// Each of three pages has a secret of the folder, one that only looks like it, and one that no path can have.
fn page(_target: &str, input: &Value) -> (u16, Value) {
    assert_eq!(input["Filters"][0]["Values"], json!(["web/db/"]));
    let number = input["NextToken"].as_str().map_or(3, |token| token.parse().unwrap());
    let names = [format!("web/db/{number}"), format!("Web/db/{number}"), format!("web/db/a b{number}")];
    let secrets = names.map(|name| json!({ "Name": name, "CreatedDate": 1.5, "LastChangedDate": 2 }));
    let mut answer = json!({ "SecretList": secrets });
    if number > 1 {
        answer["NextToken"] = json!((number - 1).to_string());
    }
    (200, answer)
}

#[tokio::test]
async fn a_folder_has_what_all_pages_have() {
    let ground = Ground::new(page).await;
    let entries = ground.keys.list("keys/aws/db/").await.unwrap();
    let paths: Vec<&str> = entries.iter().map(|entry| entry.path.as_str()).collect();
    assert_eq!(paths, ["keys/aws/db/1", "keys/aws/db/2", "keys/aws/db/3"]);
    let entry = &entries[0];
    assert_eq!((entry.created_at, entry.updated_at, entry.version), (Some(1500), Some(2000), None));
    assert_eq!((entry.mount.as_deref(), entry.at_most_bytes), (Some("keys/aws"), None));
}

#[tokio::test]
async fn a_list_without_an_end_has_one() {
    let ground = Ground::new(|_, _| (200, json!({ "SecretList": [], "NextToken": "again" }))).await;
    let error = ground.keys.list("keys/aws").await.unwrap_err();
    assert!(error.to_string().ends_with("there are too many secrets to list"), "{error}");
    assert_eq!(ground.asked(), 100);
}

#[tokio::test]
async fn an_entry_is_that_of_the_exact_name() {
    let ground = Ground::new(|_, input| {
        assert_eq!(input["ParameterFilters"][0]["Values"], json!(["/db"]));
        let parameters = ["/db", "/db/other"].map(|name| json!({ "Name": name, "Version": 4, "LastModifiedDate": 1 }));
        (200, json!({ "Parameters": parameters, "NextToken": "more" }))
    })
    .await;
    let entry = ground.keys.entry(&at("keys/parameters/db")).await.unwrap();
    assert_eq!((entry.path.as_str(), entry.version), ("keys/parameters/db", Some(4)));
    assert_eq!(ground.asked(), 1, "the first page had it");
}

#[tokio::test]
async fn the_accounts_trouble_is_the_mounts() {
    let ground = Ground::new(|_, _| (200, json!({}))).await;
    ground.keys.delete(&at("keys/own")).await.unwrap();
    let error = ground.refused("keys/aws/db").await;
    assert!(error.starts_with("error[key.not-found]: `keys/aws/db` (mount `keys/aws`, "), "{error}");
    assert!(error.contains("account `reader` of the system (source `access-key`, no role)"), "{error}");
    assert!(error.contains("help: set it: `windlass key set keys/own`"), "{error}");
    assert_eq!(ground.asked(), 0);
}

/// As many as the server has threads: under load it lets a further connection wait for one that is kept.
const AT_ONCE: usize = 4;

#[tokio::test]
async fn secrets_are_asked_for_by_several_at_once() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let ground = Ground::new(|_, input| {
        let name = input["SecretId"].as_str().unwrap().to_owned();
        SEEN.lock().unwrap().push(name.clone());
        (200, json!({ "SecretString": name }))
    })
    .await;
    let read = |number: usize| {
        let keys = ground.keys.clone();
        tokio::spawn(
            async move { keys.get(&at(&format!("keys/aws/{number}"))).await.unwrap().expose_secret().to_vec() },
        )
    };
    for (number, task) in (0..AT_ONCE).map(read).enumerate().collect::<Vec<_>>() {
        assert_eq!(task.await.unwrap(), format!("web/{number}").into_bytes());
    }
    assert_eq!(SEEN.lock().unwrap().len(), AT_ONCE);
}
