use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use windlass_plugin_api::{Context, StepError};

use super::{Groups, MOST, hints};
use crate::asked::Asked;
use crate::aws::Site;
use crate::range::Seconds;
use crate::run::Run;
use crate::steps::log_groups::{Glob, LogGroup, list};

/// Which log groups are asked where.
pub(crate) struct Targets {
    /// For each query the number of the site, and the groups.
    queries: Vec<(usize, Option<Groups>)>,
    /// The names that the step itself has, which were not looked up.
    pub(super) named: Vec<String>,
}

impl Targets {
    /// Looks up what patterns stand for. A place where a pattern matches nothing is left out, with a warning, as long as there is
    /// another.
    pub(crate) async fn find(
        run: &Run<'_>,
        asked: &Asked,
        wanted: &[String],
        range: Seconds,
    ) -> Result<Self, StepError> {
        if wanted.is_empty() {
            if asked.nature.names_groups {
                let queries = (0..run.sites.len()).map(|site| (site, None)).collect();
                return Ok(Self { queries, named: Vec::new() });
            }
            return Err(StepError::new("step.invalid-config", "neither `logGroups` nor the query says what to ask"));
        }
        let found = run.sites.iter().map(|site| names(site, wanted, range, run.context));
        let found = try_join_all(found).await?;
        let mut queries = Vec::new();
        for (number, names) in found.into_iter().enumerate() {
            let site = &run.sites[number];
            if names.is_empty() {
                run.context.warn(format!("no log group of {} matches {}", site.name(), listed(wanted)));
            } else if names.len() > MOST {
                asked.allows_chunks(names.len(), &site.name())?;
            }
            queries.extend(names.chunks(MOST).map(|names| (number, Some(Groups::of(names)))));
        }
        if queries.is_empty() {
            let message = format!("no log group matches {}", listed(wanted));
            let help = "`cloudwatch-logs/list-log-groups` lists what there is";
            return Err(StepError::new("cloudwatch-logs.log-group-not-found", message).with_help(help));
        }
        let is_name = |text: &&String| !text.contains('*') && !text.starts_with("arn:");
        Ok(Self { queries, named: wanted.iter().filter(is_name).cloned().collect() })
    }

    pub(crate) fn all<'t>(&'t self, run: &'t Run<'_>) -> impl Iterator<Item = (&'t Site, Option<&'t Groups>)> {
        self.queries.iter().map(|(number, groups)| (&run.sites[*number], groups.as_ref()))
    }
}

/// The names of one place, patterns resolved.
async fn names(site: &Site, wanted: &[String], range: Seconds, context: &Context) -> Result<Vec<String>, StepError> {
    let mut names = BTreeSet::new();
    for text in wanted {
        let text = text.strip_suffix(":*").filter(|text| text.starts_with("arn:")).unwrap_or(text);
        if !text.contains('*') {
            names.insert(text.to_owned());
            continue;
        }
        let glob = Glob(text);
        if text.starts_with("arn:") {
            let message = format!("`{text}` is an ARN with `*` in it; patterns are of names");
            return Err(StepError::new("step.invalid-config", message));
        }
        let listed = list(&site.calls(context), Some(glob.prefix())).await?;
        let found: Vec<LogGroup> = listed.into_iter().filter(|group| glob.matches(&group.name)).collect();
        hints::warn(&found, range, context);
        names.extend(found.into_iter().map(|group| group.name));
    }
    Ok(names.into_iter().collect())
}

fn listed(texts: &[String]) -> String {
    texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ")
}
