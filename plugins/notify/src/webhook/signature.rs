use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What a secret of Standard Webhooks begins with.
const PREFIX: &str = "whsec_";
/// How long one is that the specification allows, in bytes.
const LENGTHS: std::ops::RangeInclusive<usize> = 24..=64;

/// Secrets come with their padding and without it.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The shared secret of a signature.
pub(super) struct SigningKey(Vec<u8>);

impl SigningKey {
    /// Reads `whsec_` and base64; the error is the reason.
    pub(super) fn parse(text: &str) -> Result<Self, &'static str> {
        let encoded = text.trim_end().strip_prefix(PREFIX).ok_or("does not begin with `whsec_`")?;
        let key = BASE64.decode(encoded).map_err(|_| "is not base64 after `whsec_`")?;
        if LENGTHS.contains(&key.len()) { Ok(Self(key)) } else { Err("does not have 24 to 64 bytes") }
    }

    /// The signature of a message; `timestamp` is in seconds since 1970 UTC.
    pub(super) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        for part in [id.as_bytes(), b".", timestamp.to_string().as_bytes(), b".", body] {
            mac.update(part);
        }
        format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's libraries.
    #[test]
    fn the_signature_is_the_published_one() {
        let key = SigningKey::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n").unwrap();
        let signature = key.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
        assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn what_is_no_key_says_why() {
        let why = |text| SigningKey::parse(text).err().unwrap();
        assert_eq!(why("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), "does not begin with `whsec_`");
        assert_eq!(why("whsec_M"), "is not base64 after `whsec_`");
        for short in ["whsec_c2hvcnQ=", "whsec_c2hvcnQ"] {
            assert_eq!(why(short), "does not have 24 to 64 bytes");
        }
    }
}
