use zeroize::Zeroizing;

use crate::forms::{Forms, PIECE, SHORTEST};

/// A form of so many bytes is told by that many; a shorter one by its first four.
const LONG: usize = 8;
/// Bits of [`Beginnings`] for each form, of which it sets two: of the places where no form begins, one in a thousand is looked at closely.
const BITS: usize = 64;
/// Places in [`Finder::reach`].
const PLACES: usize = 4096;

/// Finds the forms of secrets in a text.
///
/// A session token has thousands of pieces, a step may have many tokens, and each comes with a new finder. So it is sorted forms
/// and tables that rule out nearly every place: an automaton of so many takes longer to be made than most logs to be searched.
pub(crate) struct Finder {
    /// Sorted.
    whole: Zeroizing<Vec<Vec<u8>>>,
    /// Of each of those the longest other one that it begins with.
    within: Vec<Option<u32>>,
    /// Sorted.
    pieces: Zeroizing<Vec<[u8; PIECE]>>,
    long: Beginnings<LONG>,
    short: Option<Beginnings<SHORTEST>>,
    /// By the first two bytes of a form: the length of the longest such form.
    reach: Vec<usize>,
    longest: usize,
}

impl Finder {
    /// Nothing when there is nothing to find.
    pub(crate) fn new(forms: Forms) -> Option<Self> {
        let Forms { mut whole, mut pieces } = forms;
        whole.sort_unstable();
        whole.dedup();
        pieces.sort_unstable();
        pieces.dedup();
        let longest = whole.iter().map(Vec::len).max()?;
        let (short, long): (Vec<&[u8]>, Vec<&[u8]>) =
            whole.iter().map(Vec::as_slice).partition(|form| form.len() < LONG);
        let all = || pieces.iter().map(<[u8; PIECE]>::as_slice).chain(long.iter().copied());
        let mut reach = vec![0; PLACES];
        for form in all().chain(short.iter().copied()) {
            let reach = &mut reach[place(form[0], form[1])];
            *reach = form.len().max(*reach);
        }
        let long = Beginnings::of(long.len() + pieces.len(), all());
        let short = (!short.is_empty()).then(|| Beginnings::of(short.len(), short.iter().copied()));
        Some(Self { within: within(&whole), whole, pieces, long, short, reach, longest })
    }

    /// The length of the longest form.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// The first form at `from` or later, and of those that begin there the longest: where it begins and ends.
    pub(crate) fn find(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut from = from;
        loop {
            let rest = text.get(from..)?;
            let next = match &self.short {
                None => rest.array_windows().position(|text| self.long.may_begin(text)),
                Some(short) => {
                    let may_begin = |text: &[u8]| {
                        text.first_chunk().is_some_and(|text| self.long.may_begin(text))
                            || text.first_chunk().is_some_and(|text| short.may_begin(text))
                    };
                    (0..rest.len()).position(|at| may_begin(&rest[at..]))
                }
            };
            from += next?;
            if let Some(length) = self.length_at(&text[from..]) {
                return Some((from, from + length));
            }
            from += 1;
        }
    }

    /// The length of the longest form that `text` begins with.
    fn length_at(&self, text: &[u8]) -> Option<usize> {
        let piece = text.first_chunk().filter(|piece| self.pieces.binary_search(piece).is_ok());
        self.whole_at(text).max(piece.map(|piece: &[u8; PIECE]| piece.len()))
    }

    /// All whole forms that `text` begins with begin the one that is next before `text`, too.
    fn whole_at(&self, text: &[u8]) -> Option<usize> {
        let mut form = self.whole.partition_point(|form| form.as_slice() <= text).checked_sub(1);
        while let Some(number) = form {
            if text.starts_with(&self.whole[number]) {
                return Some(self.whole[number].len());
            }
            form = self.within[number].map(|number| number as usize);
        }
        None
    }

    /// Where the first form begins that `text` may be cut in; the length of `text` when there is none.
    pub(crate) fn unfinished(&self, text: &[u8]) -> usize {
        let first = (text.len() + 1).saturating_sub(self.longest);
        (first..text.len()).find(|at| self.begins_a_form(&text[*at..])).unwrap_or(text.len())
    }

