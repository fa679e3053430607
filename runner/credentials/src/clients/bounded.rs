use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::{Unanswered, gather};
use crate::cause::Cause;

/// No answer about credentials comes near this many bytes.
const LONGEST: usize = 1 << 20;

/// A client that reads no answer longer than [`LONGEST`]; the SDK itself reads whatever it is sent.
#[derive(Debug)]
pub(super) struct Bounded(pub(super) SharedHttpClient);

impl HttpClient for Bounded {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(BoundedConnector(self.0.http_connector(settings, components)))
    }
}

#[derive(Debug)]
struct BoundedConnector(SharedHttpConnector);

impl HttpConnector for BoundedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let connector = self.0.clone();
        HttpConnectorFuture::new(async move {
            let mut response = connector.call(request).await?;
            let mut body = Vec::new();
            gather(response.take_body(), &mut body, LONGEST).await.map_err(error)?;
            *response.body_mut() = SdkBody::from(body);
            Ok(response)
        })
    }
}

fn error(why: Unanswered) -> ConnectorError {
    match why {
        Unanswered::Silent(cause) => ConnectorError::io(Box::new(cause)),
        too_long @ Unanswered::TooLong(_) => ConnectorError::other(Box::new(Cause::from(too_long)), None),
    }
}
