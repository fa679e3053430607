//! A sealed text is a random nonce of 24 bytes, the ciphertext, and a tag of 16 bytes (XChaCha20-Poly1305,
//! draft-irtf-cfrg-xchacha). Random nonces of that length may be drawn without counting.

use chacha20poly1305::aead::{AeadInOut, Generate, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretSlice};
use windlass_store::{Sealed, SecretKind};
use zeroize::Zeroizing;

use crate::master::MasterKey;

const NONCE: usize = 24;
const TAG: usize = 16;
/// How many bytes a sealed text has more than the text.
pub(crate) const OVERHEAD: usize = NONCE + TAG;

/// What a record stands for; authenticated with it, so that it opens as nothing else.
pub(crate) struct Identity<'a> {
    pub(crate) path: &'a str,
    pub(crate) version: i64,
    pub(crate) kind: SecretKind,
}

/// Encrypts a secret with a data key of its own, which the master key wraps.
pub(crate) fn seal(master: &MasterKey, of: &Identity, secret: &[u8]) -> Sealed {
    let bound_to = of.bytes(master.id());
    let data_key: Zeroizing<[u8; 32]> = Zeroizing::new(Generate::generate());
    Sealed {
        master_key: master.id().to_owned(),
        wrapped_key: lock(master.key(), &bound_to, data_key.as_slice()),
        ciphertext: lock(&data_key, &bound_to, secret),
    }
}

/// Nothing when any part of the record is not as it was sealed.
pub(crate) fn open(master: &MasterKey, of: &Identity, sealed: &Sealed) -> Option<SecretSlice<u8>> {
    let bound_to = of.bytes(&sealed.master_key);
    let data_key = unlock(master.key(), &bound_to, &sealed.wrapped_key)?;
    unlock(data_key.expose_secret().try_into().ok()?, &bound_to, &sealed.ciphertext)
}

impl Identity<'_> {
    /// A password is bound as all secrets were before there were kinds. No path has a `|` in it.
    fn bytes(&self, master_key: &str) -> Vec<u8> {
        let Self { path, version, kind } = self;
        match kind {
            SecretKind::Password => format!("windlass/secret/v1|{path}|{version}|{master_key}"),
            kind => format!("windlass/secret/v2|{kind}|{path}|{version}|{master_key}"),
        }
        .into_bytes()
    }
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

    const OF: Identity<'_> = Identity { path: "keys/a", version: 3, kind: SecretKind::PrivateKey };

    #[test]
    fn opens_what_it_sealed_and_never_seals_alike() {
        let master = MasterKey::random();
        let (first, second) = (seal(&master, &OF, b"the secret"), seal(&master, &OF, b"the secret"));
        assert_eq!(open(&master, &OF, &first).unwrap().expose_secret(), b"the secret");
        assert_ne!(first.ciphertext, second.ciphertext);
        assert_ne!(first.wrapped_key, second.wrapped_key);
        assert_eq!(first.ciphertext.len(), OVERHEAD + b"the secret".len());
    }

    #[test]
    fn every_bit_and_every_binding_counts() {
        let master = MasterKey::random();
        let sealed = seal(&master, &OF, b"the secret");
        let refused = |change: &dyn Fn(&mut Sealed)| {
            let mut sealed = sealed.clone();
            change(&mut sealed);
            open(&master, &OF, &sealed).is_none()
        };
        for at in 0..sealed.ciphertext.len() {
            assert!(refused(&|sealed| sealed.ciphertext[at] ^= 1), "byte {at} of the ciphertext");
            assert!(refused(&|sealed| sealed.ciphertext.truncate(at)), "ciphertext of {at} bytes");
        }
        for at in 0..sealed.wrapped_key.len() {
            assert!(refused(&|sealed| sealed.wrapped_key[at] ^= 1), "byte {at} of the wrapped key");
            assert!(refused(&|sealed| sealed.wrapped_key.truncate(at)), "wrapped key of {at} bytes");
        }
        assert!(refused(&|sealed| sealed.master_key = "0".repeat(16)));
        assert!(refused(&|sealed| sealed.wrapped_key = sealed.ciphertext.clone()));
        assert!(refused(&|sealed| sealed.wrapped_key = seal(&master, &OF, b"the secret").wrapped_key));
        for of in [
            Identity { path: "keys/b", ..OF },
            Identity { version: 4, ..OF },
            Identity { kind: SecretKind::Password, ..OF },
            Identity { kind: SecretKind::PublicKey, ..OF },
        ] {
            assert!(open(&master, &of, &sealed).is_none());
        }
        assert!(open(&MasterKey::random(), &OF, &sealed).is_none());
    }

    /// What was stored before there were kinds opens as a password and as nothing else.
    #[test]
    fn a_record_of_the_first_format_opens() {
        let line = b"windlass-master-key-v1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let master = MasterKey::from_line(line).unwrap();
        let bound_to = format!("windlass/secret/v1|keys/a|3|{}", master.id());
        let sealed = Sealed {
            master_key: master.id().to_owned(),
            wrapped_key: lock(master.key(), bound_to.as_bytes(), &[7; 32]),
            ciphertext: lock(&[7; 32], bound_to.as_bytes(), b"the secret"),
        };
        let of = Identity { kind: SecretKind::Password, ..OF };
        assert_eq!(open(&master, &of, &sealed).unwrap().expose_secret(), b"the secret");
        assert!(open(&master, &OF, &sealed).is_none());
    }

    #[test]
    fn an_empty_secret_is_a_secret() {
        let master = MasterKey::random();
        assert!(open(&master, &OF, &seal(&master, &OF, b"")).unwrap().expose_secret().is_empty());
    }
}
