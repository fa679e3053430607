use std::sync::Arc;

use tokio::task::spawn_blocking;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::GetError;

/// TLS that trusts the authorities of the system and the configured ones, as that of steps does.
pub(super) async fn config(configured: Option<String>) -> Result<Arc<ClientConfig>, GetError> {
    let read = spawn_blocking(move || roots(configured.as_deref().unwrap_or_default()));
    let roots = read.await.unwrap_or_else(|error| Err(error.to_string())).map_err(GetError::Authority)?;
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().expect("ring has the suites of TLS 1.2 and 1.3");
    Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
}

fn roots(configured: &str) -> Result<RootCertStore, String> {
    let mut roots = RootCertStore::empty();
    // What the system has may be older than any standard; what somebody configured must be right.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    for certificate in CertificateDer::pem_slice_iter(configured.as_bytes()) {
        let certificate = certificate.map_err(|error| error.to_string())?;
        roots.add(certificate).map_err(|error| error.to_string())?;
    }
    Ok(roots)
}