    /// Whether `text` is the beginning of a form and not the whole of it.
    fn begins_a_form(&self, text: &[u8]) -> bool {
        if let [first, second, ..] = text
            && self.reach[place(*first, *second)] <= text.len()
        {
            return false;
        }
        let after = self.whole.partition_point(|form| form.as_slice() <= text);
        let piece = self.pieces.partition_point(|piece| piece.as_slice() <= text);
        self.whole.get(after).is_some_and(|form| form.starts_with(text))
            || self.pieces.get(piece).is_some_and(|piece| piece.starts_with(text))
    }
}

/// The forms that a form begins with stand before it, with nothing between them but what begins with them, too.
fn within(forms: &[Vec<u8>]) -> Vec<Option<u32>> {
    let mut within: Vec<Option<u32>> = Vec::with_capacity(forms.len());
    for (number, form) in (0..).zip(forms) {
        let mut other = u32::checked_sub(number, 1);
        while let Some(number) = other.filter(|number| !form.starts_with(&forms[*number as usize])) {
            other = within[number as usize];
        }
        within.push(other);
    }
    within
}

/// Which first bytes forms may have: those of all forms, and few others (a Bloom filter).
struct Beginnings<const BYTES: usize> {
    bits: Vec<u64>,
    shift: u32,
}

impl<const BYTES: usize> Beginnings<BYTES> {
    fn of<'a>(count: usize, forms: impl Iterator<Item = &'a [u8]>) -> Self {
        let bits = (count * BITS).next_power_of_two().max(1 << 13);
        let mut this = Self { bits: vec![0; bits / 64], shift: u64::BITS - bits.ilog2() };
        for beginning in forms.filter_map(<[u8]>::first_chunk::<BYTES>) {
            let hash = hash(beginning);
            for bit in [this.bit(hash), this.bit(hash.rotate_left(32))] {
                this.bits[bit / 64] |= 1 << (bit % 64);
            }
        }
        this
    }

    #[inline]
    fn may_begin(&self, text: &[u8; BYTES]) -> bool {
        let hash = hash(text);
        let has = |bit: usize| self.bits[bit / 64] >> (bit % 64) & 1 == 1;
        has(self.bit(hash)) && has(self.bit(hash.rotate_left(32)))
    }

    fn bit(&self, hash: u64) -> usize {
        (hash >> self.shift) as usize
    }
}

/// Both halves of a product with the golden ratio, so that every bit depends on every byte.
#[inline]
fn hash<const BYTES: usize>(bytes: &[u8; BYTES]) -> u64 {
    let mut number = [0; 8];
    number[..BYTES].copy_from_slice(bytes);
    let product = u128::from(u64::from_le_bytes(number)) * 0x9e37_79b9_7f4a_7c15;
    (product >> 64) as u64 ^ product as u64
}

fn place(first: u8, second: u8) -> usize {
    (usize::from(first) << 5 ^ usize::from(second)) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder(forms: &[&str]) -> Finder {
        let whole: Vec<Vec<u8>> = forms.iter().map(|form| form.as_bytes().to_vec()).collect();
        Finder::new(Forms { whole: Zeroizing::new(whole), pieces: Zeroizing::default() }).unwrap()
    }

    #[test]
    fn a_longer_form_does_not_hide_a_shorter_one() {
        let finder = finder(&["abcd", "abcdef", "abcdefghijkl", "abcdefghixyz", "bcdefghi"]);
        for (text, found) in [
            ("-abcdefghijkl-", (1, 13)),
            ("-abcdefghixyz-", (1, 13)),
            ("-abcdefghijkx-", (1, 7)),
            ("-abcdeghijkl--", (1, 5)),
            ("-xbcdefghijkl-", (2, 10)),
        ] {
            assert_eq!(finder.find(text.as_bytes(), 0), Some(found), "{text}");
        }
        assert_eq!(finder.find(b"abcxabcyabczbcdefgh", 0), None);
        assert_eq!(finder.find(b"abcdabcd", 1), Some((4, 8)));
    }

    #[test]
    fn a_cut_form_is_noticed_and_a_whole_one_is_not_held() {
        let finder = finder(&["abcdabcx", "cdcd"]);
        for (text, unfinished) in [
            ("", 0),
            ("xyz", 3),
            ("xya", 2),
            ("xyabcd", 2),
            ("xyabcdabc", 2),
            ("abcdabcx", 8),
            ("abcdabcd", 4),
            ("cdcdcd", 4),
            ("cdcd", 2),
            ("bcdc", 1),
        ] {
            assert_eq!(finder.unfinished(text.as_bytes()), unfinished, "{text}");
        }
    }
}
