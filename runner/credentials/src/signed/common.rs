/// A refusal that every AWS service may give, by its code. Services of JSON and of Query APIs spell them differently (API
/// references of the services, "Common Error Types"; AWS STS API reference, "Common errors").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommonError {
    /// The caller is known and may not do this.
    NotAllowed,
    /// The signature is not that of the key's secret at this time. The message may quote the signed request, session token
    /// included.
    Signature,
    /// The request was signed too long ago, or for a time to come.
    Clock,
    /// Nobody has these keys, or they have ended.
    Keys,
}

impl CommonError {
    /// The one of this code; none for a code of the service's own.
    pub fn of(code: &str) -> Option<Self> {
        Some(match code {
            "AccessDenied" | "AccessDeniedException" => Self::NotAllowed,
            "InvalidSignatureException" | "SignatureDoesNotMatch" => Self::Signature,
            "RequestExpired" | "RequestTimeTooSkewed" => Self::Clock,
            "ExpiredToken" | "ExpiredTokenException" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
                Self::Keys
            }
            _ => return None,
        })
    }
}
