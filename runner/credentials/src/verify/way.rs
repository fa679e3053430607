//! The way from the source to the last role, hop by hop.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use windlass_errors::Code;
use windlass_settings::{Account, Chain, Role, Source};

use super::iam::Iam;
use super::{CheckKind, Checked, Checks, Outcome, Verification};
use crate::error::link;
use crate::explain::risks;
use crate::explanation::ShownAccount;
use crate::failure::{Failed, Failure, Hop};
use crate::remedy::remedy;
use crate::sessions::{Assume, Shared};
use crate::sts::{Caller, Place, Sts};
use crate::{Attribution, Credentials, Resolved, SessionPolicy};

/// For all hops together; each call has bounds of its own.
const LONGEST: Duration = Duration::from_secs(120);

/// What one walks with.
pub(super) struct Way<'a> {
    pub(super) shared: &'a Shared,
    pub(super) chain: &'a Chain,
    pub(super) place: Place,
    who: Attribution<'a>,
    pub(super) checks: &'a Checks<'a>,
    found: Mutex<Vec<Checked>>,
    reached: Mutex<Option<Caller>>,
}

/// Where one has come to on the way.
pub(super) struct Stand<'a> {
    pub(super) keys: Credentials,
    /// The twelve digits of the AWS account that they are of.
    pub(super) account_id: String,
    /// Whose they are; of a role's session nobody has asked yet.
    pub(super) arn: Option<String>,
    /// The role that they are a session of, when it is one of the chain.
    pub(super) role: Option<&'a Role>,
}

pub(crate) async fn verify(
    shared: &Shared,
    resolved: &Resolved,
    who: &Attribution<'_>,
    checks: &Checks<'_>,
) -> Verification {
    let (chain, region) = (&resolved.chain, &resolved.region.name);
    let place = Place::new(&shared.endpoints, region);
    let way = Way { shared, chain, place, who: *who, checks, found: Mutex::default(), reached: Mutex::default() };
    // Boxed: the SDK's futures are deep.
    if tokio::time::timeout(LONGEST, Box::pin(way.go())).await.is_err() {
        let what = format!("it was not done within {} s", LONGEST.as_secs());
        let remedy = "somebody on the way answers slowly or not at all; the hops above say how far it came".to_owned();
        way.fails(&Hop::Source, CheckKind::Time, "account.sts-failed", what, Some(remedy));
    }
    let account = chain.account();
    let reached = way.reached.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (account_id, arn) = reached.map(|caller| (caller.account_id, caller.arn)).unzip();
    Verification {
        account: ShownAccount {
            name: account.name.to_string(),
            scope: account.scope.to_string(),
            defined_at: account.place.to_string(),
        },
        region: Some(region.clone()),
        account_id,
        arn,
        external_id_check: checks.without_external_id,
        findings: way.found.into_inner().unwrap_or_else(PoisonError::into_inner),
    }
}

