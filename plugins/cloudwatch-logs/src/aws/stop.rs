use std::time::Duration;

use tokio::time::timeout;
use windlass_plugin_api::{Context, explain_sdk_error};

use super::site::Site;

/// The step is about to be ended, so this does not take long.
const STOP_TIME: Duration = Duration::from_secs(4);

/// Stops a query that nobody waits for any more, and says in the log whether that worked.
pub(crate) async fn stop(site: &Site, id: &str, context: &Context) {
    let why = match timeout(STOP_TIME, site.client.stop_query().query_id(id).send()).await {
        Ok(Ok(answer)) if answer.success => return context.info(format!("stopped query `{id}` at AWS")),
        Ok(Ok(_)) => "AWS says that it did not stop".to_owned(),
        Ok(Err(error)) => explain_sdk_error(&error),
        Err(_) => format!("no answer within {} s", STOP_TIME.as_secs()),
    };
    context.warn(format!("could not stop query `{id}` at AWS, where it may run for up to an hour: {why}"));
}
