use std::sync::Arc;

use zeroize::Zeroizing;

use crate::kms::KmsKey;
use crate::master::MasterKey;
use crate::wrapped::WrappedKey;

/// More lines are no ring: while one key takes the place of another there are two, and one may be left from before.
const MOST: usize = 4;

/// A line of the file: a master key, or one that KMS has to open.
#[derive(Clone)]
pub(crate) enum Line {
    Plain(Arc<MasterKey>),
    Wrapped(Arc<WrappedKey>),
}

impl Line {
    pub(crate) fn random() -> Self {
        Self::Plain(Arc::new(MasterKey::random()))
    }

    fn from_text(line: &[u8]) -> Option<Self> {
        let plain = MasterKey::from_line(line).map(|key| Self::Plain(Arc::new(key)));
        plain.or_else(|| Some(Self::Wrapped(Arc::new(WrappedKey::from_line(line)?))))
    }

    pub(crate) fn to_text(&self) -> Zeroizing<Vec<u8>> {
        match self {
            Self::Plain(key) => key.to_line(),
            Self::Wrapped(key) => key.to_line().into_bytes().into(),
        }
    }

    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Plain(key) => key.id(),
            Self::Wrapped(key) => &key.id,
        }
    }

    /// The key of KMS that it lies under, if it does.
    pub(crate) fn kms(&self) -> Option<&KmsKey> {
        match self {
            Self::Plain(_) => None,
            Self::Wrapped(key) => Some(&key.kms),
        }
    }
}

/// The master keys of a file, a line each, in the order in which they came to be.
#[derive(Clone)]
pub(crate) struct Ring(Vec<Line>);

impl Ring {
    pub(crate) fn from_text(text: &[u8]) -> Option<Self> {
        let lines = text.trim_ascii_end().split(|byte| *byte == b'\n');
        let keys: Vec<_> = lines.map(Line::from_text).collect::<Option<_>>()?;
        let repeated = keys.iter().enumerate().any(|(at, key)| keys[..at].iter().any(|other| other.id() == key.id()));
        (keys.len() <= MOST && !repeated).then_some(Self(keys))
    }

    pub(crate) fn to_text(&self) -> Zeroizing<Vec<u8>> {
        let lines: Vec<_> = self.0.iter().map(Line::to_text).collect();
        let mut text = Zeroizing::new(Vec::with_capacity(lines.iter().map(|line| line.len()).sum())); // never moved
        for line in &lines {
            text.extend_from_slice(line);
        }
        text
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Line> {
        self.0.iter().find(|key| key.id() == id)
    }

    pub(crate) fn last(&self) -> &Line {
        self.0.last().expect("a ring has a key")
    }

    /// The keys from this one on; nothing when it is not there.
    pub(crate) fn from(&self, id: &str) -> Option<Self> {
        let at = self.0.iter().position(|key| key.id() == id)?;
        Some(Self(self.0[at..].to_vec()))
    }

    pub(crate) fn and(mut self, key: Line) -> Self {
        self.0.push(key);
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The ids, for people.
    pub(crate) fn ids(&self) -> String {
        self.0.iter().map(Line::id).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(id: &str) -> Line {
        let kms = KmsKey::parse("arn:aws:kms:eu-west-1:111122223333:key/a").unwrap();
        Line::Wrapped(Arc::new(WrappedKey { kms, id: id.to_owned(), ciphertext: vec![1; 184] }))
    }

    #[test]
    fn reads_back_its_lines_in_their_order() {
        let ring = Ring(vec![Line::random(), wrapped("2b539fef64b9c772"), Line::random()]);
        let again = Ring::from_text(&ring.to_text()).unwrap();
        assert_eq!((again.ids(), again.len()), (ring.ids(), 3));
        let second = ring.0[1].id();
        assert_eq!(again.from(second).unwrap().ids(), format!("{second}, {}", ring.last().id()));
        assert_eq!(again.get(second).unwrap().kms(), ring.0[1].kms());
        assert_eq!((again.last().kms(), again.last().to_text()), (None, ring.last().to_text()));
        assert!(again.get("0").is_none() && again.from("0").is_none());
        assert!(ring.to_text().capacity() == ring.to_text().len(), "it was never moved");
    }

    #[test]
    fn what_is_no_ring_is_refused() {
        let many: Vec<Vec<u8>> = (0..=MOST).map(|_| Line::random().to_text().to_vec()).collect();
        assert!(Ring::from_text(&many[1..].concat()).is_some());
        let kms = wrapped("2b539fef64b9c772").to_text().repeat(2);
        for wrong in [many.concat(), many[0].repeat(2), b"\n".to_vec(), [&many[0], &b"\nx"[..]].concat(), kms] {
            assert!(Ring::from_text(&wrong).is_none());
        }
    }
}
