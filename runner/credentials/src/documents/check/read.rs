use percent_encoding::percent_decode;

use super::several::Object;
use super::shape::DocumentShape;
use crate::DocumentError;

/// More than IAM takes for a trust policy, white space included (AWS IAM user guide, "IAM and AWS STS quotas").
const LONGEST: usize = 64 * 1024;

pub(super) fn document(what: &str, bytes: &[u8]) -> Result<DocumentShape, DocumentError> {
    let unreadable = |why: String| DocumentError::Unreadable { what: what.to_owned(), why };
    if bytes.len() > LONGEST {
        return Err(unreadable(format!("it is longer than {LONGEST} bytes")));
    }
    let bytes = bytes.trim_ascii();
    // IAM encodes by RFC 3986 (AWS IAM API reference, `Role`): a `+` is no blank.
    let decoded = if bytes.starts_with(b"%") { percent_decode(bytes).collect() } else { bytes.to_vec() };
    let text = String::from_utf8(decoded).map_err(|_| unreadable("it is not in UTF-8".to_owned()))?;
    let Object(document): Object<DocumentShape> =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    document.check().map_err(unreadable)?;
    Ok(document)
}
