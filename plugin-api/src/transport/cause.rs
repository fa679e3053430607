use std::error::Error;
use std::io;

use super::TimedOut;
use super::tls::Unusable;
use crate::ConnectError;

/// What made a request fail, found in the chain of errors that the layers make of it.
#[derive(Debug)]
pub(crate) enum Cause<'a> {
    /// The runner made no connection.
    Refused(&'a ConnectError),
    /// The server's certificate is not to be trusted.
    Untrusted,
    /// An authority of the configuration is unusable.
    Misconfigured,
    /// It took too long.
    TimedOut,
    /// The request is unusable.
    Misused,
    /// The connection broke in the midst of an answer.
    Incomplete,
    /// The connection broke.
    Lost,
    /// Something else, an answer that is no HTTP above all.
    Other,
}

impl<'a> Cause<'a> {
    pub(crate) fn of(error: &'a (dyn Error + 'static)) -> Self {
        if let Some(refused) = find(error) {
            Self::Refused(refused)
        } else if find::<TimedOut>(error).is_some() {
            Self::TimedOut
        } else if find::<Unusable>(error).is_some() {
            Self::Misconfigured
        } else if find(error).is_some_and(is_about_trust) {
            Self::Untrusted
        } else {
            Self::of_http(error)
        }
    }

    fn of_http(error: &(dyn Error + 'static)) -> Self {
        let lost = find::<io::Error>(error).is_some();
        let connecting =
            find::<hyper_util::client::legacy::Error>(error).is_some_and(hyper_util::client::legacy::Error::is_connect);
        match find::<hyper::Error>(error) {
            Some(error) if error.is_user() => Self::Misused,
            Some(error) if error.is_incomplete_message() => Self::Incomplete,
            Some(error) if error.is_closed() || error.is_canceled() || lost => Self::Lost,
            None if connecting || lost => Self::Lost,
            _ => Self::Other,
        }
    }
}

/// Asking again does not change what a server is.
fn is_about_trust(error: &rustls::Error) -> bool {
    use rustls::Error::{InvalidCertRevocationList, InvalidCertificate, NoCertificatesPresented, UnsupportedNameType};
    matches!(
        error,
        InvalidCertificate(_) | InvalidCertRevocationList(_) | NoCertificatesPresented | UnsupportedNameType
    )
}

/// The error and what caused it, from the outside in. [`io::Error`] leaves out the error that it wraps.
fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| match error.downcast_ref::<io::Error>() {
        Some(wrapping) => wrapping.get_ref().map(|inner| inner as &(dyn Error + 'static)),
        None => error.source(),
    })
}

/// What it all began with.
#[cfg(any(feature = "http", feature = "tls"))]
pub(crate) fn innermost(error: &super::BoxError) -> String {
    chain(error.as_ref()).last().map(ToString::to_string).unwrap_or_default()
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}
