//! From step to step, with what each of them sees.

use super::Check;
use super::scope::Scope;
use crate::{Action, Job, Step, Tree};

impl<'a> Check<'a> {
    pub(super) fn all_steps(&mut self) {
        let job: &'a Job = self.job;
        self.sequence(&job.steps, &mut Scope::new());
    }

    pub(super) fn job_outputs(&mut self) {
        let job: &'a Job = self.job;
        let scope = Scope::after(job);
        for output in &job.outputs {
            self.texts(&output.value, &scope);
        }
    }

    /// Steps of which each sees those before it. Afterwards the scope is as it was.
    fn sequence(&mut self, steps: &'a [Step], scope: &mut Scope<'a>) {
        let mark = scope.mark();
        for step in steps {
            self.step(step, scope);
            scope.add(step);
        }
        scope.back(mark);
    }

    pub(super) fn step(&mut self, step: &'a Step, scope: &mut Scope<'a>) {
        if self.is_full() {
            return;
        }
        let item = scope.item;
        if let Some(for_each) = &step.for_each {
            self.single(&for_each.items, scope, "`items`");
            scope.item = true;
        }
        // Whether it is skipped is asked for each item.
        if let Some(condition) = &step.condition {
            self.single(condition, scope, "`if`");
        }
        self.account(step, scope);
        if let Some(region) = &step.region {
            self.texts(region, scope);
        }
        self.action(step, scope);
        scope.item = item;
        self.handlers(step, scope);
    }

    fn action(&mut self, step: &'a Step, scope: &mut Scope<'a>) {
        match &step.action {
            Action::Uses { uses, at, with } => self.configuration(Some(step), (uses, *at, with), scope),
            Action::Job { name, at, options } => self.job_reference(name, *at, options, scope),
            Action::Steps(steps) => self.sequence(steps, scope),
            // None sees another.
            Action::Parallel { steps, .. } => steps.iter().for_each(|step| self.step(step, scope)),
        }
    }

    /// They see the step that has failed, and what there is of the steps in it.
    fn handlers(&mut self, step: &'a Step, scope: &mut Scope<'a>) {
        if step.on_error.is_empty() {
            return;
        }
        let (mark, error) = (scope.mark(), scope.error);
        scope.add(step);
        scope.error = true;
        self.sequence(&step.on_error, scope);
        scope.error = error;
        scope.back(mark);
    }

    fn account(&mut self, step: &'a Step, scope: &Scope<'a>) {
        let Some(account) = &step.account else { return };
        self.texts(account, scope);
        if account.has_expression() {
            self.has_list(account.position);
        }
    }

    /// A value that is no text: with anything beside its expression it would be one.
    fn single(&mut self, tree: &Tree, scope: &Scope<'a>, what: &str) {
        let holes = self.texts(tree, scope);
        if holes.texts.contains("") {
            let message = format!("{what} is one expression, and there is text beside it");
            self.wrong(
                "job.invalid-expression",
                tree.position,
                message,
                Some("put it all into one `${{ }}`".to_owned()),
            );
        }
    }
}
