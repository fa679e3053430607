use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use windlass_keys::DataKey;
use zeroize::Zeroizing;

/// What `GenerateDataKey` and `Decrypt` answer, the latter without a ciphertext (AWS KMS API reference).
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    plaintext: SecretString,
    ciphertext_blob: Option<String>,
}

/// The data key of an answer of `GenerateDataKey`; else what is wrong with it, in words that repeat nothing of it.
pub(crate) fn generated(answer: &[u8]) -> Result<DataKey, String> {
    let answer = parse(answer)?;
    let encoded = answer.ciphertext_blob.as_ref().ok_or("it has no ciphertext")?;
    let ciphertext = STANDARD.decode(encoded).map_err(|_| "its ciphertext is not in base64")?;
    Ok(DataKey { plaintext: plaintext(&answer)?, ciphertext })
}

/// The key of an answer of `Decrypt`; else as [`generated`].
pub(crate) fn decrypted(answer: &[u8]) -> Result<Zeroizing<[u8; 32]>, String> {
    plaintext(&parse(answer)?)
}

fn parse(answer: &[u8]) -> Result<Answer, String> {
    // The parser's own message could quote what it read.
    serde_json::from_slice(answer)
        .map_err(|error| format!("line {}, column {} is unexpected", error.line(), error.column()))
}

fn plaintext(answer: &Answer) -> Result<Zeroizing<[u8; 32]>, String> {
    let wrong = || "its plaintext is not 32 bytes in base64".to_owned();
    let mut decoded = Zeroizing::new([0; 33]); // base64 wants room for a byte that the padding says is not there
    let length = STANDARD.decode_slice(answer.plaintext.expose_secret(), decoded.as_mut_slice());
    let bytes = length.ok().and_then(|length| decoded.get(..length)).ok_or_else(wrong)?;
    bytes.try_into().map(Zeroizing::new).map_err(|_| wrong())
}
