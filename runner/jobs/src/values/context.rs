use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minijinja::value::{Enumerator, Object};
use minijinja::{Error, ErrorKind, Value as Seen};

/// All that an expression may name.
#[derive(Clone, Debug)]
pub(super) struct Context {
    /// What stays for the whole execution.
    pub(super) fixed: Arc<BTreeMap<&'static str, Seen>>,
    pub(super) steps: Arc<Named>,
    /// `item`, `index` and `error`, where they are.
    pub(super) local: BTreeMap<&'static str, Seen>,
}

impl Object for Context {
    fn get_value(self: &Arc<Self>, key: &Seen) -> Option<Seen> {
        match key.as_str()? {
            "steps" => Some(Seen::from_dyn_object(Arc::clone(&self.steps))),
            name => self.local.get(name).or_else(|| self.fixed.get(name)).cloned(),
        }
    }
}

/// Steps that have ended, by id.
#[derive(Clone, Debug, Default)]
pub(super) struct Named(pub(super) BTreeMap<String, Seen>);

impl Object for Named {
    fn get_value(self: &Arc<Self>, key: &Seen) -> Option<Seen> {
        self.0.get(key.as_str()?).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.0.keys().map(|name| Seen::from(name.as_str())).collect())
    }
}

/// The values of options. A secret is none of them: whoever finds its name by computing it gets an error.
#[derive(Debug)]
pub(super) struct OptionsSeen {
    pub(super) values: BTreeMap<String, Seen>,
    pub(super) secrets: BTreeSet<String>,
}

impl Object for OptionsSeen {
    fn get_value(self: &Arc<Self>, key: &Seen) -> Option<Seen> {
        let name = key.as_str()?;
        if self.secrets.contains(name) {
            let message = format!("the secret option `{name}` cannot be used here");
            return Some(Seen::from(Error::new(ErrorKind::InvalidOperation, message)));
        }
        self.values.get(name).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(self.values.keys().map(|name| Seen::from(name.as_str())).collect())
    }
}
