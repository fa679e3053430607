use secrecy::SecretString;

use super::account::shape;
use super::draft::Draft;
use super::fields::Fields;
use super::known::{ACCOUNT, AWS};
use super::{MANAGING, MANAGING_KEY, Reading};
use crate::error::Problem;
use crate::import::outcome::Candidate;
use crate::import::{ImportedKey, NoteKind};
use crate::shape::{AccessKeyShape, AccountShape, SourceShape, Text};
use crate::yaml::{Content, Node, Position};
use crate::{KeyPath, Scope, SessionName};

/// What the accounts of the block have in common.
pub(super) struct Block<'n> {
    fields: Fields<'n>,
    /// The defaults that some account took.
    pub(super) used: Vec<&'static str>,
    /// Where accounts start from which name nothing; nowhere, when nothing was said.
    pub(super) source: Option<String>,
    pub(super) profiles: bool,
    /// What is wrong with the block itself, so that none of its accounts can be used.
    problems: Vec<Problem>,
}

impl<'n> Block<'n> {
    pub(super) fn default(&mut self, key: &'static str) -> Option<&'n Node> {
        let node = self.fields.peek(key)?;
        self.used.push(key);
        Some(node)
    }

    fn rest(mut self) -> Fields<'n> {
        for key in self.used {
            self.fields.take(key);
        }
        self.fields
    }
}

