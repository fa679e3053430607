use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::identity::Identity;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde::Serialize;
use zeroize::Zeroizing;

use super::refusal::refusal;
use super::{AwsService, CallError};
use crate::Credentials;
use crate::cause::Cause;
use crate::clients::{Answer, Unanswered, connector, exchange, is_plain};

const CONNECT: Duration = Duration::from_secs(2);
/// Of one attempt, its body included.
const ANSWER: Duration = Duration::from_secs(10);
/// Between attempts, of which there is one more.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// A page of a hundred secrets with all their tags; more than any secret.
const LONGEST_ANSWER: usize = 4 << 20;

const JSON: &str = "application/x-amz-json-1.1";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// The way to AWS services, whose connections are kept. TLS is set up when it is first needed.
pub struct Calls {
    plain: LazyLock<Connector>,
    tls: LazyLock<Connector>,
}

impl Calls {
    /// No connection yet.
    pub fn new() -> Self {
        Self {
            plain: LazyLock::new(|| connector("http://", CONNECT)),
            tls: LazyLock::new(|| connector("https://", CONNECT)),
        }
    }

    /// Calls an operation of an API of JSON 1.1 and returns its answer, which is wiped when it is dropped. `target` is
    /// what goes into `X-Amz-Target`: `secretsmanager.GetSecretValue`.
    ///
    /// Each attempt takes ten seconds at most; throttling, failures of the service and silence are met with two more.
    ///
    /// # Errors
    /// Each [`CallError`].
    pub async fn json(
        &self,
        service: &AwsService,
        target: &str,
        input: &impl Serialize,
        keys: &Credentials,
    ) -> Result<Zeroizing<Vec<u8>>, CallError> {
        let body = serde_json::to_string(input).expect("what goes into a call has names for keys");
        let action = target.rsplit('.').next().unwrap_or(target);
        let call = Call { service, action, headers: &[("content-type", JSON), ("x-amz-target", target)], body };
        self.until_settled(&call, keys).await
    }

    /// Calls an operation of a Query API, such as `GetRole` of version `2010-05-08`, and returns the XML. Otherwise as
    /// [`json`](Self::json).
    ///
    /// # Errors
    /// Each [`CallError`].
    pub async fn query(
        &self,
        service: &AwsService,
        action: &str,
        version: &str,
        parameters: &[(&str, &str)],
        keys: &Credentials,
    ) -> Result<Zeroizing<String>, CallError> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .append_pair("Version", version)
            .extend_pairs(parameters)
            .finish();
        let call = Call { service, action, headers: &[("content-type", FORM)], body };
        let mut answer = self.until_settled(&call, keys).await?;
        match String::from_utf8(std::mem::take(&mut *answer)) {
            Ok(text) => Ok(Zeroizing::new(text)),
            Err(_) => Err(call.garbled("it is no text in UTF-8")),
        }
    }

    async fn until_settled(&self, call: &Call<'_>, keys: &Credentials) -> Result<Zeroizing<Vec<u8>>, CallError> {
        for pause in PAUSES {
            match self.attempt(call, keys).await {
                Err(error) if error.passes() => tokio::time::sleep(pause).await,
                settled => return settled,
            }
        }
        self.attempt(call, keys).await
    }

    async fn attempt(&self, call: &Call<'_>, keys: &Credentials) -> Result<Zeroizing<Vec<u8>>, CallError> {
        let request = call.signed(keys).map_err(|cause| call.garbled(&cause.to_string()))?;
        let address = &call.service.address;
        let connector = if is_plain(address) { &self.plain } else { &self.tls };
        let answer = exchange(connector, request, ANSWER, LONGEST_ANSWER).await;
        match answer {
            Ok(Answer { status: 200, body }) => Ok(body),
            Ok(Answer { status, body }) => Err(refusal(call.action, status, &body, keys)),
            Err(Unanswered::Silent(cause)) => Err(CallError::unreachable(address, cause)),
            Err(Unanswered::TooLong(longest)) => Err(call.garbled(&format!("it is longer than {longest} bytes"))),
        }
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self::new()
    }
}

/// One operation with its input.
struct Call<'a> {
    service: &'a AwsService,
    action: &'a str,
    headers: &'a [(&'static str, &'a str)],
    body: String,
}

impl Call<'_> {
    /// Signed for now (AWS IAM user guide, "AWS Signature Version 4 for API requests").
    fn signed(&self, keys: &Credentials) -> Result<HttpRequest, Cause> {
        let failed = |error: &(dyn std::error::Error + 'static)| Cause::innermost(error);
        let address = self.service.address.trim_end_matches('/');
        let url = format!("{address}/");
        let identity = Identity::from(keys.for_sdk());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.service.region)
            .name(self.service.prefix)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| failed(&error))?;
        let body = SignableBody::Bytes(self.body.as_bytes());
        let signable = SignableRequest::new("POST", &url, self.headers.iter().copied(), body);
        let signable = signable.map_err(|error| failed(&error))?;
        let (signature, _) = sign(signable, &parameters.into()).map_err(|error| failed(&error))?.into_parts();

        let mut request = HttpRequest::new(SdkBody::from(self.body.as_str()));
        request.set_method("POST").map_err(|error| failed(&error))?;
        request.set_uri(url).map_err(|error| failed(&error))?;
        let headers = self.headers.iter().copied().chain(signature.headers()).chain([("user-agent", "app/windlass")]);
        for (name, value) in headers {
            let set = request.headers_mut().try_insert(name.to_owned(), value.to_owned());
            set.map_err(|error| failed(&error))?;
        }
        Ok(request)
    }

    fn garbled(&self, problem: &str) -> CallError {
        let (address, action) = (self.service.address.clone(), self.action.to_owned());
        CallError::Garbled { address, action, problem: problem.to_owned() }
    }
}
