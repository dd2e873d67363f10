//! TLS configuration: trusted certificates and the client's own.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore,
    SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use workbench_plan::{HttpVersion, Tls};

use crate::error::LoadError;

/// The configuration of all connections of a run; `insecure` accepts whatever certificate a service presents.
pub(super) fn config(
    tls: Option<&Tls>,
    insecure: bool,
    version: HttpVersion,
) -> Result<Arc<ClientConfig>, LoadError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let trusted = tls.map(Tls::trusted).transpose()?.flatten();
    let trust = match trusted {
        _ if insecure => Some(Trust::Any),
        Some(certificates) => Some(Trust::given(certificates, Arc::clone(&provider))?),
        None => None,
    };
    let verifier: Arc<dyn ServerCertVerifier> = match trust {
        Some(trust) => Arc::new(Own {
            provider: Arc::clone(&provider),
            trust,
        }),
        None => Arc::new(Verifier::new(Arc::clone(&provider))?),
    };
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let presented: Option<CertifiedKey> = tls.map(Tls::presented).transpose()?.flatten();
    let mut config = match presented {
        Some(key) => builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(key))),
        None => builder.with_no_client_auth(),
    };
    let spoken: &[&[u8]] = match version {
        HttpVersion::Http1 => &[b"http/1.1"],
        HttpVersion::Negotiated => &[b"h2", b"http/1.1"],
        HttpVersion::PriorKnowledge => &[b"h2"],
    };
    config.alpn_protocols = spoken.iter().map(|name| name.to_vec()).collect();
    Ok(Arc::new(config))
}

/// A certificate verifier in place of the operating system's. Signatures of the handshake are verified in any case.
#[derive(Debug)]
struct Own {
    provider: Arc<CryptoProvider>,
    trust: Trust,
}

#[derive(Debug)]
enum Trust {
    /// The certificates of a file and those that they have signed, as OpenSSL and curl's `--cacert` do.
    ///
    /// The verifier of rustls refuses a service that presents one of them itself where it is an authority's, as
    /// self-signed certificates mostly are: it is trusted because the file contains it.
    Given(Vec<CertificateDer<'static>>, Arc<WebPkiServerVerifier>),
    /// Every certificate.
    Any,
}

impl Trust {
    fn given(
        certificates: Vec<CertificateDer<'static>>,
        provider: Arc<CryptoProvider>,
    ) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            roots.add(certificate.clone())?;
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
        let verifier = verifier.map_err(|error| Error::General(error.to_string()))?;
        Ok(Self::Given(certificates, verifier))
    }
}

impl ServerCertVerifier for Own {
    fn verify_server_cert(
        &self,
        presented: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Trust::Given(certificates, verifier) = &self.trust else {
            return Ok(ServerCertVerified::assertion());
        };
        match verifier.verify_server_cert(presented, intermediates, name, ocsp, now) {
            Err(error) if is_authority(&error) && certificates.contains(presented) => {
                verify_server_name(&ParsedCertificate::try_from(presented)?, name)?;
                Ok(ServerCertVerified::assertion())
            }
            verified => verified,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

/// Whether the only error is that an authority's certificate is presented as a service's. Its dates are verified before
/// that.
fn is_authority(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(cause))) = error else {
        return false;
    };
    cause.downcast_ref() == Some(&webpki::Error::CaUsedAsEndEntity)
}
