//! What a listing of log groups adds to what a query says. An account that may not list them has its query all the same.

use jiff::Timestamp;
use strsim::jaro_winkler;
use windlass_plugin_api::Context;

use super::{Groups, Targets};
use crate::aws::Site;
use crate::range::Seconds;
use crate::run::Run;
use crate::steps::log_groups::{LogGroup, list};

const DAY: i64 = 24 * 3600;
/// How many groups are looked up that a step names itself.
const LOOKED_UP: usize = 5;
/// Names that are less alike are no hint.
const ALIKE: f64 = 0.85;

impl Targets {
    /// Says when the range begins before what a group keeps, of those that were not listed already. Only worth a call when
    /// nothing was found: an account that may not list them has one more refusal in its `CloudTrail`.
    pub(crate) async fn warn_of_retention(&self, run: &Run<'_>, range: Seconds) {
        if age(range) < 1 {
            return; // Nothing is kept for less than a day.
        }
        for site in &run.sites {
            for name in self.named.iter().take(LOOKED_UP) {
                let Ok(listed) = list(&site.calls(run.context), Some(name)).await else { return };
                let found = listed.into_iter().find(|group| group.name == *name);
                warn(found.as_slice(), range, run.context);
            }
        }
    }
}

/// Names like those of a query, of which AWS does not know one: `did you mean ...?`
pub(crate) async fn nearest(site: &Site, groups: &Groups, context: &Context) -> Option<String> {
    let mut hints = Vec::new();
    for name in groups.all().iter().filter(|name| !name.starts_with("arn:")).take(LOOKED_UP) {
        // What comes before the last part is the best guess at what is written right.
        let folder = name.rfind('/').map_or("", |at| &name[..=at]);
        let listed = list(&site.calls(context), Some(folder)).await.ok()?;
        if listed.iter().all(|group| group.name != *name) {
            hints.extend(most_alike(name, &listed).map(|known| format!("did you mean `{known}` by `{name}`?")));
        }
    }
    (!hints.is_empty()).then(|| hints.join(" "))
}

fn most_alike<'a>(name: &str, groups: &'a [LogGroup]) -> Option<&'a str> {
    let rated = groups.iter().map(|group| (jaro_winkler(name, &group.name), group.name.as_str()));
    let best = rated.filter(|(alike, _)| *alike >= ALIKE).max_by(|one, other| one.0.total_cmp(&other.0));
    best.map(|(_, name)| name)
}

/// Says which of these keep less than is asked for; of several the one that keeps the least.
pub(super) fn warn(groups: &[LogGroup], range: Seconds, context: &Context) {
    let age = age(range);
    let kept = groups.iter().filter_map(|group| Some((i64::from(group.retention_days?), &group.name)));
    let short: Vec<_> = kept.filter(|(days, _)| *days < age).collect();
    if let Some((days, name)) = short.iter().min() {
        let others = match short.len() - 1 {
            0 => String::new(),
            more => format!("; {more} more groups keep less than that too"),
        };
        context.warn(format!("the range begins {age} days ago, and log group `{name}` keeps {days} days{others}"));
    }
}

/// How many whole days ago a range begins.
fn age(range: Seconds) -> i64 {
    (Timestamp::now().as_second() - range.start) / DAY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_keyboard_has_a_hint() {
        let groups: Vec<LogGroup> = ["/demo/nginx/access", "/demo/nginx/error", "/demo/orders"]
            .map(|name| LogGroup { name: name.to_owned(), ..LogGroup::default() })
            .into();
        assert_eq!(most_alike("/demo/nginx/acess", &groups), Some("/demo/nginx/access"));
        assert_eq!(most_alike("payments", &groups), None);
    }
}
