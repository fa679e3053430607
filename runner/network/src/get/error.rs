use std::error::Error;
use std::io;
use std::time::Duration;

use tokio_rustls::rustls;

use crate::{DestinationError, Refusal};

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum GetError {
    /// Its host or port is wrong.
    #[error(transparent)]
    Destination(#[from] DestinationError),
    /// It is no address of the web.
    #[error("the address is malformed: {0}")]
    Malformed(#[from] http::uri::InvalidUri),
    /// There is no connection.
    #[error("{}", .0.message)]
    Refused(Refusal),
    /// An authority of the configuration cannot be used.
    #[error("a certificate of `network.certificateAuthorities` is unusable: {0}")]
    Authority(String),
    /// TLS does not trust the server.
    #[error(
        "its certificate is not trusted: {0}; an authority of your own belongs into `network.certificateAuthorities`"
    )]
    Untrusted(String),
    /// The time has passed.
    #[error("it did not answer within {0:?}")]
    TimedOut(Duration),
    /// The answer is longer than so many bytes.
    #[error("its answer is longer than {0} bytes")]
    TooLong(usize),
    /// The connection broke, or what came is no HTTP.
    #[error("it gave no answer: {0}")]
    Broken(String),
}

impl GetError {
    /// What the layers above the connection say.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let innermost = chain(error).last().map(ToString::to_string).unwrap_or_default();
        let untrusted = chain(error).filter_map(|error| error.downcast_ref::<rustls::Error>()).any(is_about_trust);
        if untrusted { Self::Untrusted(innermost) } else { Self::Broken(innermost) }
    }
}

fn is_about_trust(error: &rustls::Error) -> bool {
    matches!(error, rustls::Error::InvalidCertificate(_) | rustls::Error::NoCertificatesPresented)
}

/// The error and what caused it, from the outside in. [`io::Error`] leaves out the error that it wraps.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(wrapping) => wrapping.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}
