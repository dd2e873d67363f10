//! PEM files for connections by TLS.
//!
//! [`crate::read`] loads them once to check them; a run loads them again to use them. [`crate::parse`] does not read
//! them: they may be missing beside stored results.

use std::path::PathBuf;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::CertifiedKey;
use rustls::{Error, InconsistentKeys, RootCertStore};

/// PEM files for connections to services at `https://` URLs; at least one is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Folder of the experiment file; the names of the files are relative to it.
    pub(crate) folder: PathBuf,
    /// File of the certificates that services are verified by, in place of the operating system's.
    pub ca: Option<String>,
    /// Files of the certificate that the client presents.
    pub client: Option<ClientCertificate>,
}

/// Files of a client's certificate, as the experiment names them; both may be the same file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate {
    /// The certificate, followed by the intermediate ones that the server needs.
    pub certificate: String,
    /// The private key, not encrypted.
    pub key: String,
}

/// Why a file cannot be used for TLS; names the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct TlsFileError(String);

impl Tls {
    /// Reads the certificates that services are verified by; `None` for those of the operating system.
    ///
    /// # Errors
    /// The file cannot be read, holds no certificate, or one that is no X.509.
    pub fn trusted(&self) -> Result<Option<Vec<CertificateDer<'static>>>, TlsFileError> {
        let Some(ca) = &self.ca else {
            return Ok(None);
        };
        let certificates = self.certificates(ca)?;
        for certificate in &certificates {
            RootCertStore::empty()
                .add(certificate.clone())
                .map_err(|error| broken(ca, &error))?;
        }
        Ok(Some(certificates))
    }

    /// Reads the certificate that the client presents, with its key, where there is one.
    ///
    /// # Errors
    /// A file cannot be read, does not hold what it should, or the key is that of another certificate.
    pub fn presented(&self) -> Result<Option<CertifiedKey>, TlsFileError> {
        let Some(ClientCertificate { certificate, key }) = &self.client else {
            return Ok(None);
        };
        let chain = self.chain(certificate)?;
        let presented = CertifiedKey::from_der(chain, self.private_key(key)?, &default_provider());
        presented.map(Some).map_err(|error| {
            TlsFileError(match error {
                Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                    format!("the key in {key} does not belong to the certificate in {certificate}")
                }
                _ => format!("the key in {key} cannot be used: {error}"),
            })
        })
    }

    /// Certificates of which the first is the client's own.
    pub(crate) fn chain(&self, file: &str) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
        let chain = self.certificates(file)?;
        ParsedCertificate::try_from(&chain[0]).map_err(|error| broken(file, &error))?;
        Ok(chain)
    }

    /// Never empty.
    fn certificates(&self, file: &str) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
        let text = self.read(file)?;
        let certificates: Vec<_> = CertificateDer::pem_slice_iter(&text)
            .collect::<Result<_, _>>()
            .map_err(|error| not_pem(file, &error))?;
        if certificates.is_empty() {
            return Err(TlsFileError(format!(
                "{file} holds no certificate in PEM (-----BEGIN CERTIFICATE-----)"
            )));
        }
        Ok(certificates)
    }

    fn private_key(&self, file: &str) -> Result<PrivateKeyDer<'static>, TlsFileError> {
        let text = self.read(file)?;
        PrivateKeyDer::from_pem_slice(&text).map_err(|error| match error {
            _ if is_encrypted(&text) => TlsFileError(format!(
                "the key in {file} is encrypted; `openssl pkey -in {file} -out OTHER` writes it without its passphrase"
            )),
            pem::Error::NoItemsFound => TlsFileError(format!(
                "{file} holds no private key in PEM (-----BEGIN PRIVATE KEY-----)"
            )),
            error => not_pem(file, &error),
        })
    }

    fn read(&self, file: &str) -> Result<Vec<u8>, TlsFileError> {
        let path = self.folder.join(file);
        std::fs::read(&path)
            .map_err(|error| TlsFileError(format!("cannot read {}: {error}", path.display())))
    }
}

fn is_encrypted(text: &[u8]) -> bool {
    let text = String::from_utf8_lossy(text);
    text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
}

fn not_pem(file: &str, error: &pem::Error) -> TlsFileError {
    TlsFileError(format!("{file} is not PEM: {error}"))
}

fn broken(file: &str, error: &Error) -> TlsFileError {
    TlsFileError(format!(
        "{file} holds a certificate that cannot be used: {error}"
    ))
}
