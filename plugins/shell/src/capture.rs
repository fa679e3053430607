use std::collections::VecDeque;

/// Keeps a part of what goes by.
pub(crate) enum Capture {
    /// The first `limit` bytes, and whether there were more.
    First { limit: usize, bytes: Vec<u8>, more: bool },
    /// The last `limit` bytes.
    Last { limit: usize, bytes: VecDeque<u8> },
}

impl Capture {
    pub(crate) fn first(limit: usize) -> Self {
        Self::First { limit, bytes: Vec::new(), more: false }
    }

    pub(crate) fn last(limit: usize) -> Self {
        Self::Last { limit, bytes: VecDeque::new() }
    }

    pub(crate) fn add(&mut self, new: &[u8]) {
        match self {
            Self::First { limit, bytes, more } => {
                let room = limit.saturating_sub(bytes.len()).min(new.len());
                bytes.extend_from_slice(&new[..room]);
                *more |= room < new.len();
            }
            Self::Last { limit, bytes } => {
                let new = &new[new.len().saturating_sub(*limit)..];
                let surplus = (bytes.len() + new.len()).saturating_sub(*limit);
                bytes.drain(..surplus);
                bytes.extend(new);
            }
        }
    }

    /// What was kept; nothing when it was to be the first bytes and there were more.
    pub(crate) fn kept(self) -> Option<Vec<u8>> {
        match self {
            Self::First { more: true, .. } => None,
            Self::First { bytes, .. } => Some(bytes),
            Self::Last { bytes, .. } => Some(bytes.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(mut capture: Capture, pieces: &[&str]) -> Option<String> {
        pieces.iter().for_each(|piece| capture.add(piece.as_bytes()));
        capture.kept().map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn the_first_bytes_are_all_or_none() {
        assert_eq!(kept(Capture::first(4), &[]).as_deref(), Some(""));
        assert_eq!(kept(Capture::first(4), &["ab", "cd", ""]).as_deref(), Some("abcd"));
        assert_eq!(kept(Capture::first(4), &["ab", "cde"]), None);
        assert_eq!(kept(Capture::first(4), &["abcd", "e"]), None);
    }

    #[test]
    fn the_last_bytes_push_out_the_ones_before() {
        assert_eq!(kept(Capture::last(4), &["a", "b"]).as_deref(), Some("ab"));
        assert_eq!(kept(Capture::last(4), &["abc", "de"]).as_deref(), Some("bcde"));
        assert_eq!(kept(Capture::last(4), &["abc", "defghi"]).as_deref(), Some("fghi"));
        assert_eq!(kept(Capture::last(4), &["abcd", "efgh", "i"]).as_deref(), Some("fghi"));
    }
}
