use windlass_jobs::{Action, Step};

/// Where a step execution stands among the others of its execution.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The position of what it is a part of.
    pub(crate) parent: Option<i32>,
    /// `deploy[3].check`
    pub(crate) path: String,
}

/// What the steps of a group have in common.
#[derive(Clone, Debug, Default)]
pub(crate) struct Inside {
    parent: Option<i32>,
    prefix: String,
}

impl Inside {
    pub(crate) fn of(&self, step: &Step) -> Place {
        Place { parent: self.parent, path: format!("{}{}", self.prefix, step.id) }
    }
}

impl Place {
    /// For the steps in this group, in its attempt of this number from 1.
    pub(crate) fn inside(&self, position: i32, attempt: i32) -> Inside {
        let prefix = if attempt == 1 { format!("{}.", self.path) } else { format!("{}#{attempt}.", self.path) };
        Inside { parent: Some(position), prefix }
    }

    /// For the steps that handle its failure.
    pub(crate) fn on_error(&self) -> Inside {
        Inside { parent: self.parent, prefix: format!("{}.onError.", self.path) }
    }

    /// For the item of this number from 0.
    pub(crate) fn item(&self, position: i32, index: usize) -> Self {
        Self { parent: Some(position), path: format!("{}[{index}]", self.path) }
    }
}

/// A path without the numbers of the attempts of groups: `deploy[3].check` of `deploy[3]#2.check`.
pub(crate) fn in_each_attempt(path: &str) -> String {
    let parts = path.split('.').map(|part| part.split_once('#').map_or(part, |(part, _)| part));
    parts.collect::<Vec<_>>().join(".")
}

/// What a step does, in a word: its step type, or which kind of group it is.
pub(crate) fn uses(action: &Action) -> String {
    match action {
        Action::Uses { uses, .. } => uses.to_string(),
        Action::Job { name, .. } => format!("job {name}"),
        Action::Parallel { .. } => "parallel".to_owned(),
        Action::Steps(_) => "steps".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_the_same_in_each_attempt() {
        let deploy = Place { parent: None, path: "deploy".to_owned() }.item(1, 3);
        let check = |attempt| Place { parent: None, path: format!("{}check", deploy.inside(2, attempt).prefix) };
        for attempt in [1, 2, 10] {
            assert_eq!(in_each_attempt(&check(attempt).path), "deploy[3].check");
            let handler = format!("{}tell", check(attempt).on_error().prefix);
            assert_eq!(in_each_attempt(&handler), "deploy[3].check.onError.tell");
        }
    }
}
