//! A sealed text is a random nonce of 24 bytes, the ciphertext, and a tag of 16 bytes (XChaCha20-Poly1305,
//! draft-irtf-cfrg-xchacha). Random nonces of that length may be drawn without counting.

use chacha20poly1305::aead::{AeadInOut, Generate, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretSlice};
use windlass_store::SecretRow;
use zeroize::Zeroizing;

use crate::master::MasterKey;

const NONCE: usize = 24;
const TAG: usize = 16;

/// A secret as it is stored: its data key wrapped by the master key, and itself encrypted with the data key.
pub(crate) struct Sealed {
    pub(crate) wrapped_key: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

pub(crate) fn seal(master: &MasterKey, path: &str, version: i64, secret: &[u8]) -> Sealed {
    let bound_to = bound_to(path, version, master.id());
    let data_key: Zeroizing<[u8; 32]> = Zeroizing::new(Generate::generate());
    Sealed {
        wrapped_key: lock(master.key(), &bound_to, data_key.as_slice()),
        ciphertext: lock(&data_key, &bound_to, secret),
    }
}

/// Nothing when any part of the record is not as it was sealed.
pub(crate) fn open(master: &MasterKey, row: &SecretRow) -> Option<SecretSlice<u8>> {
    let bound_to = bound_to(&row.path, row.version, &row.master_key);
    let data_key = unlock(master.key(), &bound_to, &row.wrapped_key)?;
    unlock(data_key.expose_secret().try_into().ok()?, &bound_to, &row.ciphertext)
}

/// What a record stands for; authenticated with it, so that it opens nowhere else.
fn bound_to(path: &str, version: i64, master_key: &str) -> Vec<u8> {
    format!("windlass/secret/v1|{path}|{version}|{master_key}").into_bytes()
}

fn lock(key: &[u8; 32], bound_to: &[u8], plain: &[u8]) -> Vec<u8> {
    let nonce = XNonce::generate();
    let mut sealed = Vec::with_capacity(NONCE + plain.len() + TAG);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(plain);
    let tag = XChaCha20Poly1305::new(key.into())
        .encrypt_inout_detached(&nonce, bound_to, (&mut sealed[NONCE..]).into())
        .expect("a secret is shorter than 256 GiB");
    sealed.extend_from_slice(&tag);
    sealed
}

fn unlock(key: &[u8; 32], bound_to: &[u8], sealed: &[u8]) -> Option<SecretSlice<u8>> {
    let (nonce, rest) = sealed.split_at_checked(NONCE)?;
    let (ciphertext, tag) = rest.split_at_checked(rest.len().checked_sub(TAG)?)?;
    let (nonce, tag) = (XNonce::try_from(nonce).ok()?, Tag::try_from(tag).ok()?);
    let mut plain: Box<[u8]> = ciphertext.into();
    let cipher = XChaCha20Poly1305::new(key.into());
    cipher.decrypt_inout_detached(&nonce, bound_to, plain.as_mut().into(), &tag).ok()?;
    Some(SecretSlice::from(plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(master: &MasterKey) -> SecretRow {
        let Sealed { wrapped_key, ciphertext } = seal(master, "keys/a", 3, b"the secret");
        let (path, master_key) = ("keys/a".to_owned(), master.id().to_owned());
        SecretRow { path, version: 3, master_key, wrapped_key, ciphertext, created_at: 1, updated_at: 2 }
    }

    #[test]
    fn opens_what_it_sealed_and_never_seals_alike() {
        let master = MasterKey::random();
        let (first, second) = (sealed(&master), sealed(&master));
        assert_eq!(open(&master, &first).unwrap().expose_secret(), b"the secret");
        assert_ne!(first.ciphertext, second.ciphertext);
        assert_ne!(first.wrapped_key, second.wrapped_key);
        assert_eq!(first.ciphertext.len(), NONCE + b"the secret".len() + TAG);
    }

    #[test]
    fn every_bit_and_every_binding_counts() {
        let master = MasterKey::random();
        let row = sealed(&master);
        let refused = |change: &dyn Fn(&mut SecretRow)| {
            let mut row = row.clone();
            change(&mut row);
            open(&master, &row).is_none()
        };
        for at in 0..row.ciphertext.len() {
            assert!(refused(&|row| row.ciphertext[at] ^= 1), "byte {at} of the ciphertext");
            assert!(refused(&|row| row.ciphertext.truncate(at)), "ciphertext of {at} bytes");
        }
        for at in 0..row.wrapped_key.len() {
            assert!(refused(&|row| row.wrapped_key[at] ^= 1), "byte {at} of the wrapped key");
            assert!(refused(&|row| row.wrapped_key.truncate(at)), "wrapped key of {at} bytes");
        }
        assert!(refused(&|row| row.path = "keys/b".to_owned()));
        assert!(refused(&|row| row.version = 4));
        assert!(refused(&|row| row.master_key = "0".repeat(16)));
        assert!(refused(&|row| row.wrapped_key = row.ciphertext.clone()));
        assert!(refused(&|row| row.wrapped_key = sealed(&master).wrapped_key));
        assert!(open(&MasterKey::random(), &row).is_none());
    }

    #[test]
    fn an_empty_secret_is_a_secret() {
        let master = MasterKey::random();
        let Sealed { wrapped_key, ciphertext } = seal(&master, "keys/a", 3, b"");
        let row = SecretRow { wrapped_key, ciphertext, ..sealed(&master) };
        assert!(open(&master, &row).unwrap().expose_secret().is_empty());
    }
}
