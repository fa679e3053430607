use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::rows::{Row, pointer};

/// The pointers of the rows of a part and of the one before it. Parts are disjoint, so that no row should come twice; if AWS
/// gives one to two neighbours all the same, it is left out the second time.
#[derive(Debug, Default)]
pub(crate) struct Pointers {
    last: HashSet<u64>,
    this: HashSet<u64>,
}

impl Pointers {
    /// Another part begins.
    pub(crate) fn next_part(&mut self) {
        self.last = std::mem::take(&mut self.this);
    }

    /// Whether a row is to be kept.
    pub(crate) fn is_new(&mut self, row: &Row) -> bool {
        let Some(pointer) = pointer(row) else { return true };
        let mut hasher = DefaultHasher::new();
        pointer.hash(&mut hasher);
        let pointer = hasher.finish();
        self.this.insert(pointer);
        !self.last.contains(&pointer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::testing::row;

    #[test]
    fn a_row_of_the_part_before_is_not_new() {
        let (a, b) = (row(&[("@ptr", "a")]), row(&[("@ptr", "b")]));
        let mut pointers = Pointers::default();
        assert!(pointers.is_new(&a));
        assert!(pointers.is_new(&a), "one event may have several rows");
        pointers.next_part();
        assert!(!pointers.is_new(&a) && pointers.is_new(&b));
        pointers.next_part();
        assert!(!pointers.is_new(&b) && !pointers.is_new(&a));
        pointers.next_part();
        pointers.next_part();
        assert!(pointers.is_new(&a));
        assert!(pointers.is_new(&row(&[("n", "1")])), "rows that count have none");
    }
}
