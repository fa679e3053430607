//! Against a KMS that XORs: what is made of its answers. A stand-in of KMS is in the end-to-end tests.

use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use windlass_errors::Report as _;
use zeroize::Zeroizing;

use super::*;
use crate::Reading;

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/a";

#[derive(Default)]
struct Xor {
    made: AtomicUsize,
    opened: AtomicUsize,
}

fn xor(bytes: &[u8]) -> Zeroizing<[u8; 32]> {
    let flipped: Vec<u8> = bytes.iter().map(|byte| byte ^ 0x5a).collect();
    Zeroizing::new(flipped.try_into().unwrap())
}

impl Kms for Xor {
    fn generate<'a>(&'a self, _key: &'a KmsKey) -> Reading<'a, DataKey> {
        let plaintext = Zeroizing::new([u8::try_from(self.made.fetch_add(1, Ordering::SeqCst)).unwrap(); 32]);
        let ciphertext = xor(plaintext.as_slice()).to_vec();
        Box::pin(std::future::ready(Ok(DataKey { plaintext, ciphertext })))
    }

    fn decrypt<'a>(&'a self, _key: &'a KmsKey, ciphertext: &'a [u8]) -> Reading<'a, Zeroizing<[u8; 32]>> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.opened.fetch_add(1, Ordering::SeqCst);
            Ok(xor(ciphertext))
        })
    }
}

fn arn() -> KmsKey {
    KmsKey::parse(ARN).unwrap()
}

fn place() -> (TempDir, MasterFile, Arc<Xor>) {
    let folder = tempfile::tempdir().unwrap();
    let place = MasterFile { file: folder.path().join("master.key"), data_dir: folder.path().join("data") };
    (folder, place, Arc::default())
}

fn code<T>(result: Result<T, KeyError>) -> String {
    match result {
        Ok(_) => panic!("it was accepted"),
        Err(error) => error.code().to_string(),
    }
}

#[tokio::test]
async fn the_file_has_what_kms_encrypted_and_opens_once_for_all() {
    let (_folder, place, kms) = place();
    let masters = Masters::of(place.clone(), Some(kms.clone()));
    let first = masters.first(Some(&arn())).await.unwrap();
    assert_eq!((first.kms(), first.id()), (Some(&arn()), MasterKey::of(Zeroizing::new([0; 32])).id()));
    let text = std::fs::read(&place.file).unwrap();
    assert_eq!((text.as_slice(), kms.opened.load(Ordering::SeqCst)), (first.to_text().as_slice(), 0));
    assert_eq!(masters.first(Some(&arn())).await.unwrap().id(), first.id(), "it is made once");

    let masters = Arc::new(masters);
    let all: Vec<_> = (0..20)
        .map(|_| {
            let (masters, id) = (masters.clone(), first.id().to_owned());
            tokio::spawn(async move { masters.get(&id).await.unwrap().key()[0] })
        })
        .collect();
    for one in all {
        assert_eq!(one.await.unwrap(), 0);
    }
    assert_eq!((kms.made.load(Ordering::SeqCst), kms.opened.load(Ordering::SeqCst)), (1, 1));
}

#[tokio::test]
async fn one_that_is_there_is_taken_unless_another_was_asked_for() {
    let (_folder, place, kms) = place();
    let masters = Masters::of(place.clone(), Some(kms));
    let first = masters.first(None).await.unwrap();
    assert!(first.kms().is_none());
    assert_eq!(code(masters.first(Some(&arn())).await), "key.master-prepared");
    let next = masters.next_after(first.id(), Some(&arn())).await.unwrap();
    assert_eq!(masters.next_after(first.id(), None).await.unwrap().id(), next.id());
    let other = KmsKey::parse(&ARN.replace("/a", "/b")).unwrap();
    assert_eq!(code(masters.next_after(first.id(), Some(&other)).await), "key.master-prepared");
    let third = masters.next_after(next.id(), None).await.unwrap();
    assert!(third.kms().is_none());
    assert_eq!(place.load().unwrap().unwrap().ids(), format!("{}, {}", next.id(), third.id()));
    assert_eq!(code(masters.next_after(next.id(), Some(&arn())).await), "key.master-prepared");
}

#[tokio::test]
async fn a_line_of_another_key_or_without_an_account_opens_nothing() {
    let (_folder, place, kms) = place();
    let id = Masters::of(place.clone(), Some(kms.clone())).first(Some(&arn())).await.unwrap().id().to_owned();
    let without = Masters::of(place.clone(), None);
    assert_eq!(code(without.get(&id).await), "key.master-no-account");
    assert_eq!(code(without.next_after(&id, Some(&arn())).await), "key.master-no-account");
    let text = std::fs::read_to_string(&place.file).unwrap();
    std::fs::write(&place.file, text.replace(&id, "2b539fef64b9c772")).unwrap();
    let error = Masters::of(place, Some(kms)).get("2b539fef64b9c772").await.err().unwrap();
    assert_eq!(error.code().as_str(), "key.master-unreadable");
    let said = error.to_string();
    assert!(said.contains(&format!("`{ARN}` opens it as {id}")), "{said}");
}
