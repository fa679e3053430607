//! What webhooks and Slack have in common.

mod address;
mod excerpt;
mod failure;

use std::time::Duration;

use windlass_plugin_api::http::{Request, Response};
use windlass_plugin_api::{Context, StepError};

pub(crate) use address::{Address, is_loopback};
use excerpt::excerpt;
pub(crate) use failure::{invalid, is_passing, of_answer};

/// For the whole request: who is told something takes it and works on it later.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends a request and waits for the answer, whatever that is.
pub(crate) async fn post(request: Request<Vec<u8>>, context: &Context) -> Result<Response<Vec<u8>>, StepError> {
    let client = context.http().with_timeout(PATIENCE);
    context.or_cancelled(client.send(request)).await?.map_err(failure::of_sending)
}