impl Way<'_> {
    async fn go(&self) {
        let mut left: Vec<&Role> = self.chain.roles().collect();
        left.reverse();
        if self.to_the_end(&mut left).await.is_none() {
            for role in left.iter().rev() {
                let why = "a hop before it failed".to_owned();
                self.skips(&hop_of(role), CheckKind::AssumeRole, why, None);
            }
            self.skips(&self.last(), CheckKind::Actions, "a hop before it failed".to_owned(), None);
        }
        for (kind, text) in risks(self.chain) {
            let hop = if kind == CheckKind::NotNarrowed { self.last() } else { Hop::Source };
            self.note(&hop, kind, Outcome::Warning, text.to_owned(), None);
        }
    }

    /// The hops in their order, of which `left` are to come; nothing when one failed.
    async fn to_the_end(&self, left: &mut Vec<&Role>) -> Option<()> {
        let mut stands = vec![self.source().await?];
        for link in self.chain.links() {
            let from = stands.last().expect("the source is there");
            match &link.role {
                Some(role) => {
                    left.pop();
                    let to = self.role(link, role, from).await?;
                    stands.push(to);
                }
                None => self.same_account(link, from)?,
            }
        }
        let (last, before) = stands.split_last().expect("the source is there");
        *self.reached.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.region(last).await?);
        self.actions(last, before.last()).await;
        Some(())
    }

    async fn source(&self) -> Option<Stand<'static>> {
        let source = self.chain.source();
        let asks_sts = matches!(source, Source::Profile(_) | Source::WebIdentity(_));
        let keys = self.shared.source_keys(source, asks_sts.then_some(&self.place)).await;
        let keys = keys.map_err(|why| self.failed(Hop::Source, CheckKind::Credentials, why)).ok()?;
        self.note(&Hop::Source, CheckKind::Credentials, Outcome::Ok, "the source gives credentials".to_owned(), None);
        let caller = Sts::new(&self.shared.http, &self.place, &keys).caller().await;
        let Caller { account_id, arn } = caller.map_err(|why| self.failed(Hop::Source, CheckKind::Caller, why)).ok()?;
        let first = self.chain.links().next().expect("a chain has a link");
        let configured = first.account_id.as_ref().filter(|_| first.role.is_none());
        if configured.is_none_or(|id| id.as_str() == account_id) {
            let compared = if configured.is_some() { ", as configured" } else { "" };
            let what = format!("`{arn}` of AWS account {account_id}{compared}");
            self.note(&Hop::Source, CheckKind::Caller, Outcome::Ok, what, None);
        }
        Some(Stand { keys, account_id, arn: Some(arn), role: None })
    }

    /// That an account without a role of its own is the AWS account that it says.
    fn same_account(&self, link: &Account, at: &Stand<'_>) -> Option<()> {
        match &link.account_id {
            Some(configured) if configured.as_str() != at.account_id => {
                let (said, configured) = (at.account_id.clone(), configured.clone());
                let why = Failure::Mismatch { said, configured };
                let remedy = Some(format!("correct `accountId` or `source` at {}", link.place));
                let hop = at.role.map_or(Hop::Source, hop_of);
                self.fails(&hop, CheckKind::Caller, "account.mismatch", why.to_string(), remedy);
                None
            }
            _ => Some(()),
        }
    }

    async fn role<'r>(&self, link: &Account, role: &'r Role, from: &Stand<'_>) -> Option<Stand<'r>> {
        let (hop, ask) = (hop_of(role), Assume::new(role, &self.who, SessionPolicy::None));
        let assumed = Sts::new(&self.shared.http, &self.place, &from.keys).assume(&ask).await;
        let keys = assumed.map_err(|why| self.failed(hop.clone(), CheckKind::AssumeRole, why)).ok()?;
        let what = match &role.external_id {
            Some(_) => "assumed with its external ID",
            None => "assumed",
        };
        self.note(&hop, CheckKind::AssumeRole, Outcome::Ok, what.to_owned(), None);
        self.external_id(role, ask, from).await;
        let stand = Stand { keys, account_id: role.arn.account().to_string(), arn: None, role: Some(role) };
        self.trust(link, role, [&stand, from]).await;
        Some(stand)
    }

    pub(super) fn iam(&self, partition: windlass_settings::Partition) -> Iam<'_> {
        Iam::new(&self.shared.calls, &self.shared.endpoints, partition)
    }

    /// The last role, or else the source.
    pub(super) fn last(&self) -> Hop {
        self.chain.role().map_or(Hop::Source, hop_of)
    }

    pub(super) fn failed(&self, hop: Hop, kind: CheckKind, why: Failure) {
        let failed = Failed { why, hop };
        let (what, code) = (in_full(&failed.why), failed.why.code());
        self.push(&failed.hop, kind, Outcome::Failed, Some(code), what, remedy(&failed, self.chain));
    }

    pub(super) fn fails(&self, hop: &Hop, kind: CheckKind, code: &'static str, what: String, remedy: Option<String>) {
        self.push(hop, kind, Outcome::Failed, Some(Code::new(code)), what, remedy);
    }

    pub(super) fn skips(&self, hop: &Hop, kind: CheckKind, why: String, remedy: Option<String>) {
        self.note(hop, kind, Outcome::Skipped, why, remedy);
    }

    pub(super) fn note(&self, hop: &Hop, kind: CheckKind, outcome: Outcome, what: String, remedy: Option<String>) {
        self.push(hop, kind, outcome, None, what, remedy);
    }

    fn push(
        &self,
        hop: &Hop,
        kind: CheckKind,
        outcome: Outcome,
        code: Option<Code>,
        what: String,
        remedy: Option<String>,
    ) {
        let account = link(self.chain, hop).name.to_string();
        let hop = match hop {
            Hop::Source => self.chain.source().name().to_owned(),
            Hop::Role(arn) => arn.clone(),
        };
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.push(Checked { hop, account, kind, outcome, code, what, remedy });
    }
}

pub(super) fn hop_of(role: &Role) -> Hop {
    Hop::Role(role.arn.to_string())
}

/// A failure with its cause.
pub(super) fn in_full(why: &Failure) -> String {
    match std::error::Error::source(why) {
        Some(cause) => format!("{why}: {cause}"),
        None => why.to_string(),
    }
}

#[cfg(test)]
mod tests;
