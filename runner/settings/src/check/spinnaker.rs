use super::Checker;
use crate::import::{Imported, NoteKind, Refused, spinnaker};
use crate::shape::ConfigurationShape;
use crate::yaml::Position;
use crate::{Account, AccountName, Place, Unusable};

impl Checker<'_> {
    /// The accounts of Spinnaker's blocks, beside our own: those that can work are added, and the others returned.
    pub(super) fn spinnaker(
        &mut self,
        shape: &ConfigurationShape,
        managing: Option<&AccountName>,
        accounts: &mut Vec<Account>,
    ) -> Vec<Unusable> {
        let Some(written) = self.written else { return Vec::new() };
        let imported = spinnaker::convert(written.original, shape.aws.as_ref(), shape.ecs.as_ref(), managing);
        let secret = shape.aws.as_ref().and_then(|aws| spinnaker::secret_in_clear(written.original, aws));
        if let Some(at) = secret {
            let hint = "`windlass account import --from FILE` takes a file with it and moves the secret into key storage; \
                        a path there (keys/...) may stand here";
            self.fault(at, "a secret does not belong in the configuration", Some(hint.to_owned()));
        }
        self.tell(&imported);
        let unusable: Vec<Unusable> = imported.refused.iter().filter_map(Refused::unusable).collect();
        let refused = imported.refused.iter().map(|refused| (refused.name.as_str(), &refused.place));
        let places = imported.accounts.iter().filter_map(|account| match &account.place {
            Place::File(place) => Some((account.name.as_str(), place)),
            Place::Database { .. } => None,
        });
        for (name, place) in places.chain(refused) {
            if let Some(own) = accounts.iter().find(|own| own.name.as_str() == name) {
                let message = format!("the system has an account `{name}` already, at {}", own.place);
                self.fault(Position { line: place.line, column: place.column }, message, None);
            }
        }
        accounts.extend(imported.accounts);
        unusable
    }

    /// One line about each kind of thing, however many there are.
    fn tell(&mut self, imported: &Imported) {
        let meaningless = [NoteKind::Unused, NoteKind::Unknown];
        let unused = imported.notes.iter().filter(|note| meaningless.contains(&note.kind));
        let Some(path) = self.written.map(|written| written.original.path.display()) else { return };
        let list = format!("`windlass account import --from {path} --dry-run` lists them");
        match unused.count() {
            0 => {}
            1 => self.warnings.push(format!("1 of Spinnaker's settings in {path} means nothing here; {list}")),
            some => self.warnings.push(format!("{some} of Spinnaker's settings in {path} mean nothing here; {list}")),
        }
        let Some(first) = imported.refused.first() else { return };
        let what = match imported.refused.len() {
            1 => "1 of Spinnaker's accounts is".to_owned(),
            count => format!("{count} of Spinnaker's accounts are"),
        };
        self.warnings.push(format!("{what} unusable, such as `{}`: {}", first.name, first.problems));
    }
}
