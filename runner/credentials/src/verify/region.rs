use super::way::{Stand, Way};
use super::{CheckKind, Outcome};
use crate::sts::{Caller, Sts};

impl Way<'_> {
    /// That the last session works in the region, and who it is.
    pub(super) async fn region(&self, last: &Stand<'_>) -> Option<Caller> {
        let caller = match &last.arn {
            Some(arn) => Caller { account_id: last.account_id.clone(), arn: arn.clone() },
            None => {
                let asked = Sts::new(&self.shared.http, &self.place, &last.keys).caller().await;
                asked.map_err(|why| self.failed(self.last(), CheckKind::Region, why)).ok()?
            }
        };
        let what = format!("`{}` works in `{}`, by STS at {}", caller.arn, self.place.region(), self.place.address());
        self.note(&self.last(), CheckKind::Region, Outcome::Ok, what, None);
        Some(caller)
    }
}
