use std::fmt;

use windlass_settings::{AccountId, Partition};
use zeroize::Zeroizing;

use crate::Reading;

/// The ARN of a key of AWS KMS: `arn:PARTITION:kms:REGION:ACCOUNT:key/ID` (AWS KMS developer guide, "Key identifiers
/// (`KeyId`)"). Never an alias: that may name another key tomorrow, which opens nothing of today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KmsKey {
    arn: String,
    region: String,
}

/// A key of 32 bytes that KMS has made.
pub struct DataKey {
    /// As it is.
    pub plaintext: Zeroizing<[u8; 32]>,
    /// As KMS encrypted it.
    pub ciphertext: Vec<u8>,
}

/// AWS KMS, which encrypts master keys under keys that never leave it. Both calls take the same encryption context.
pub trait Kms: Send + Sync {
    /// A new data key, encrypted under `key`.
    ///
    /// # Errors
    /// `key.master-refused`, `key.master-unreachable`, `account....` when there are no credentials.
    fn generate<'a>(&'a self, key: &'a KmsKey) -> Reading<'a, DataKey>;

    /// What [`generate`](Self::generate) gave that ciphertext for.
    ///
    /// # Errors
    /// As [`generate`](Self::generate).
    fn decrypt<'a>(&'a self, key: &'a KmsKey, ciphertext: &'a [u8]) -> Reading<'a, Zeroizing<[u8; 32]>>;
}

impl KmsKey {
    /// Checks an ARN; the error is the reason.
    ///
    /// # Errors
    /// Why it is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        let form = || "a key of KMS is named by its ARN, `arn:aws:kms:REGION:123456789012:key/ID`".to_owned();
        let parts: Vec<&str> = text.split(':').collect();
        let ["arn", partition, "kms", region, account, resource] = parts[..] else { return Err(form()) };
        if resource.starts_with("alias/") {
            return Err("an alias may come to mean another key; give the ARN of the key that it means".to_owned());
        }
        let id = resource.strip_prefix("key/").ok_or_else(form)?;
        let label = |text: &str| {
            !text.is_empty()
                && text.len() <= 63
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        if !label(id) || !label(region) {
            return Err(form());
        }
        AccountId::parse(account)?;
        if Partition::parse(partition) != Some(Partition::of_region(region)) {
            return Err(format!("the region `{region}` is not in the partition `{partition}`"));
        }
        Ok(Self { arn: text.to_owned(), region: region.to_owned() })
    }

    /// The whole ARN.
    pub fn as_str(&self) -> &str {
        &self.arn
    }

    /// The region in which it lies.
    pub fn region(&self) -> &str {
        &self.region
    }
}

impl fmt::Display for KmsKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.arn)
    }
}

impl std::str::FromStr for KmsKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_that_of_the_arn() {
        for (arn, region) in [
            ("arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab", "eu-west-1"),
            ("arn:aws:kms:us-east-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab", "us-east-1"),
            ("arn:aws-cn:kms:cn-north-1:111122223333:key/a", "cn-north-1"),
        ] {
            let key = KmsKey::parse(arn).unwrap();
            assert_eq!((key.as_str(), key.region()), (arn, region));
        }
    }

    #[test]
    fn what_names_no_key_for_good_is_refused() {
        for (wrong, why) in [
            ("1234abcd-12ab-34cd-56ef-1234567890ab", "by its ARN"),
            ("arn:aws:kms:eu-west-1:111122223333:alias/windlass", "an alias"),
            ("arn:aws:kms:eu-west-1:111122223333:key/", "by its ARN"),
            ("arn:aws:kms:eu-west-1:111122223333:key/a:b", "by its ARN"),
            ("arn:aws:kms:eu-west-1:111122223333:key/a\nb", "by its ARN"),
            ("arn:aws:kms:evil.example/:111122223333:key/a", "by its ARN"),
            ("arn:aws:kms::111122223333:key/a", "by its ARN"),
            ("arn:aws:s3:eu-west-1:111122223333:key/a", "by its ARN"),
            ("arn:aws:kms:cn-north-1:111122223333:key/a", "not in the partition `aws`"),
            ("arn:aws:kms:eu-west-1:11112222333:key/a", "twelve digits"),
        ] {
            let error = KmsKey::parse(wrong).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }
}
