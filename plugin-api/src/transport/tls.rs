use std::sync::{Arc, LazyLock};

use rustls::crypto::ring;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio::sync::OnceCell;

use crate::Context;

/// The system's certificates, read when the first TLS connection is made: there are hundreds, and many steps make none.
static SYSTEM: LazyLock<Vec<CertificateDer<'static>>> = LazyLock::new(|| {
    // Files that cannot be read leave fewer authorities, and the connection says so that needs one of theirs.
    rustls_native_certs::load_native_certs().certs
});

/// Whom TLS connections trust: the authorities of the system, and those of the runner's configuration.
#[derive(Clone)]
pub(crate) struct Trust(Arc<Inner>);

struct Inner {
    configured: Option<String>,
    config: OnceCell<Arc<ClientConfig>>,
}

/// An authority of the configuration cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
#[error("a certificate authority of the runner's configuration is unusable: {0}")]
pub(crate) struct Unusable(String);

impl Trust {
    pub(crate) fn of(context: &Context) -> Self {
        let configured = context.certificates().map(str::to_owned);
        Self(Arc::new(Inner { configured, config: OnceCell::new() }))
    }

    /// The TLS settings, made with the first call.
    pub(crate) async fn config(&self) -> Result<Arc<ClientConfig>, Unusable> {
        let inner = Arc::clone(&self.0);
        let make = || async {
            let made = tokio::task::spawn_blocking(move || config(inner.configured.as_deref())).await;
            made.unwrap_or_else(|_| Err(Unusable("the step is over".to_owned())))
        };
        self.0.config.get_or_try_init(make).await.cloned()
    }
}

fn config(configured: Option<&str>) -> Result<Arc<ClientConfig>, Unusable> {
    let mut roots = RootCertStore::empty();
    // What the system has may be older than any standard; what somebody configured must be right.
    roots.add_parsable_certificates(SYSTEM.iter().cloned());
    for certificate in CertificateDer::pem_slice_iter(configured.unwrap_or_default().as_bytes()) {
        let certificate = certificate.map_err(|error| Unusable(error.to_string()))?;
        roots.add(certificate).map_err(|error| Unusable(error.to_string()))?;
    }
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("ring has the suites of TLS 1.2 and 1.3");
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}
