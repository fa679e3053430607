//! Steps at every level.

use windlass_settings::yaml::{Position, Spanned};

use super::Rules;
use super::texts::is_region;
use crate::job::shape::{ForEachFile, StepFile};
use crate::job::{Action, ForEach, Step};
use crate::tree::{Node, Tree};

/// The most steps of a job, all levels together.
const MOST_STEPS: usize = 1000;
/// How deep steps may stand in each other; those of the job itself are the first level.
const DEEPEST: usize = 8;

type StepFiles = Vec<Spanned<StepFile>>;

/// What the path of a step that handles a failure has in the middle, `deploy.onError.tell`; so no step is called this.
const HANDLERS: &str = "onError";
/// What the step of a notification is called.
const NOTIFYING: &str = "notify";

impl Rules<'_> {
    pub(super) fn steps(&mut self, read: StepFiles, depth: usize) -> Vec<Step> {
        if let (true, Some(first)) = (depth > DEEPEST, read.first()) {
            self.wrong(first, format!("steps stand in each other at most {DEEPEST} levels deep"));
            return Vec::new();
        }
        read.into_iter().filter_map(|step| self.step(step, depth)).collect()
    }

    fn inner_steps(&mut self, read: Spanned<StepFiles>, depth: usize, what: &str) -> Vec<Step> {
        if read.value.is_empty() {
            self.wrong(&read, format!("{what} needs at least one step"));
        }
        self.steps(read.value, depth + 1)
    }

    /// The step that sends a notification.
    pub(super) fn notifying_step(&mut self, read: StepFile, at: Position) -> Option<Step> {
        let step = self.step_at(read, at, 1)?;
        Some(Step { id: NOTIFYING.to_owned(), ..step })
    }

    fn step(&mut self, read: Spanned<StepFile>, depth: usize) -> Option<Step> {
        let at = Position::from(&read);
        self.step_at(read.value, at, depth)
    }

    fn step_at(&mut self, mut read: StepFile, at: Position, depth: usize) -> Option<Step> {
        self.count += 1;
        if self.count > MOST_STEPS {
            if self.count == MOST_STEPS + 1 {
                self.wrong(at, format!("a job has at most {MOST_STEPS} steps, all levels together"));
            }
            return None;
        }
        let id = self.id(read.id.as_ref(), at);
        let for_each = read.for_each.take().map(|each| self.for_each(each));
        let condition = read.condition.take().and_then(|tree| self.condition(tree));
        let account = read.account.take();
        let account = self.text_tree(account, |text| windlass_settings::AccountName::parse(text).map(|_| ()));
        let region = read.region.take();
        let region = self.text_tree(region, |text| {
            if is_region(text) { Ok(()) } else { Err("a region is written like `eu-west-1`".to_owned()) }
        });
        let timeout = read.timeout.take().and_then(|text| self.timeout(&text));
        let retry = read.retry.take().and_then(|retry| self.retry(&retry));
        let handlers = read.on_error.take();
        let continue_on_error = read.continue_on_error;
        let action = self.action(read, at, depth, [account.as_ref(), region.as_ref()]);
        let on_error = handlers.map(|steps| self.inner_steps(steps, depth, "`onError`")).unwrap_or_default();
        let action = action?;
        Some(Step { id, action, for_each, condition, timeout, retry, continue_on_error, on_error, account, region, at })
    }

    fn id(&mut self, given: Option<&Spanned<String>>, at: Position) -> String {
        let id = given.map_or_else(|| format!("step{}", self.count), |id| id.value.clone());
        let place = given.map_or(at, Position::from);
        if given.is_some() {
            self.identifier(&id, place, "a step's id");
        }
        if id == HANDLERS {
            let hint = "give the step another id";
            self.wrong_with(place, format!("`{HANDLERS}` stands for the steps that handle a failure"), hint);
        }
        if let Some(before) = self.ids.get(&id) {
            let hint = format!("it stands in line {}; ids are unique in the whole job", before.line);
            self.wrong_with(place, format!("another step has the id `{id}` already"), hint);
        }
        self.ids.entry(id.clone()).or_insert(place);
        id
    }

    /// What the step does: exactly one thing.
    fn action(&mut self, read: StepFile, at: Position, depth: usize, place: [Option<&Tree>; 2]) -> Option<Action> {
        let StepFile { uses, with, job, parallel, steps, .. } = read;
        let given = [
            ("uses", uses.as_ref().map(Position::from)),
            ("job", job.as_ref().map(Position::from)),
            ("parallel", parallel.as_ref().map(Position::from)),
            ("steps", steps.as_ref().map(Position::from)),
        ];
        let given: Vec<(&str, Position)> = given.into_iter().filter_map(|(key, at)| Some((key, at?))).collect();
        match given.as_slice() {
            [] => self.wrong(at, "a step has one of the keys `uses`, `job`, `parallel` and `steps`"),
            [_] => {}
            [(first, _), (second, place), ..] => {
                self.wrong(*place, format!("a step has `{first}` or `{second}`, not both"));
            }
        }
        if uses.is_none() {
            self.only_with_uses(with.as_ref(), place);
        }
        if let Some(uses) = uses {
            let at = Position::from(&uses);
            let with = with.unwrap_or_else(|| Tree::empty_map(at));
            return Some(Action::Uses { uses: self.step_type(&uses)?, at, with });
        }
        if let Some(job) = job {
            let at = Position::from(&job.value.name);
            self.job_name(&job.value.name);
            let options = job.value.options.unwrap_or_else(|| Tree::empty_map(at));
            if !matches!(options.node, Node::Map(_)) {
                self.wrong(options.position, "expected keys with values");
            }
            return Some(Action::Job { name: job.value.name.value, at, options });
        }
        if let Some(parallel) = parallel {
            let limit = self.limit(parallel.value.limit.as_ref());
            return Some(Action::Parallel {
                limit,
                steps: self.inner_steps(parallel.value.steps, depth, "`parallel`"),
            });
        }
        Some(Action::Steps(self.inner_steps(steps?, depth, "`steps`")))
    }

    fn only_with_uses(&mut self, with: Option<&Tree>, [account, region]: [Option<&Tree>; 2]) {
        for (key, tree) in [("with", with), ("account", account), ("region", region)] {
            if let Some(tree) = tree {
                self.wrong(tree.position, format!("`{key}` belongs to a step with `uses`"));
            }
        }
    }

    fn for_each(&mut self, read: ForEachFile) -> ForEach {
        match &read.items.node {
            Node::List(_) | Node::Map(_) => {}
            Node::Text(text) if text.contains("${{") => {}
            _ => self.wrong(read.items.position, "expected a list, or an expression that comes to one"),
        }
        ForEach { items: read.items, limit: self.limit(read.limit.as_ref()).unwrap_or(1) }
    }

    /// A condition is a boolean or an expression.
    fn condition(&mut self, tree: Tree) -> Option<Tree> {
        match &tree.node {
            Node::Plain(serde_json::Value::Bool(_)) => return Some(tree),
            Node::Text(text) if text.contains("${{") => return Some(tree),
            _ => {}
        }
        let hint = "write `${{ options.env == 'prod' }}`";
        self.wrong_with(tree.position, "`if` is `true`, `false` or an expression that comes to one of them", hint);
        None
    }
}
