use std::cell::Cell;

use aws_sdk_cloudwatchlogs::Client;
use windlass_plugin_api::{Context, StepError};

use super::calls::Calls;
use super::failure::Place;
use crate::groups::Groups;
use crate::language::Language;

/// The most rows that a query returns, page by page, in Logs Insights' own language
/// ([`StartQuery`](https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html)).
const MOST_ROWS: u32 = 100_000;
/// In the others, and where AWS has not raised it yet.
const FEWEST_ROWS: u32 = 10_000;

/// An account and region in which queries run.
pub(crate) struct Site {
    /// Its number among the step's places.
    pub(crate) number: usize,
    /// The account's name.
    pub(crate) account: String,
    pub(crate) region: String,
    pub(crate) client: Client,
    /// For messages.
    pub(crate) place: Place,
    most_rows: Cell<u32>,
}

/// A query to be started.
#[derive(Clone, Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) text: String,
    pub(crate) language: Language,
    pub(crate) groups: Option<&'a Groups>,
    /// Whole seconds since 1970 UTC.
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) limit: u32,
}

impl Site {
    pub(crate) fn new(context: &Context, number: usize, language: Language) -> Result<Self, StepError> {
        let place = &context.places()[number];
        let (account, region) = (place.account.clone(), place.region.clone());
        let client = Client::new(&context.aws_config_in(number, "logs")?);
        let most_rows = if language == Language::Cwli { MOST_ROWS } else { FEWEST_ROWS };
        let most_rows = Cell::new(most_rows);
        Ok(Self { number, account, region, client, place: Place::of(context, number), most_rows })
    }

    /// The most rows of one query here, as far as is known.
    pub(crate) fn most_rows(&self) -> u32 {
        self.most_rows.get()
    }

    /// AWS has refused a query with this limit. Whether one with fewer rows may be taken.
    pub(crate) fn takes_fewer_rows_than(&self, limit: u32) -> bool {
        if limit > FEWEST_ROWS {
            self.most_rows.set(FEWEST_ROWS);
        }
        limit > FEWEST_ROWS
    }

    /// For calls about other things than queries.
    pub(crate) fn calls<'a>(&self, context: &'a Context) -> Calls<'a> {
        Calls::with(self.client.clone(), context, self.place.clone())
    }

    /// For messages.
    pub(crate) fn name(&self) -> String {
        format!("`{}` in {}", self.account, self.region)
    }
}
