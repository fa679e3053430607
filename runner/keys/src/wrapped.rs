use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::kms::KmsKey;

/// A wrapped master key as text is one line: this, the ARN of a key of KMS, the id, and the ciphertext in base64, with
/// `:` between them.
const PREFIX: &str = "windlass-master-key-kms-v1:";
/// The longest that KMS makes or takes (AWS KMS API reference, `Decrypt`, `CiphertextBlob`).
const LONGEST_CIPHERTEXT: usize = 6144;

/// A master key as KMS has encrypted it: of no use without KMS. Its id is known without asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrappedKey {
    pub(crate) kms: KmsKey,
    pub(crate) id: String,
    pub(crate) ciphertext: Vec<u8>,
}

impl WrappedKey {
    pub(crate) fn from_line(line: &[u8]) -> Option<Self> {
        let rest = std::str::from_utf8(line.trim_ascii_end()).ok()?.strip_prefix(PREFIX)?;
        let (rest, encoded) = rest.rsplit_once(':')?;
        let (arn, id) = rest.rsplit_once(':')?;
        let is_id = id.len() == 16 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let ciphertext = STANDARD.decode(encoded).ok()?;
        let fits = is_id && (1..=LONGEST_CIPHERTEXT).contains(&ciphertext.len());
        fits.then_some(Self { kms: KmsKey::parse(arn).ok()?, id: id.to_owned(), ciphertext })
    }

    pub(crate) fn to_line(&self) -> String {
        format!("{PREFIX}{}:{}:{}\n", self.kms, self.id, STANDARD.encode(&self.ciphertext))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn reads_back_its_line() {
        let kms = KmsKey::parse(ARN).unwrap();
        let key = WrappedKey { kms, id: "2b539fef64b9c772".to_owned(), ciphertext: vec![7; 184] };
        let line = key.to_line();
        assert_eq!(line, format!("{PREFIX}{ARN}:2b539fef64b9c772:{}\n", STANDARD.encode([7; 184])));
        assert_eq!(WrappedKey::from_line(line.as_bytes()).unwrap(), key);
        assert!(WrappedKey::from_line(line.trim_end().as_bytes()).is_some(), "the line break may be missing");
    }

    #[test]
    fn what_is_no_wrapped_key_is_refused() {
        let too_long = STANDARD.encode(vec![0; LONGEST_CIPHERTEXT + 1]);
        for wrong in [
            String::new(),
            PREFIX.to_owned(),
            format!("{PREFIX}{ARN}"),
            format!("{PREFIX}{ARN}:2b539fef64b9c772:"),
            format!("{PREFIX}{ARN}:2b539fef64b9c772:!!!!"),
            format!("{PREFIX}{ARN}:2B539FEF64B9C772:AAAA"),
            format!("{PREFIX}{ARN}:2b539fef64b9c77:AAAA"),
            format!("{PREFIX}{ARN}:AAAA"),
            format!("{PREFIX}alias/a:2b539fef64b9c772:AAAA"),
            format!("{PREFIX}{ARN}:2b539fef64b9c772:{too_long}"),
            format!("{}{ARN}:2b539fef64b9c772:AAAA", PREFIX.replace("v1", "v2")),
        ] {
            assert!(WrappedKey::from_line(wrong.as_bytes()).is_none(), "{wrong}");
        }
    }
}
