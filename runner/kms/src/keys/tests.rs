//! Against a server whose answers the test writes: what no stand-in says. A stand-in of KMS is in the end-to-end tests.

use std::sync::{Arc, Mutex};

use tempfile::TempDir;
use windlass_errors::render;
use windlass_keys::SecretKind;
use windlass_settings::{Installation, KeyPath, Overrides, load_for};
use windlass_store::Store;

use super::*;

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/// 32 bytes, which no error and no file may repeat.
const PLAINTEXT: &str = "cmVjb2duaXNhYmxlIG1hc3RlciBrZXkgb2YgYSB0ZXM=";
const REFUSED: &str = r#"{"__type":"AccessDeniedException","message":"recognisable says no"}"#;

/// What KMS answers to an operation.
type Script = fn(&str) -> (u16, String);

/// Key storage whose KMS answers so, and what was asked.
struct Ground {
    folder: TempDir,
    keys: KeyStorage,
    asked: Arc<Mutex<Vec<String>>>,
    server: Arc<tiny_http::Server>,
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

impl Ground {
    async fn new(script: Script) -> Self {
        let server = Arc::new(tiny_http::Server::http("127.0.0.1:0").unwrap());
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        serve(server.clone(), asked.clone(), script);
        let url = format!("http://{}", server.server_addr());
        let (folder, keys) = keys_at(&url, &url).await;
        Self { folder, keys, asked, server }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn keys_at(imds: &str, kms: &str) -> (TempDir, KeyStorage) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("windlass.yaml");
    let text = format!(
        "apiVersion: windlass/v1\nkind: Configuration\ndataDir: data\nmasterKeyFile: master.key\n\
         accounts: [{{name: machine, source: ec2-instance-role}}]\nmasterKeyAccount: machine\n\
         endpoints: {{imds: '{imds}', kms: '{kms}'}}\n"
    );
    std::fs::write(&file, text).unwrap();
    let overrides = Overrides { config: Some(file), ..Overrides::default() };
    let loaded = load_for(&Installation::detect(), &overrides, []).map_err(|error| render(&error)).unwrap();
    let settings = loaded.settings;
    let store = Store::open_folder(&settings.data_dir).await.unwrap();
    let plain = KeyStorage::new(store, settings.master_key_file.clone(), &settings.data_dir);
    let kms = KeysOfKms::of(&settings, plain.clone(), Environment::default()).unwrap();
    (folder, plain.with_kms(Arc::new(kms)))
}

fn serve(server: Arc<tiny_http::Server>, asked: Arc<Mutex<Vec<String>>>, script: Script) {
    std::thread::spawn(move || {
        for mut request in server.incoming_requests() {
            let target = request.headers().iter().find(|header| header.field.equiv("X-Amz-Target"));
            let target = target.map(|header| header.value.to_string());
            let (status, body) = match (request.url().trim_end_matches('/'), target) {
                ("/latest/api/token", _) => (200, "token".to_owned()),
                ("/latest/meta-data/iam/security-credentials", _) => (200, "machine".to_owned()),
                ("/latest/meta-data/iam/security-credentials/machine", _) => (200, INSTANCE.to_owned()),
                (_, Some(target)) => {
                    let mut body = String::new();
                    std::io::Read::read_to_string(request.as_reader(), &mut body).unwrap();
                    asked.lock().unwrap().push(format!("{target} {body}"));
                    script(&target)
                }
                (other, None) => (404, other.to_owned()),
            };
            let ttl = "X-aws-ec2-metadata-token-ttl-seconds: 600".parse::<tiny_http::Header>().unwrap();
            let answer = tiny_http::Response::from_string(body).with_status_code(status).with_header(ttl);
            let _ = request.respond(answer);
        }
    });
}

const INSTANCE: &str = r#"{"Code":"Success","Type":"AWS-HMAC","AccessKeyId":"ASIAEXAMPLE","SecretAccessKey":"secret",
    "Token":"session","LastUpdated":"2026-01-01T00:00:00Z","Expiration":"2099-01-01T00:00:00Z"}"#;

fn arn() -> KmsKey {
    KmsKey::parse(ARN).unwrap()
}

fn works(target: &str) -> (u16, String) {
    let answer = match target {
        "TrentService.GenerateDataKey" => json!({ "KeyId": ARN, "Plaintext": PLAINTEXT, "CiphertextBlob": "Y2lwaGVy" }),
        _ => json!({ "KeyId": ARN, "Plaintext": PLAINTEXT }),
    };
    (200, answer.to_string())
}

#[tokio::test]
async fn kms_makes_the_key_and_opens_it_for_who_says_what_it_is_for() {
    let ground = Ground::new(works).await;
    let rotated = ground.keys.rotate_master_key(Some(&arn())).await.unwrap().unwrap();
    let path = KeyPath::parse("keys/a").unwrap();
    ground.keys.set(&path, SecretKind::Password, b"the secret".to_vec().into(), false).await.unwrap();
    let text = std::fs::read_to_string(ground.folder.path().join("master.key")).unwrap();
    assert_eq!(text, format!("windlass-master-key-kms-v1:{ARN}:{}:Y2lwaGVy\n", rotated.to));
    let context = r#""EncryptionContext":{"windlass":"master-key"}"#;
    let [made, opened] = &ground.asked()[..] else { panic!("{:?}", ground.asked()) };
    for (asked, parts) in [
        (made, ["TrentService.GenerateDataKey ", context, ARN, r#""NumberOfBytes":32"#]),
        (opened, ["TrentService.Decrypt ", context, ARN, r#""CiphertextBlob":"Y2lwaGVy""#]),
    ] {
        for part in parts {
            assert!(asked.contains(part), "{part} in {asked}");
        }
    }
}

#[tokio::test]
async fn a_key_that_does_not_open_is_not_used() {
    let ground = Ground::new(|target| match target {
        "TrentService.Decrypt" => (400, REFUSED.to_owned()),
        other => works(other),
    })
    .await;
    let error = render(&ground.keys.rotate_master_key(Some(&arn())).await.unwrap_err());
    assert_eq!(
        error,
        format!(
            "error[key.master-refused]: the master key under `{ARN}` (account `machine`): AWS answered `Decrypt` with \
             AccessDeniedException: recognisable says no\n  help: allow the identity of account `machine` `kms:Decrypt` \
             on `{ARN}`, in its policies or in the key's\n"
        )
    );
    let path = KeyPath::parse("keys/a").unwrap();
    let set = ground.keys.set(&path, SecretKind::Password, b"the secret".to_vec().into(), false).await;
    assert!(render(&set.unwrap_err()).starts_with("error[key.master-refused]"));
    ground.keys.check_master_keys().await.unwrap(); // the database knows none
}

#[tokio::test]
async fn each_refusal_has_its_remedy() {
    for (script, code, remedy) in [
        ((|_| (400, REFUSED.to_owned())) as Script, "key.master-refused", "`kms:GenerateDataKey` on"),
        (|_| (400, r#"{"__type":"DisabledException"}"#.to_owned()), "key.master-refused", "aws kms enable-key"),
        (|_| (400, r#"{"__type":"NotFoundException"}"#.to_owned()), "key.master-refused", "is gone for good"),
        (|_| (400, r#"{"__type":"InvalidKeyUsageException"}"#.to_owned()), "key.master-refused", "symmetric key"),
    ] {
        let ground = Ground::new(script).await;
        let error = render(&ground.keys.prepare_master_key(Some(&arn())).await.unwrap_err());
        assert!(error.starts_with(&format!("error[{code}]")) && error.contains(remedy), "{error}");
        assert!(!ground.folder.path().join("master.key").exists());
    }
}

/// Nothing of an answer that cannot be read is repeated.
#[tokio::test]
async fn an_answer_of_something_else() {
    for script in [
        (|_| (200, "recognisable".to_owned())) as Script,
        |_| (200, json!({ "Plaintext": "recognisable", "CiphertextBlob": "Y2lwaGVy" }).to_string()),
        |_| (200, json!({ "Plaintext": PLAINTEXT }).to_string()),
        |_| (200, json!({ "Plaintext": PLAINTEXT, "CiphertextBlob": "recognisable!" }).to_string()),
        |_| (200, json!({ "Plaintext": format!("AAAA{PLAINTEXT}"), "CiphertextBlob": "Y2lwaGVy" }).to_string()),
    ] {
        let ground = Ground::new(script).await;
        let error = ground.keys.prepare_master_key(Some(&arn())).await.unwrap_err();
        let shown = format!("{} {error:?}", render(&error));
        assert!(shown.starts_with("error[key.master-unreachable]"), "{shown}");
        assert!(!shown.contains("recognisable") && !shown.contains(PLAINTEXT), "{shown}");
    }
}

#[tokio::test]
async fn nobody_there() {
    let ground = Ground::new(works).await;
    let (_folder, keys) = keys_at(&format!("http://{}", ground.server.server_addr()), "http://127.0.0.1:1").await;
    let error = render(&keys.prepare_master_key(Some(&arn())).await.unwrap_err());
    for words in
        ["error[key.master-unreachable]", "`http://127.0.0.1:1` does not answer", ARN, "`machine`", "`endpoints.kms`"]
    {
        assert!(error.contains(words), "{words} in {error}");
    }
}
