use windlass_credentials::{
    Attribution, AwsService, Because, CallError, Calls, Chosen, Credentials, Permissions, Region, Resolved,
    SessionPolicy, Sessions,
};
use windlass_keys::{KeyEntry, KeyError, SecretKind};
use windlass_settings::{Chain, KeyMount, KeyPath, ProjectName, Scope, Settings};
use zeroize::Zeroizing;

use crate::store::{Asked, Listed, Page, Store, store};
use crate::trouble::Trouble;

/// What a mount calls itself where a step has its job: `windlass-web-keys` is the name of its session.
const JOB: &str = "keys";
/// The project of a mount of the system, in the name of its session.
const SYSTEM: &str = "system";
/// More is not listed at once; AWS gives 50 or 100 a page.
const MOST_PAGES: usize = 100;

/// A mount with all that it takes to read there.
pub(crate) struct Mount {
    pub(crate) of: KeyMount,
    pub(crate) store: &'static dyn Store,
    pub(crate) account: Chain,
    service: AwsService,
    project: ProjectName,
}

/// The ways out of this process.
pub(crate) struct Ways<'a> {
    pub(crate) sessions: &'a Sessions,
    pub(crate) calls: &'a Calls,
}

impl Mount {
    pub(crate) fn new(settings: &Settings, of: &KeyMount) -> Self {
        let project = of.path.project().and_then(|name| ProjectName::parse(name).ok());
        let account = settings.account(&Scope::of(project.as_ref()), &of.account);
        let account = account.and_then(|account| settings.chain(account).ok());
        let store = store(of.store);
        Self {
            account: account.expect("settings know the account of each mount, and have checked it"),
            service: AwsService::regional(&settings.endpoints, store.service(), &of.region),
            project: project.unwrap_or_else(|| ProjectName::parse(SYSTEM).expect("it is a name")),
            store,
            of: of.clone(),
        }
    }

    /// The name of what lies at this path, in the store.
    pub(crate) fn name(&self, path: &str) -> String {
        format!("{}{}", self.of.prefix, self.of.rest(path).unwrap_or_default())
    }

    pub(crate) async fn ask(&self, ways: &Ways<'_>, asked: &Asked) -> Result<Zeroizing<Vec<u8>>, Trouble> {
        let keys = self.credentials(ways.sessions).await?;
        let answer = ways.calls.json(&self.service, asked.target, &asked.input, &keys).await;
        answer.map_err(|error| Trouble::Call { error, action: asked.action })
    }

    async fn credentials(&self, sessions: &Sessions) -> Result<Credentials, Trouble> {
        let region = Region { name: self.of.region.clone(), because: Because::Argument };
        let resolved = Resolved { chain: self.account.clone(), chosen: Chosen::Argument, region, shadowed: None };
        let who = Attribution { project: &self.project, job: JOB, execution: JOB };
        sessions.credentials(&resolved, &who, &self.policy()).await.map_err(Trouble::Account)
    }

    /// Its sessions may read what is mounted, and decrypt it where that takes a key of the AWS account.
    fn policy(&self) -> SessionPolicy {
        let mut permissions = Permissions::default();
        for action in self.store.actions().into_iter().chain(["kms:Decrypt"]) {
            permissions.add_everywhere(action);
        }
        let of = |role| SessionPolicy::of(role, &permissions).expect("three actions are not too long");
        self.account.role().map_or(SessionPolicy::None, of)
    }

    /// The secrets whose names begin so, until there is no more or one of them is enough.
    pub(crate) async fn list(
        &self,
        ways: &Ways<'_>,
        prefix: &str,
        enough: impl Fn(&Listed) -> bool,
    ) -> Result<Vec<Listed>, Trouble> {
        let (mut all, mut after) = (Vec::new(), None);
        for _ in 0..MOST_PAGES {
            let asked = self.store.page(prefix, after.as_deref());
            let answer = self.ask(ways, &asked).await?;
            let Page { secrets, next } = self.store.listed(&answer).map_err(|why| self.unreadable(&asked, why.0))?;
            // Secrets Manager looks for the beginnings of words, too.
            all.extend(secrets.into_iter().filter(|secret| secret.name.starts_with(prefix)));
            after = next;
            if after.is_none() || all.iter().any(&enough) {
                return Ok(all);
            }
        }
        Err(Trouble::TooMany)
    }

    /// The entry of what was listed; none for a name that no path can have.
    pub(crate) fn entry(&self, listed: &Listed) -> Option<KeyEntry> {
        let rest = listed.name.strip_prefix(&self.of.prefix)?;
        let path = KeyPath::parse(&format!("{}/{rest}", self.of.path)).ok()?;
        Some(KeyEntry {
            path: path.into(),
            version: listed.version,
            kind: SecretKind::Password,
            at_most_bytes: None,
            created_at: listed.created_at,
            updated_at: listed.updated_at,
            mount: Some(self.of.path.to_string()),
        })
    }

    pub(crate) fn unreadable(&self, asked: &Asked, problem: String) -> Trouble {
        let (address, action) = (self.service.address().to_owned(), asked.target.to_owned());
        Trouble::Call { error: CallError::Garbled { address, action, problem }, action: asked.action }
    }

    pub(crate) fn absent(&self, what: &str) -> KeyError {
        Trouble::Absent.of(self, what)
    }
}
