mod headers;
mod signature;

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use windlass_plugin_api::http::{HeaderValue, Request};
use windlass_plugin_api::{Context, Endpoint, Secret, Step, StepError, StepInfo};

use crate::http::{Address, invalid, of_answer, post};
use crate::identity;
use signature::SigningKey;

/// What is sent, and where.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Webhook {
    /// Where to: `https`, or `http` on this machine.
    url: Endpoint,

    /// The key in key storage that has the whole address, when what stands behind its host is a secret. `url` is its host then,
    /// `https://hooks.example.com`.
    url_key: Option<Secret>,

    /// What is sent, as JSON: any value.
    body: Value,

    /// Headers beside the content type and those of the signature.
    #[serde(default)]
    headers: BTreeMap<String, String>,

    /// Headers whose values are secrets, each with its key in key storage.
    #[serde(default)]
    secret_headers: BTreeMap<String, Secret>,

    /// The key in key storage that has the secret of the signature as [Standard Webhooks](https://www.standardwebhooks.com) write
    /// it, `whsec_` and base64. Without it, nothing is signed.
    signing_key: Option<Secret>,
}

/// What the receiver answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// The status of the answer, 200 to 299.
    status: u16,
    /// The `webhook-id` that the receiver got; the same when the step is attempted again.
    id: String,
}

impl Step for Webhook {
    const INFO: StepInfo = StepInfo {
        name: "webhook",
        title: "Send a webhook",
        description: "Posts JSON to an address, signed as Standard Webhooks say when there is a key. Any answer from 200 to 299 is \
                      success; redirects are not followed. When the step is attempted again, what it sends has the same \
                      `webhook-id`, by which a receiver knows what it has already.",
        repeatable: true,
        example: "\
url: https://example.com/hooks/deployments
body: {event: deployed, version: 7}
signingKey: keys/project/web/hooks/signing
",
        ..StepInfo::DEFAULT
    };
    type Outputs = Delivered;

    async fn run(self, context: Context) -> Result<Delivered, StepError> {
        let address = self.address()?;
        let body = serde_json::to_vec(&self.body).expect("a JSON value is valid JSON");
        let parts = [b"webhook", address.uri().to_string().as_bytes(), &body].map(<[u8]>::to_vec);
        let id = format!("msg_{}", identity::of(context.execution(), &parts.each_ref().map(Vec::as_slice)));
        let mut request = Request::post(address.uri()).body(body).expect("an address and no headers are valid");
        *request.headers_mut() = headers::of(&self.headers, &self.secret_headers)?;
        self.sign(&mut request, &id)?;
        let answer = post(request, &context).await?;
        let status = answer.status();
        if !status.is_success() {
            return Err(of_answer(&answer, address.host(), self.url_key.is_some().then_some(&address)));
        }
        context.info(format!("`{}` answered with status {}", address.host(), status.as_u16()));
        Ok(Delivered { status: status.as_u16(), id })
    }
}

impl Webhook {
    fn address(&self) -> Result<Address, StepError> {
        let shown = Address::parse(self.url.as_str(), "url")?;
        let Some(key) = &self.url_key else { return Ok(shown) };
        let whole = Address::parse(key.expose(), "urlKey")?;
        if whole.is_beside(&shown) {
            return Ok(whole);
        }
        let message = format!("the address in `urlKey` is on another server than `{}` of `url`", shown.host());
        Err(invalid(message).with_help("write the scheme, host and port of the secret address into `url`"))
    }

    /// The headers of [Standard Webhooks](https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md).
    fn sign(&self, request: &mut Request<Vec<u8>>, id: &str) -> Result<(), StepError> {
        let timestamp = Timestamp::now().as_second();
        let mut headers = vec![("webhook-id", id.to_owned()), ("webhook-timestamp", timestamp.to_string())];
        if let Some(key) = &self.signing_key {
            let key =
                SigningKey::parse(key.expose()).map_err(|why| invalid(format!("the key in `signingKey` {why}")))?;
            headers.push(("webhook-signature", key.sign(id, timestamp, request.body())));
        }
        for (name, value) in headers {
            let value = HeaderValue::try_from(value).expect("digits, base64 and punctuation");
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}
