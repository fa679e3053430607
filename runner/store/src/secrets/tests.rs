use super::*;
use crate::testing::{MASTER, on_both};

fn row(path: &str, version: i64) -> SecretRow {
    SecretRow {
        path: path.to_owned(),
        version,
        kind: SecretKind::PublicKey,
        sealed: Sealed {
            master_key: MASTER.to_owned(),
            wrapped_key: vec![0, 255],
            ciphertext: vec![0; usize::try_from(version).unwrap()],
        },
        created_at: 1,
        updated_at: version,
    }
}

on_both! {
    async fn a_version_is_replaced_only_by_the_next(store) {
        assert_eq!(store.set_first_master_key(MASTER).await.unwrap(), MASTER);
        assert!(store.put_secret(row("keys/a", 1), None).await.unwrap());
        assert!(!store.put_secret(row("keys/a", 1), None).await.unwrap());
        assert!(!store.put_secret(row("keys/a", 3), Some(2)).await.unwrap());
        assert!(store.put_secret(row("keys/a", 2), Some(1)).await.unwrap());
        assert!(!store.put_secret(row("keys/a", 2), Some(1)).await.unwrap());
        assert!(!store.put_secret(row("keys/b", 2), Some(1)).await.unwrap());
        assert_eq!(store.secret("keys/a").await.unwrap(), Some(row("keys/a", 2)));
        assert!(store.delete_secret("keys/a").await.unwrap());
        assert!(!store.delete_secret("keys/a").await.unwrap());
        assert_eq!(store.secret("keys/a").await.unwrap(), None);
    }

    async fn a_folder_is_not_its_neighbour(store) {
        store.set_first_master_key(MASTER).await.unwrap();
        for path in ["keys/a", "keys/a/x", "keys/a/y/z", "keys/a-b/x", "keys/a0", "keys/A/x"] {
            assert!(store.put_secret(row(path, 1), None).await.unwrap());
        }
        let paths = async |folder| {
            let entries = store.secrets(folder).await.unwrap();
            entries.into_iter().map(|entry| entry.path).collect::<Vec<_>>()
        };
        assert_eq!(paths(Some("keys/a")).await, ["keys/a/x", "keys/a/y/z"]);
        assert_eq!(paths(Some("keys/_")).await, [""; 0]);
        assert_eq!(paths(None).await.len(), 6);
    }

    async fn an_entry_tells_what_a_secret_is_and_nothing_of_it(store) {
        store.set_first_master_key(MASTER).await.unwrap();
        store.put_secret(row("keys/a", 7), None).await.unwrap();
        let entry = store.secret_entry("keys/a").await.unwrap().unwrap();
        assert_eq!((entry.kind, entry.sealed_bytes, entry.version), (SecretKind::PublicKey, 7, 7));
        assert_eq!(store.secrets(None).await.unwrap(), [entry]);
        assert_eq!(store.secret_entry("keys/b").await.unwrap(), None);
    }
}
