use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use chacha20poly1305::aead::Generate;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A master key as text is one line: this, then 32 random bytes in base64.
const PREFIX: &[u8] = b"windlass-master-key-v1:";
/// The length of 32 bytes in base64.
const ENCODED: usize = 44;

/// The key that wraps all data keys.
pub(crate) struct MasterKey {
    key: Zeroizing<[u8; 32]>,
    id: String,
}

impl MasterKey {
    pub(crate) fn of(key: Zeroizing<[u8; 32]>) -> Self {
        let digest = Sha256::new().chain_update("windlass/master-key-id/v1").chain_update(key.as_slice()).finalize();
        let id = digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { key, id }
    }

    pub(crate) fn random() -> Self {
        Self::of(Zeroizing::new(Generate::generate()))
    }

    pub(crate) fn from_line(line: &[u8]) -> Option<Self> {
        let encoded = line.trim_ascii_end().strip_prefix(PREFIX)?;
        let mut decoded = Zeroizing::new([0; 33]); // base64 wants room for a byte that the padding says is not there
        let length = STANDARD.decode_slice(encoded, decoded.as_mut_slice()).ok()?;
        decoded.get(..length)?.try_into().ok().map(Zeroizing::new).map(Self::of)
    }

    pub(crate) fn to_line(&self) -> Zeroizing<Vec<u8>> {
        let mut line = Zeroizing::new(PREFIX.to_vec());
        line.reserve_exact(ENCODED + 1); // never moved once the key is in it
        line.resize(PREFIX.len() + ENCODED, 0);
        let encoded = STANDARD.encode_slice(self.key.as_slice(), &mut line[PREFIX.len()..]);
        encoded.expect("32 bytes are 44 characters in base64");
        line.push(b'\n');
        line
    }

    pub(crate) fn key(&self) -> &[u8; 32] {
        &self.key
    }

    /// 16 hex digits that name the key and tell nothing about it.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_its_line() {
        let key = MasterKey::random();
        let line = key.to_line();
        assert_eq!(line.len(), PREFIX.len() + ENCODED + 1);
        let again = MasterKey::from_line(&line).unwrap();
        assert_eq!((again.key(), again.id()), (key.key(), key.id()));
        assert!(MasterKey::from_line(line.trim_ascii_end()).is_some(), "the line break may be missing");
        assert_ne!(MasterKey::random().id(), key.id());
    }

    #[test]
    fn the_id_never_changes() {
        let line = [PREFIX, b"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="].concat();
        assert_eq!(MasterKey::from_line(&line).unwrap().id(), "2b539fef64b9c772");
    }

    #[test]
    fn what_is_no_master_key_is_refused() {
        let line = String::from_utf8(MasterKey::random().to_line().to_vec()).unwrap();
        let (prefix, encoded) = line.trim_end().split_at(PREFIX.len());
        for wrong in [
            String::new(),
            "\n".to_owned(),
            prefix.to_owned(),
            encoded.to_owned(),
            line.replace("v1", "v2"),
            line[..line.len() - 3].to_owned(),
            format!("{prefix}{}", &encoded[4..]),
            format!("{prefix}AAAA{encoded}"),
            format!("{line}{line}"),
            format!("{prefix}{}", "!".repeat(ENCODED)),
        ] {
            assert!(MasterKey::from_line(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
