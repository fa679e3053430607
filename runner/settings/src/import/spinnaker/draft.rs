use super::fields::Fields;
use crate::error::Problem;
use crate::import::unresolved::unresolved;
use crate::import::{Note, NoteKind};
use crate::shape::Text;
use crate::yaml::{Node, Original, Position};

/// An account, or a block, while its values are read: whatever cannot be used is recorded, and the reading goes on.
pub(super) struct Draft<'d, 'r> {
    pub(super) original: &'r Original<'r>,
    notes: &'d mut Vec<Note>,
    account: Option<String>,
    pub(super) problems: Vec<Problem>,
}

impl<'d, 'r> Draft<'d, 'r> {
    pub(super) fn new(original: &'r Original<'r>, notes: &'d mut Vec<Note>, account: Option<&str>) -> Self {
        Self { original, notes, account: account.map(str::to_owned), problems: Vec::new() }
    }

    pub(super) fn fault(&mut self, at: Position, message: impl Into<String>, hint: Option<&str>) {
        let error = self.original.error(at, message);
        self.problems.push(match hint {
            Some(hint) => error.with_hint(hint).into(),
            None => error.into(),
        });
    }

    /// About a key of the account, or of the block when its name begins with the block's.
    pub(super) fn note(&mut self, kind: NoteKind, key: &str, at: Position, message: impl Into<String>) {
        let note = Note::new(kind, key, at, message);
        self.push(note);
    }

    fn push(&mut self, note: Note) {
        let of_block = note.key.starts_with("aws.") || note.key.starts_with("ecs.");
        self.notes.push(match &self.account {
            Some(account) if !of_block => note.of(account),
            _ => note,
        });
    }

    /// The text of a key; none, with the reason recorded, when it has none that we can know.
    pub(super) fn text(&mut self, key: &str, node: &Node) -> Option<Text> {
        let Some(text) = node.text(self.original.text) else {
            self.fault(node.position, format!("`{key}`: expected a text"), None);
            return None;
        };
        if let Some(what) = unresolved(text) {
            self.note(NoteKind::Unresolved, key, node.position, format!("{what} means nothing outside of Spinnaker"));
            let hint = "write the value that Spinnaker would put there";
            self.fault(node.position, format!("`{key}` is {what}, which only Spinnaker can resolve"), Some(hint));
            return None;
        }
        Some(Text::at(node.position, text))
    }

    /// The text of a key for which an empty text is as good as none.
    pub(super) fn text_if_any(&mut self, key: &str, node: &Node) -> Option<Text> {
        if node.text(self.original.text) == Some("") {
            self.note(NoteKind::Changed, key, node.position, "it is empty, which counts as not given");
            return None;
        }
        self.text(key, node)
    }

    /// Whether a switch is on; with the reason recorded, when nobody can know.
    pub(super) fn switch(&mut self, key: &str, node: Option<&Node>, otherwise: bool) -> Option<bool> {
        let Some(node) = node else { return Some(otherwise) };
        let text = self.text(key, node)?;
        match text.as_str().to_lowercase().as_str() {
            "true" | "yes" | "on" => Some(true),
            "false" | "no" | "off" => Some(false),
            _ => {
                self.fault(node.position, format!("`{key}` is neither `true` nor `false`"), None);
                None
            }
        }
    }

    /// Keys that may have meant to say what the account is: it is not taken over without what they say.
    pub(super) fn slips(&mut self, fields: &Fields<'_>) {
        for (key, at, meant) in fields.slips() {
            let message = format!("unknown key `{key}`: without `{meant}` this would be another account");
            self.fault(at, message, Some(&format!("did you mean `{meant}`? write that, or take `{key}` out")));
        }
    }

    /// What was left of these keys.
    pub(super) fn rest(&mut self, fields: Fields<'_>) {
        for note in fields.rest(self.original.text) {
            self.push(note);
        }
    }
}
