use aho_corasick::{AhoCorasick, AhoCorasickKind, Input, MatchKind, PatternID};
use zeroize::Zeroizing;

/// The automaton looks for the beginnings of forms, so many bytes long, and what follows is compared. So it stays small
/// and fast however long the secrets are, and only beginnings of secrets stay in memory when it goes.
const BEGINNING: usize = 8;
/// Up to so many bytes of beginnings the automaton is a table (some 0.5 KiB a byte), beyond it the smaller, slower kind.
const TABLE: usize = 16 * 1024;
/// Places in [`Finder::reach`].
const PLACES: usize = 4096;

/// Finds the forms of secrets in a text. Every form has at least 4 bytes.
pub(crate) struct Finder {
    automaton: AhoCorasick,
    /// For each beginning the forms that may stand where it stands, longest first.
    candidates: Vec<Vec<u32>>,
    /// Sorted.
    forms: Zeroizing<Vec<Vec<u8>>>,
    /// By the first two bytes of a form: the length of the longest such form.
    reach: Vec<usize>,
    longest: usize,
}

impl Finder {
    /// Nothing when there is nothing to find.
    pub(crate) fn new(mut forms: Zeroizing<Vec<Vec<u8>>>) -> Option<Self> {
        forms.sort_unstable();
        forms.dedup();
        let longest = forms.iter().map(Vec::len).max()?;
        let mut beginnings: Vec<&[u8]> = forms.iter().map(|form| beginning(form)).collect();
        beginnings.dedup();
        let table = beginnings.iter().map(|beginning| beginning.len()).sum::<usize>() <= TABLE;
        let automaton = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(if table { AhoCorasickKind::DFA } else { AhoCorasickKind::ContiguousNFA }))
            .build(&beginnings)
            .expect("2^31 states hold the beginnings of some hundred million secrets");
        let candidates = candidates(&forms, &beginnings);
        let mut reach = vec![0; PLACES];
        for form in forms.iter() {
            let reach = &mut reach[place(form[0], form[1])];
            *reach = form.len().max(*reach);
        }
        Some(Self { automaton, candidates, forms, reach, longest })
    }

    /// The length of the longest form.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    /// The first form at `from` or later, and of those that begin there the longest: where it begins and ends.
    pub(crate) fn find(&self, text: &[u8], mut from: usize) -> Option<(usize, usize)> {
        loop {
            let found = self.automaton.find(Input::new(text).range(from..))?;
            if let Some(length) = self.length_at(found.pattern(), &text[found.start()..]) {
                return Some((found.start(), found.start() + length));
            }
            from = found.start() + 1;
        }
    }

    fn length_at(&self, beginning: PatternID, text: &[u8]) -> Option<usize> {
        let mut candidates = self.candidates[beginning].iter().map(|form| self.forms[*form as usize].as_slice());
        candidates.find(|form| text.starts_with(form)).map(<[u8]>::len)
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
        let after = self.forms.partition_point(|form| form.as_slice() <= text);
        self.forms.get(after).is_some_and(|form| form.starts_with(text))
    }
}

fn beginning(form: &[u8]) -> &[u8] {
    &form[..form.len().min(BEGINNING)]
}

/// A form belongs to its beginning; one shorter than that also to the beginnings that begin with it, which the
/// automaton prefers.
fn candidates(forms: &[Vec<u8>], beginnings: &[&[u8]]) -> Vec<Vec<u32>> {
    let mut candidates = vec![Vec::new(); beginnings.len()];
    for (number, form) in (0..).zip(forms) {
        let first = beginnings.partition_point(|other| *other < beginning(form));
        let like = beginnings[first..].iter().take_while(|other| other.starts_with(beginning(form))).count();
        candidates[first..first + like].iter_mut().for_each(|candidates| candidates.push(number));
    }
    for candidates in &mut candidates {
        candidates.sort_by_key(|form| std::cmp::Reverse(forms[*form as usize].len()));
    }
    candidates
}

fn place(first: u8, second: u8) -> usize {
    (usize::from(first) << 5 ^ usize::from(second)) % PLACES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finder(forms: &[&str]) -> Finder {
        let forms: Vec<Vec<u8>> = forms.iter().map(|form| form.as_bytes().to_vec()).collect();
        Finder::new(Zeroizing::new(forms)).unwrap()
    }

    #[test]
    fn a_long_beginning_does_not_hide_a_short_form() {
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
