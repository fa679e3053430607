use std::error::Error;
use std::time::Instant;

use aws_sdk_cloudwatchlogs::error::{ProvideErrorMetadata, SdkError};
use tokio::time::sleep;
use windlass_plugin_api::{Context, StepError, explain_sdk_error};

use super::backoff::{Backoff, Turn};
use super::failure::Wait;

/// So many calls in a row may fail on the way to AWS; the SDK has tried each of them three times.
const PATIENCE: u32 = 5;

/// Makes a call until it succeeds or fails for good, as `judge` says of each failure. While AWS takes no more calls it waits
/// its turn, as long as the step has time; the log says so. `what` is what for, in a few words.
///
/// # Errors
/// The step's own end; the inner error is the last failure of the call.
pub(super) async fn patiently<T, E>(
    what: &str,
    context: &Context,
    judge: impl Fn(&SdkError<E>) -> Wait,
    call: impl AsyncFn() -> Result<Result<T, SdkError<E>>, StepError>,
) -> Result<Result<T, SdkError<E>>, StepError>
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (mut turn, mut backoff, mut failures) = (Turn::new(), Backoff::new(), 1);
    loop {
        let error = match call().await? {
            Ok(answer) => return Ok(Ok(answer)),
            Err(error) => error,
        };
        let pause = match judge(&error) {
            Wait::Turn => {
                if turn.mentions(Instant::now()) {
                    context.info(format!("waiting until AWS takes {what}: {}", explain_sdk_error(&error)));
                }
                turn.pause()
            }
            Wait::Moment if failures < PATIENCE => {
                failures += 1;
                context.warn(format!("AWS did not take {what}, trying again: {}", explain_sdk_error(&error)));
                backoff.pause()
            }
            Wait::Moment | Wait::Never => return Ok(Err(error)),
        };
        context.or_cancelled(sleep(pause)).await?;
    }
}