impl Reading<'_> {
    pub(super) fn aws_block(&mut self, node: &Node) {
        let Some(mut fields) = Fields::of(node, AWS, "aws.") else {
            if !node.is_null() {
                self.misshapen("aws", node.position, "keys with values below `aws`");
            }
            return;
        };
        let accounts = fields.take("accounts");
        let mut draft = self.draft(None);
        draft.slips(&fields);
        let enabled = draft.switch("aws.enabled", fields.take("enabled"), true);
        let mut load = fields.below("loadAccounts");
        load.iter().for_each(|load| draft.slips(load));
        let profiles = load.as_mut().and_then(|load| load.take("useManagingAccountProfile"));
        let profiles = draft.switch("aws.loadAccounts.useManagingAccountProfile", profiles, false);
        load.into_iter().for_each(|load| draft.rest(load));
        let problems = std::mem::take(&mut draft.problems);
        let has_key = enabled != Some(false) && self.managing_key(&mut fields);
        let source = if has_key { Some(MANAGING.to_owned()) } else { self.managing.map(ToString::to_string) };
        let mut block = Block { fields, used: Vec::new(), source, profiles: profiles == Some(true), problems };
        match accounts.map(|accounts| (&accounts.content, accounts.position)) {
            Some((Content::List(list), _)) if enabled == Some(false) => self.disabled(list, node.position),
            Some((Content::List(list), _)) if list.is_empty() => self.no_accounts(node.position),
            Some((Content::List(list), at)) => {
                for (number, item) in list.iter().enumerate() {
                    self.aws_account(&mut block, number, item);
                }
                self.tell_defaults(&block, at);
            }
            Some((_, at)) => self.misshapen("aws.accounts", at, "a list below `accounts`"),
            None => self.no_accounts(node.position),
        }
        self.draft(None).rest(block.rest());
    }

    fn no_accounts(&mut self, at: Position) {
        let message = "there are none, and what Spinnaker is itself does not become one, as it does there";
        self.draft(None).note(NoteKind::LeftOut, "aws.accounts", at, message);
    }

    fn disabled(&mut self, accounts: &[Node], at: Position) {
        for account in accounts {
            let name = Fields::of(account, ACCOUNT, "").and_then(|mut fields| fields.take("name"));
            self.left_out.extend(name.and_then(|name| name.text(self.original.text)).map(str::to_owned));
        }
        let message = format!("`aws` is not enabled, and so none of its {} accounts is taken over", accounts.len());
        self.draft(None).note(NoteKind::LeftOut, "aws.enabled", at, message);
    }

    /// The block's own key becomes an account, from which the others start. Whether there is one.
    fn managing_key(&mut self, fields: &mut Fields<'_>) -> bool {
        let (id, secret) = (fields.take("accessKeyId"), fields.take("secretAccessKey"));
        let Some(at) = id.or(secret).map(|node| node.position) else { return false };
        let mut draft = self.draft(None);
        let [id, secret] = [("aws.accessKeyId", id), ("aws.secretAccessKey", secret)]
            .map(|(key, node)| node.and_then(|node| draft.text_if_any(key, node)));
        if id.is_none() && secret.is_none() && draft.problems.is_empty() {
            return false;
        }
        if id.is_none() != secret.is_none() && draft.problems.is_empty() {
            let hint = Some("write both, or neither and set `managingAccount`");
            draft.fault(at, "`accessKeyId` and `secretAccessKey` belong together", hint);
        }
        let problems = std::mem::take(&mut draft.problems);
        let shape = match (id, secret) {
            (Some(access_key_id), Some(secret)) if problems.is_empty() => {
                let key =
                    AccessKeyShape { access_key_id, secret_access_key: self.key_of(&secret), session_token: None };
                Ok(AccountShape::new(Text::at(at, MANAGING), SourceShape::AccessKey(key)))
            }
            _ => Err(problems),
        };
        self.candidates.push(Candidate::new(self.original, MANAGING, &Scope::System, at, shape));
        true
    }

    /// The path of a secret, which is moved when it is written out.
    fn key_of(&mut self, secret: &Text) -> Text {
        if KeyPath::parse(secret.as_str()).is_ok() {
            return secret.clone();
        }
        let at: Position = secret.into();
        let path = KeyPath::parse(MANAGING_KEY).expect("it is one");
        let secret = SecretString::from(secret.as_str());
        self.keys.push(ImportedKey { path, secret, line: at.line, column: at.column });
        let message = format!("the secret belongs in key storage, at `{MANAGING_KEY}`");
        self.draft(None).note(NoteKind::Changed, "aws.secretAccessKey", at, message);
        Text::at(at, MANAGING_KEY)
    }

    fn aws_account(&mut self, block: &mut Block<'_>, number: usize, node: &Node) {
        let label = format!("aws.accounts[{number}]");
        let Some(mut fields) = Fields::of(node, ACCOUNT, "") else {
            return self.misshapen(&label, node.position, "keys with values");
        };
        let mut draft = self.draft(Some(&label));
        let name = match fields.take("name") {
            Some(name) => draft.text("name", name),
            None => {
                draft.fault(node.position, "the key `name` is missing", None);
                None
            }
        };
        let Some(name) = name else {
            draft.rest(fields);
            let problems = draft.problems;
            return self.refuse(&label, node.position, problems);
        };
        let mut draft = Draft::new(self.original, &mut self.notes, Some(name.as_str()));
        draft.problems = block.problems.clone();
        draft.slips(&fields);
        let enabled = draft.switch("enabled", fields.take("enabled"), true);
        if enabled == Some(false) {
            draft.note(NoteKind::LeftOut, "enabled", (&name).into(), "it is not enabled, and so not taken over");
            self.left_out.insert(name.as_str().to_owned());
            return;
        }
        let shape = shape(&mut draft, block, &mut fields, &name);
        draft.rest(fields);
        let problems = draft.problems;
        let shape = shape.filter(|_| problems.is_empty()).ok_or(problems);
        self.aws.insert(name.as_str().to_owned());
        let candidate = Candidate::new(self.original, name.as_str(), &Scope::System, (&name).into(), shape);
        self.candidates.push(candidate);
    }

    /// Where Spinnaker's defaults are others.
    fn tell_defaults(&mut self, block: &Block<'_>, at: Position) {
        let mut draft = self.draft(None);
        if block.used.contains(&"defaultSessionName") && block.fields.peek("defaultSessionName").is_none() {
            let ours = SessionName::default();
            let message = format!("without a name sessions are called `{ours}` here, and `Spinnaker` there");
            draft.note(NoteKind::Changed, "aws.defaultSessionName", at, message);
        }
        let duration = "defaultSessionDurationSeconds";
        if block.used.contains(&duration) && block.fields.peek(duration).is_none() {
            let message = "without a duration sessions last 1h here, and 15m there; they are renewed in time";
            draft.note(NoteKind::Changed, "aws.defaultSessionDurationSeconds", at, message);
        }
    }
}
