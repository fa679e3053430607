//! A valid input and what is changed about it.

use bolero::TypeGenerator;
use bolero::generator::produce;
use serde_json::Value;

use crate::odd::spelled;
use crate::{Edit, LineEdit, TreeEdit};

/// The longest input: more than any reader takes at once.
const LONGEST: usize = 2 << 20;

/// What an input begins as.
#[derive(Clone, Debug)]
pub enum Seed {
    /// One JSON document; YAML readers take it too.
    Json(String),
    /// JSON documents, one a line.
    Lines(Vec<String>),
    /// Something else.
    Bytes(Vec<u8>),
}

/// An edited seed.
#[derive(Clone, Debug, TypeGenerator)]
pub struct Case {
    /// Which seed.
    pub seed: u8,
    /// Which other one pieces are taken from.
    pub other: u8,
    /// Changes of its values, each with the line that they are in.
    #[generator(produce::<Vec<(u32, TreeEdit)>>().with().len(0..=5usize))]
    pub values: Vec<(u32, TreeEdit)>,
    /// Changes of the order of its lines.
    #[generator(produce::<Vec<LineEdit>>().with().len(0..=3usize))]
    pub lines: Vec<LineEdit>,
    /// Changes of its bytes; mostly none, since they often leave nothing that could be read.
    #[generator(produce::<Vec<Edit>>().with().len(0..=5usize))]
    pub bytes: Vec<Edit>,
    /// Whether its bytes are changed at all.
    pub in_bytes: bool,
}

impl Seed {
    /// As it is read.
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Json(text) => text.clone().into_bytes(),
            Self::Lines(lines) => joined(lines.iter().map(|line| line.clone().into_bytes())),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }

    fn lines(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Lines(lines) => lines.iter().map(|line| line.clone().into_bytes()).collect(),
            Self::Json(_) | Self::Bytes(_) => Vec::new(),
        }
    }
}

impl Case {
    /// The input.
    pub fn apply(&self, seeds: &[Seed]) -> Vec<u8> {
        let pick = |which: u8| &seeds[usize::from(which) % seeds.len()];
        let (seed, other) = (pick(self.seed), pick(self.other));
        let mut bytes = match seed {
            Seed::Json(text) => self.edited(text, |_| true).into_bytes(),
            Seed::Lines(lines) => self.in_lines(lines, other),
            Seed::Bytes(bytes) => bytes.clone(),
        };
        if self.in_bytes || matches!(seed, Seed::Bytes(_)) {
            self.bytes.iter().for_each(|edit| edit.apply(&mut bytes, &other.bytes()));
        }
        bytes.truncate(LONGEST);
        bytes
    }

    fn in_lines(&self, lines: &[String], other: &Seed) -> Vec<u8> {
        let last = u32::try_from(lines.len()).expect("seeds are short");
        let edited = lines.iter().zip(0..).map(|(line, number)| self.edited(line, |of| of % last == number));
        let mut edited: Vec<Vec<u8>> = edited.map(String::into_bytes).collect();
        self.lines.iter().for_each(|edit| edit.apply(&mut edited, &other.lines()));
        joined(edited.into_iter())
    }

    fn edited(&self, text: &str, concerned: impl Fn(u32) -> bool) -> String {
        let mut value: Value = serde_json::from_str(text).expect("a seed is JSON");
        self.values.iter().filter(|(line, _)| concerned(*line)).for_each(|(_, edit)| edit.apply(&mut value));
        spelled(&value.to_string())
    }
}

fn joined(lines: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    lines.fold(Vec::new(), |mut all, line| {
        all.extend_from_slice(&line);
        all.push(b'\n');
        all
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Odd;

    #[test]
    fn a_case_without_edits_is_its_seed() {
        let seeds = [Seed::Lines(vec!["{\"a\":1}".into(), "{\"b\":2}".into()]), Seed::Bytes(b"x\0y".to_vec())];
        let case = |seed| Case { seed, other: 0, values: vec![], lines: vec![], bytes: vec![], in_bytes: true };
        assert_eq!(case(0).apply(&seeds), b"{\"a\":1}\n{\"b\":2}\n");
        assert_eq!(case(3).apply(&seeds), b"x\0y");
    }

    #[test]
    fn a_value_is_changed_in_its_line_only() {
        let seeds = [Seed::Lines(vec!["{\"a\":1}".into(), "{\"a\":1}".into()])];
        let values = vec![(1, TreeEdit::Put { node: 0, by: Odd::Null })];
        let case = Case { seed: 0, other: 0, values, lines: vec![], bytes: vec![], in_bytes: false };
        assert_eq!(case.apply(&seeds), b"{\"a\":1}\n{\"a\":null}\n");
    }
}
