//! The whole way of a step that queries.

use jiff::Timestamp;
use serde_json::json;
use windlass_plugin_api::frames::Chart;
use windlass_plugin_api::{Context, StepError};

use crate::asked::Asked;
use crate::aws::Site;
use crate::console::link;
use crate::groups::Targets;
use crate::how::How;
use crate::language::Language;
use crate::output::{Link, QueryOutputs};
use crate::parts::{Feed, Merge, Part};
use crate::range::Seconds;
use crate::results::{Results, TABLE};
use crate::run::{Journal, Run};
use crate::text::{Nature, Plot};
use crate::verdict::{Verdict, language};

/// What a step asks for.
pub(crate) struct Request {
    pub(crate) log_groups: Vec<String>,
    pub(crate) query: String,
    pub(crate) language: Language,
    pub(crate) how: How,
}

/// Starts the queries, puts their rows into one table, and looks whether the step's conditions hold. With a token it goes on
/// where an earlier process ended.
pub(crate) async fn run(request: Request, context: &Context, token: Option<&str>) -> Result<QueryOutputs, StepError> {
    let conditions = language();
    let verdict = Verdict::read(request.how.conditions(), &conditions)?;
    let journal = token.and_then(Journal::read).unwrap_or_else(|| Journal::begin(Timestamp::now().as_millisecond()));
    let now = Timestamp::from_millisecond(journal.now).unwrap_or_else(|_| Timestamp::now());
    let range = request.how.range.seconds(now)?;
    let asked = Asked::new(request.query, request.language, request.how.limit);
    let sites: Result<Vec<Site>, StepError> =
        (0..context.places().len()).map(|number| Site::new(context, number, asked.language)).collect();
    let run = Run::new(context, sites?, request.how.budget(), journal);
    let targets = Targets::find(&run, &asked, &request.log_groups, range).await?;
    let first = Part::first(range, request.how.range.is_aligned() && asked.nature.takes_filter);
    let feed = |(site, groups)| Feed::new(&run, site, &asked, groups, first.clone());
    let feeds = targets.all(&run).map(feed).collect();
    let outcome = collect(feeds, &run, &asked, verdict.asks()).await;
    // Also after a success: queries for rows beyond the limit may be running.
    run.stop().await;
    let Collected { row_count, truncated, rows } = outcome?;
    let links = targets.all(&run).map(|(site, groups)| Link {
        account: site.account.clone(),
        region: site.region.clone(),
        url: link(&site.region, &asked.text, groups, range),
    });
    let (links, start, end) = (links.collect(), at(range.start), at(range.end));
    let statistics = run.total();
    let outputs =
        QueryOutputs { row_count, truncated, statistics: statistics.into(), query_ids: run.ids(), start, end, links };
    say(&outputs, &run, range);
    if row_count == 0 {
        targets.warn_of_retention(&run, range).await;
    }
    let facts = json!({ "rowCount": row_count, "rows": rows, "statistics": outputs.statistics });
    verdict.pass(&facts, context)?;
    Ok(outputs)
}

/// Stops the queries that an earlier process has left running.
pub(crate) async fn abandon(context: &Context, token: &str) -> Result<(), StepError> {
    let Some(journal) = Journal::read(token) else { return Ok(()) };
    let sites: Result<Vec<Site>, StepError> =
        (0..context.places().len()).map(|number| Site::new(context, number, Language::Cwli)).collect();
    let budget = crate::run::Budget { queries: 0, bytes: None };
    Run::new(context, sites?, budget, journal).stop().await;
    Ok(())
}

struct Collected {
    row_count: u64,
    truncated: bool,
    rows: Vec<serde_json::Value>,
}

async fn collect(
    feeds: Vec<Feed<'_>>,
    run: &Run<'_>,
    asked: &Asked,
    with_conditions: bool,
) -> Result<Collected, StepError> {
    let with_origin = run.sites.len() > 1;
    let mut merge = Merge::begin(feeds, &asked.nature.order).await?;
    let (context, nature) = (run.context, &asked.nature);
    let mut results = Results::begin(context, nature, with_origin, with_conditions, merge.first_rows());
    while asked.limit.is_none_or(|limit| results.count < limit)
        && let Some((number, row)) = merge.next().await?
    {
        results.add(&row, merge.feed(number));
    }
    let numbers = results.end();
    chart(&asked.nature, &numbers, run);
    Ok(Collected { row_count: results.count, truncated: merge.is_cut(), rows: results.first })
}

/// What `stats` has counted, drawn. Where rows come from several places, what tells the places apart is a series; a picture
/// with a second one says nothing to a reader.
fn chart(nature: &Nature, numbers: &[String], run: &Run<'_>) {
    let Some(Plot { kind, x, series, title }) = Plot::of(nature) else { return };
    let series = match (series, origin(&run.sites)) {
        (series, Origin::Same) => series,
        (None, Origin::Column(column)) => Some(column.to_owned()),
        (Some(_), Origin::Column(_)) | (_, Origin::Pair) => return,
    };
    let y: Vec<String> = numbers.iter().filter(|name| **name != x && Some(*name) != series.as_ref()).cloned().collect();
    if !y.is_empty() {
        run.context.chart(Chart { chart: "chart".to_owned(), title, kind, table: TABLE.to_owned(), x, y, series });
    }
}

/// What tells apart where rows come from.
enum Origin {
    Same,
    Column(&'static str),
    /// Account and region together.
    Pair,
}

fn origin(sites: &[Site]) -> Origin {
    let differ = |of: fn(&Site) -> &str| sites.iter().any(|site| of(site) != of(&sites[0]));
    match (differ(|site| &site.account), differ(|site| &site.region)) {
        (false, false) => Origin::Same,
        (true, false) => Origin::Column("account"),
        (false, true) => Origin::Column("region"),
        (true, true) => Origin::Pair,
    }
}

fn say(outputs: &QueryOutputs, run: &Run<'_>, range: Seconds) {
    let (context, statistics, rows) = (run.context, run.total(), outputs.row_count);
    if rows == 0 {
        context.info(format!("no rows: nothing matched from {range}; {statistics}"));
    } else {
        let more = if outputs.truncated { "; the limit is reached, there are more" } else { "" };
        context.info(format!("{rows} rows; {statistics}{more}"));
    }
    for Link { account, region, url } in outputs.links.iter().take(5) {
        context
            .log(windlass_plugin_api::frames::Level::Debug, format!("`{account}` in {region} on the console: {url}"));
    }
}

fn at(second: i64) -> String {
    Timestamp::from_second(second).map(|at| at.to_string()).unwrap_or_default()
}
