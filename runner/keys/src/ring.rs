use std::sync::Arc;

use zeroize::Zeroizing;

use crate::master::MasterKey;

/// More lines are no ring: while one key takes the place of another there are two, and one may be left from before.
const MOST: usize = 4;

/// The master keys of a file, a line each, in the order in which they came to be.
#[derive(Clone)]
pub(crate) struct Ring(Vec<Arc<MasterKey>>);

impl Ring {
    #[cfg(test)]
    fn of(key: MasterKey) -> Self {
        Self(vec![Arc::new(key)])
    }

    pub(crate) fn from_text(text: &[u8]) -> Option<Self> {
        let lines = text.trim_ascii_end().split(|byte| *byte == b'\n');
        let keys: Vec<_> = lines.map(|line| MasterKey::from_line(line).map(Arc::new)).collect::<Option<_>>()?;
        let repeated = keys.iter().enumerate().any(|(at, key)| keys[..at].iter().any(|other| other.id() == key.id()));
        (keys.len() <= MOST && !repeated).then_some(Self(keys))
    }

    pub(crate) fn to_text(&self) -> Zeroizing<Vec<u8>> {
        let mut text = Zeroizing::new(Vec::with_capacity(self.0.len() * MasterKey::LINE)); // never moved
        for key in &self.0 {
            text.extend_from_slice(&key.to_line());
        }
        text
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<MasterKey>> {
        self.0.iter().find(|key| key.id() == id)
    }

    pub(crate) fn last(&self) -> &Arc<MasterKey> {
        self.0.last().expect("a ring has a key")
    }

    /// The keys from this one on; nothing when it is not there.
    pub(crate) fn from(&self, id: &str) -> Option<Self> {
        let at = self.0.iter().position(|key| key.id() == id)?;
        Some(Self(self.0[at..].to_vec()))
    }

    pub(crate) fn and(mut self, key: MasterKey) -> Self {
        self.0.push(Arc::new(key));
        self
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The ids, for people.
    pub(crate) fn ids(&self) -> String {
        self.0.iter().map(|key| key.id()).collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_its_lines_in_their_order() {
        let ring = Ring::of(MasterKey::random()).and(MasterKey::random()).and(MasterKey::random());
        let again = Ring::from_text(&ring.to_text()).unwrap();
        assert_eq!((again.ids(), again.len()), (ring.ids(), 3));
        assert_eq!(again.last().key(), ring.last().key());
        let second = ring.0[1].id();
        assert_eq!(again.from(second).unwrap().ids(), format!("{second}, {}", ring.last().id()));
        assert_eq!(again.get(second).unwrap().key(), ring.0[1].key());
        assert!(again.get("0").is_none() && again.from("0").is_none());
        assert!(ring.to_text().capacity() == ring.to_text().len(), "it was never moved");
    }

    #[test]
    fn what_is_no_ring_is_refused() {
        let line = |_| MasterKey::random().to_line().to_vec();
        let many: Vec<Vec<u8>> = (0..=MOST).map(line).collect();
        assert!(Ring::from_text(&many[1..].concat()).is_some());
        for wrong in [many.concat(), many[0].repeat(2), b"\n".to_vec(), [&many[0], &b"\nx"[..]].concat()] {
            assert!(Ring::from_text(&wrong).is_none());
        }
    }
}
