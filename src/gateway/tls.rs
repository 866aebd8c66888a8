//! TLS to others, by the certificates that this machine trusts.

use std::sync::Arc;

use rustls::{ClientConfig, Error, RootCertStore, crypto::ring};

/// How to speak to others, and whether anybody is trusted at all.
#[derive(Clone)]
pub struct Tls {
    pub config: Arc<ClientConfig>,
    pub is_trusting: bool,
}

impl Tls {
    /// Reads the certificates of this machine. One that has none trusts nobody.
    pub fn of_this_machine() -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let is_trusting = !roots.is_empty();
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Tls { config: Arc::new(config), is_trusting })
    }
}
