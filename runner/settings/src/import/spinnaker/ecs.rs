use super::Reading;
use super::draft::Draft;
use super::fields::Fields;
use super::known::{ECS, ECS_ACCOUNT};
use crate::Scope;
use crate::error::Problem;
use crate::import::NoteKind;
use crate::import::outcome::Candidate;
use crate::shape::{AccountShape, SourceShape};
use crate::yaml::{Content, Node, Position};

impl Reading<'_> {
    pub(super) fn ecs_block(&mut self, node: &Node) {
        let Some(mut fields) = Fields::of(node, ECS, "ecs.") else {
            if !node.is_null() {
                self.misshapen("ecs", node.position, "keys with values below `ecs`");
            }
            return;
        };
        let accounts = fields.take("accounts");
        let mut draft = self.draft(None);
        draft.slips(&fields);
        let enabled = draft.switch("ecs.enabled", fields.take("enabled"), true);
        draft.rest(fields);
        let problems = std::mem::take(&mut draft.problems);
        match accounts.map(|accounts| (&accounts.content, accounts.position)) {
            Some((Content::List(list), _)) if enabled == Some(false) => {
                let message = format!("`ecs` is not enabled, and so none of its {} accounts is taken over", list.len());
                self.draft(None).note(NoteKind::LeftOut, "ecs.enabled", node.position, message);
            }
            Some((Content::List(list), _)) => {
                for (number, item) in list.iter().enumerate() {
                    self.ecs_account(&problems, number, item);
                }
            }
            Some((_, at)) => self.misshapen("ecs.accounts", at, "a list below `accounts`"),
            None => {}
        }
    }

    fn ecs_account(&mut self, of_block: &[Problem], number: usize, node: &Node) {
        let label = format!("ecs.accounts[{number}]");
        let Some(mut fields) = Fields::of(node, ECS_ACCOUNT, "") else {
            return self.misshapen(&label, node.position, "keys with values");
        };
        let name = fields.take("name");
        let shown = name.and_then(|name| name.text(self.original.text)).unwrap_or(&label).to_owned();
        let mut draft = Draft::new(self.original, &mut self.notes, Some(&shown));
        draft.problems = of_block.to_vec();
        draft.slips(&fields);
        let [name, aws_account] = [("name", name), ("awsAccount", fields.take("awsAccount"))].map(|(key, node_of)| {
            if node_of.is_none() {
                draft.fault(node.position, format!("the key `{key}` is missing"), None);
            }
            node_of.and_then(|node| draft.text(key, node))
        });
        let at: Position = name.as_ref().map_or(node.position, Position::from);
        let enabled = draft.switch("enabled", fields.take("enabled"), true);
        draft.rest(fields);
        if enabled == Some(false) {
            return draft.note(NoteKind::LeftOut, "enabled", at, "it is not enabled, and so not taken over");
        }
        if let Some(aws_account) = aws_account.as_ref().filter(|text| self.left_out.contains(text.as_str())) {
            let message = format!("account `{shown}` starts from `{}`, which is not enabled", aws_account.as_str());
            draft.fault(aws_account.into(), message, Some("enable that one, or leave this one out"));
        }
        let problems = draft.problems;
        let shape = match (name, aws_account) {
            (Some(name), Some(aws_account)) if problems.is_empty() => {
                if name.as_str() == aws_account.as_str() {
                    let message = "it and the AWS account of that name are one account here";
                    return self.draft(Some(&shown)).note(NoteKind::Changed, "awsAccount", at, message);
                }
                Ok(AccountShape::new(name, SourceShape::Account(aws_account)))
            }
            _ => Err(problems),
        };
        self.candidates.push(Candidate::new(self.original, &shown, &Scope::System, at, shape));
    }
}
