//! A target behind TLS: trusted it is loaded, untrusted every request fails by that name.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::support::{Bench, OVER, json};
use assert_cmd::assert::OutputAssertExt;
use predicates::str::contains;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

#[tokio::test(flavor = "multi_thread")]
async fn a_trusted_server_is_loaded_and_an_untrusted_one_is_not() {
    let bench = Bench::new();
    let key = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificates = bench.path().join("trusted.pem");
    std::fs::write(&certificates, key.cert.pem()).unwrap();
    let address = serve(key).await;
    let text = format!(
        "name: secure\ntarget:\n  urls: {{ shop: \"https://localhost:{}\" }}\n\
         threads:\n  - {{ start: 2, hold: 400ms }}\n\
         scenarios:\n  - name: one\n    steps:\n      - request: GET shop/\n",
        address.port()
    );
    let file = bench.file("secure", &text);
    let run = || {
        let mut command = bench.workbench();
        command.arg("run").arg(&file);
        command
    };

    run()
        .env("SSL_CERT_FILE", &certificates)
        .assert()
        .code(OVER);
    let trusted = json(&bench.runs("secure")[0].join("analysis.json"));
    let total = &trusted["runs"][0]["total"];
    assert!(total["samples"].as_u64().unwrap() > 2);
    assert_eq!(total["errors"], 0);

    run().assert().stdout(contains("tls"));
    let untrusted = json(&bench.runs("secure")[1].join("analysis.json"));
    let total = &untrusted["runs"][0]["total"];
    assert_eq!(total["errors"], total["samples"]);
    let errors = untrusted["runs"][0]["errors"].as_array().unwrap();
    assert!(errors.iter().all(|error| error["error"] == "tls"));
}

/// Answers every request on every connection with `ok`.
async fn serve(key: CertifiedKey<rcgen::KeyPair>) -> SocketAddr {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![key.cert.der().clone()], private)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("localhost:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            // A client that goes away ends its connection with an error, as it should.
            tokio::spawn(async move { answer(acceptor.accept(socket).await?).await });
        }
    });
    address
}

async fn answer(mut stream: TlsStream<TcpStream>) -> std::io::Result<()> {
    let mut head = Vec::new();
    loop {
        head.push(stream.read_u8().await?);
        if head.ends_with(b"\r\n\r\n") {
            head.clear();
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
                .await?;
            stream.flush().await?;
        }
    }
}
