//! TLS configuration from PEM texts and files.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::{DigitallySignedStruct, RootCertStore, SignatureScheme};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};

use crate::{Pem, Source, TlsConfig, TlsVersion};

/// Why TLS cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("cannot read {path}")]
    Read {
        /// The file.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The text holds no usable item.
    #[error("no usable {what} in {place}")]
    Pem {
        /// `certificate` or `private key`.
        what: &'static str,
        /// File, or the argument.
        place: String,
    },
    /// `server_name` is neither a host name nor an address.
    #[error("server_name is neither a host name nor an address")]
    ServerName,
    /// Only one of certificate and key.
    #[error("exactly one of key or certificate specified")]
    HalfPair,
    /// The library refuses the combination.
    #[error("cannot use the certificate and key")]
    Rustls(#[from] rustls::Error),
}

/// The files of a configuration with time and size, to see changes.
pub(crate) type Fingerprint = Vec<Option<(SystemTime, u64)>>;

pub(crate) fn fingerprint(config: &TlsConfig) -> Fingerprint {
    let pem = |pem: &Option<Pem>| match pem {
        Some(Pem::File(path)) => Some(path.clone()),
        _ => None,
    };
    let key = match &config.key {
        Some(Source::File(path)) => Some(path.clone()),
        _ => None,
    };
    let files = [pem(&config.ca), pem(&config.cert), key];
    let stat = |path: PathBuf| {
        let meta = std::fs::metadata(path).ok()?;
        Some((meta.modified().ok()?, meta.len()))
    };
    files.into_iter().flatten().map(stat).collect()
}

/// The system's certificate authorities, loaded once.
fn system_roots() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let load = || {
        let mut roots = RootCertStore::empty();
        let found = rustls_native_certs::load_native_certs();
        for error in &found.errors {
            tracing::warn!(%error, "cannot load a certificate authority of the system");
        }
        roots.add_parsable_certificates(found.certs);
        Arc::new(roots)
    };
    Arc::clone(ROOTS.get_or_init(load))
}

fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(ring::default_provider())))
}

/// Reads what `config` names and builds the library's configuration, without ALPN.
pub(crate) fn build(config: &TlsConfig) -> Result<rustls::ClientConfig, TlsError> {
    let versions: &[&rustls::SupportedProtocolVersion] = match config.min_version {
        Some(TlsVersion::Tls13) => &[&rustls::version::TLS13],
        _ => &[&rustls::version::TLS12, &rustls::version::TLS13],
    };
    let builder =
        rustls::ClientConfig::builder_with_provider(provider()).with_protocol_versions(versions)?;
    let roots = match &config.ca {
        None => None,
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            for certificate in read_certificates(pem, "ca_pem")? {
                roots.add(certificate)?;
            }
            Some(Arc::new(roots))
        }
    };
    let builder = if config.insecure_skip_verify {
        builder.dangerous().with_custom_certificate_verifier(Arc::new(AcceptAny(provider())))
    } else {
        builder.with_root_certificates(roots.unwrap_or_else(system_roots))
    };
    Ok(match (&config.cert, &config.key) {
        (None, None) => builder.with_no_client_auth(),
        (Some(cert), Some(key)) => {
            builder.with_client_auth_cert(read_certificates(cert, "cert_pem")?, read_key(key)?)?
        }
        _ => return Err(TlsError::HalfPair),
    })
}

/// All certificates of a PEM text; `argument` names it if it is inline.
///
/// # Errors
/// If the file cannot be read or holds no certificate.
pub fn read_certificates(
    pem: &Pem,
    argument: &str,
) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let (bytes, place) = match pem {
        Pem::Inline(text) => (text.clone().into_bytes(), argument.to_owned()),
        Pem::File(path) => (read(path)?, path.display().to_string()),
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(TlsError::Pem { what: "certificate", place }),
    }
}

/// The first private key of a PEM text.
///
/// # Errors
/// If the file cannot be read or holds no key.
pub fn read_key(source: &Source) -> Result<PrivateKeyDer<'static>, TlsError> {
    let (bytes, place) = match source {
        Source::Inline(text) => (text.expose().as_bytes().to_vec(), "key_pem".to_owned()),
        Source::File(path) => (read(path)?, path.display().to_string()),
    };
    PrivateKeyDer::from_pem_slice(&bytes).map_err(|_| TlsError::Pem { what: "private key", place })
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    std::fs::read(path)
        .map_err(|source| TlsError::Read { path: path.display().to_string(), source })
}

/// `insecure_skip_verify`: signatures of the handshake are still checked.
#[derive(Debug)]
struct AcceptAny(Arc<CryptoProvider>);

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
