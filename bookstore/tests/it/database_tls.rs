//! TLS to PostgreSQL, with a server of the story's own that takes a connection as far as the first
//! message: who asks for TLS, and whom they believe.

use std::{path::Path, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use crate::support::command;

/// The message that asks for TLS (PostgreSQL's documentation, 54.7).
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// A server with a certificate for a name, by an authority whose own certificate is in a file.
struct Server {
    listener: TcpListener,
    tls: TlsAcceptor,
    _folder: tempfile::TempDir,
    authority: String,
}

/// What a client has sent first.
#[derive(Debug, PartialEq)]
enum First {
    /// Names the user, in the clear.
    Startup,
    /// Names the user, encrypted.
    StartupByTls,
    /// Has asked for TLS and gone.
    OnlyTls,
}

impl Server {
    async fn of(name: &str) -> Self {
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let authority_key = rcgen::KeyPair::generate().unwrap();
        let authority_certificate = authority.self_signed(&authority_key).unwrap();
        let issuer = rcgen::Issuer::new(authority, authority_key);
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = certificate.signed_by(&key, &issuer).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("authority.pem");
        std::fs::write(&file, authority_certificate.pem()).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = ServerConfig::builder()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
            tls: TlsAcceptor::from(Arc::new(config)),
            authority: path(&file),
            _folder: folder,
        }
    }

    /// The URL of a database, by a name of this machine.
    fn url(&self, host: &str, query: &str) -> String {
        let port = self.listener.local_addr().unwrap().port();
        format!("postgres://ann:secret@{host}:{port}/shop?{query}")
    }

    /// Has a catalog connect, speaks TLS if that is asked for, and hangs up; what came first, and the
    /// catalog's message.
    async fn met_by_catalog(&self, url: &str, speaks_tls: bool) -> (First, String) {
        let mut catalog = command(&["catalog", "--port=0", "--internal-port=0"]);
        catalog
            .env("BOOKSTORE_DATABASE", url)
            .env_remove("PGSSLMODE");
        let ended = tokio::task::spawn_blocking(move || catalog.output().unwrap());
        let (mut connection, _) = self.listener.accept().await.unwrap();
        let mut request = [0; 8];
        connection.read_exact(&mut request).await.unwrap();
        let first = if request != SSL_REQUEST {
            First::Startup
        } else if speaks_tls {
            connection.write_all(b"S").await.unwrap();
            match self.tls.accept(connection).await {
                Ok(mut encrypted) => match encrypted.read_exact(&mut request).await {
                    Ok(_) => First::StartupByTls,
                    Err(_) => First::OnlyTls,
                },
                Err(_) => First::OnlyTls,
            }
        } else {
            connection.write_all(b"N").await.unwrap();
            match connection.read_exact(&mut request).await {
                Ok(_) => First::Startup,
                Err(_) => First::OnlyTls,
            }
        };
        let output = ended.await.unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{message}");
        assert!(!message.contains("secret"), "{message}");
        (first, message)
    }
}

fn path(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_certificate_of_a_given_authority_and_for_the_host_is_believed() {
    let server = Server::of("localhost").await;
    let query = format!("sslmode=verify-full&sslrootcert={}", server.authority);
    let (first, message) = server
        .met_by_catalog(&server.url("localhost", &query), true)
        .await;
    assert_eq!(first, First::StartupByTls, "{message}");
}

#[tokio::test]
async fn any_other_certificate_is_not_believed_and_the_message_says_what_to_do() {
    let server = Server::of("localhost").await;
    // Of an authority that nobody knows.
    let url = server.url("localhost", "sslmode=verify-full");
    let (first, message) = server.met_by_catalog(&url, true).await;
    assert_eq!(first, First::OnlyTls);
    assert!(message.contains("?sslrootcert=FILE"), "{message}");
    // For another name.
    let elsewhere = Server::of("elsewhere.example").await;
    let query = format!("sslmode=verify-full&sslrootcert={}", elsewhere.authority);
    let url = elsewhere.url("localhost", &query);
    let (first, message) = elsewhere.met_by_catalog(&url, true).await;
    assert_eq!(first, First::OnlyTls);
    assert!(message.contains("certificate"), "{message}");
}

#[tokio::test]
async fn a_server_elsewhere_that_speaks_no_tls_gets_no_password() {
    let server = Server::of("localhost").await;
    // An address of this machine that is not written as one, as a name of another machine would be.
    let url = server.url("127.1", "");
    let (first, message) = server.met_by_catalog(&url, false).await;
    assert_eq!(first, First::OnlyTls);
    assert!(message.contains("?sslmode=disable"), "{message}");
    let url = server.url("127.1", "sslmode=disable");
    assert_eq!(server.met_by_catalog(&url, false).await.0, First::Startup);
}

#[tokio::test]
async fn a_server_on_this_machine_is_spoken_to_in_the_clear() {
    let server = Server::of("localhost").await;
    for host in ["localhost", "127.0.0.1"] {
        let (first, _) = server.met_by_catalog(&server.url(host, ""), true).await;
        assert_eq!(first, First::Startup, "{host}");
    }
}
