//! Changes of the order of lines, which frames are.

use bolero::TypeGenerator;

use crate::edit::index;

/// One change. Places are those of [`crate::Edit`].
#[derive(Clone, Debug, TypeGenerator)]
#[expect(missing_docs, reason = "a field is what its name says")]
pub enum LineEdit {
    /// Two lines change places.
    Swap { one: u32, other: u32 },
    /// A line again and again.
    Repeat { line: u32, times: u8 },
    /// A line fewer.
    Remove { line: u32 },
    /// A line of another seed.
    Splice { line: u32, from: u32 },
}

impl LineEdit {
    /// Makes the change; `other` is another seed.
    pub fn apply(&self, lines: &mut Vec<Vec<u8>>, other: &[Vec<u8>]) {
        if lines.is_empty() {
            return;
        }
        let last = lines.len() - 1;
        match self {
            Self::Swap { one, other } => lines.swap(index(*one, last), index(*other, last)),
            Self::Repeat { line, times } => {
                let at = index(*line, last);
                let copies = std::iter::repeat_n(lines[at].clone(), usize::from(*times));
                drop(lines.splice(at..at, copies));
            }
            Self::Remove { line } => drop(lines.remove(index(*line, last))),
            Self::Splice { line, from } => {
                if let Some(new) = other.get(index(*from, other.len().saturating_sub(1))) {
                    lines.insert(index(*line, last), new.clone());
                }
            }
        }
    }
}
