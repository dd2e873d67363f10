//! Services behind TLS: trusted certificates, client certificates, and recorded failures.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};

use crate::support::{Bench, OVER, json};
use assert_cmd::assert::OutputAssertExt;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_verified_by_the_operating_system_unless_a_ca_is_given() {
    let bench = Bench::new();
    let key = self_signed("localhost", IsCa::NoCa);
    save(&bench, "server.pem", &key.cert.pem());
    save(
        &bench,
        "other.pem",
        &self_signed("localhost", IsCa::NoCa).cert.pem(),
    );
    let server = Server::start(&key, None).await;
    for (number, (of_system, given, trusted)) in [
        (Some("server.pem"), None, true),
        (None, None, false),
        (None, Some("server.pem"), true),
        // These replace the operating system's certificates.
        (Some("server.pem"), Some("other.pem"), false),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("case-{number}");
        let tls = given.map(|ca| format!("  tls: {{ ca: {ca} }}\n"));
        let file = server.experiment(&bench, &name, &tls.unwrap_or_default(), "GET shop/");
        let mut command = bench.workbench();
        if let Some(certificates) = of_system {
            command.env("SSL_CERT_FILE", bench.path().join(certificates));
        }
        let ran = command.arg("run").arg(&file).assert();
        let total = total(&bench, &name);
        assert!(total["samples"].as_u64().unwrap() > 0, "{name}");
        if trusted {
            ran.code(OVER);
            assert_eq!(total["errors"], 0, "{name}");
        } else {
            ran.code(14).stdout(contains("tls"));
            let reasons = reasons(&bench, &name);
            assert!(reasons.contains("invalid peer certificate"), "{reasons}");
            assert_eq!(total["errors"], total["samples"], "{name}");
            assert_eq!(errors(&bench, &name), ["tls"], "{name}");
            // Bytes of failed handshakes count as well.
            assert!(total["mean_bytes"].as_f64().unwrap() > 500.0, "{total}");
            assert!(total["sent_kib_per_s"].as_f64().unwrap() > 0.0, "{total}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_self_signed_certificate_is_trusted_only_if_given_and_for_its_name() {
    let bench = Bench::new();
    // As `openssl req -x509` makes them: an authority of its own.
    for (name, host) in [("right", "localhost"), ("wrong", "elsewhere.test")] {
        let key = self_signed(host, IsCa::Ca(BasicConstraints::Unconstrained));
        save(&bench, "server.pem", &key.cert.pem());
        let server = Server::start(&key, None).await;
        let tls = "  tls: { ca: server.pem }\n";
        let file = server.experiment(&bench, name, tls, "GET shop/");
        bench.workbench().arg("run").arg(&file).output().unwrap();
        let expected: &[&str] = if name == "right" { &[] } else { &["tls"] };
        assert_eq!(errors(&bench, name), expected, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_asks_for_a_certificate_is_given_the_one_of_the_experiment() {
    let bench = Bench::new();
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let signed = |name: &str| {
        let signing_key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let cert = params.signed_by(&signing_key, &issuer).unwrap();
        CertifiedKey { cert, signing_key }
    };
    let client = signed("client");
    save(&bench, "ca.pem", &authority_certificate.pem());
    save(&bench, "client.pem", &client.cert.pem());
    save(&bench, "client.key", &client.signing_key.serialize_pem());
    let mut roots = RootCertStore::empty();
    roots.add(authority_certificate.der().clone()).unwrap();
    let server = Server::start(&signed("localhost"), Some(roots)).await;
    let run = |name: &str, tls: &str| {
        let file = server.experiment(&bench, name, tls, "GET shop/");
        bench.workbench().arg("run").arg(&file).output().unwrap();
        errors(&bench, name)
    };
    let both = "  tls: { ca: ca.pem, certificate: client.pem, key: client.key }\n";
    assert!(run("known", both).is_empty());
    assert_eq!(run("unknown", "  tls: { ca: ca.pem }\n"), ["tls"]);
    // With TLS 1.3 the server says so after the handshake.
    let reasons = reasons(&bench, "unknown");
    assert!(reasons.contains("CertificateRequired"), "{reasons}");

    // The results no longer need the files.
    for file in ["ca.pem", "client.pem", "client.key"] {
        std::fs::remove_file(bench.path().join(file)).unwrap();
    }
    let [stored] = bench.runs("known").try_into().unwrap();
    bench
        .workbench()
        .arg("analyze")
        .arg(&stored)
        .assert()
        .code(OVER);
    // The experiment still needs them.
    bench
        .workbench()
        .args(["run", "known.yaml"])
        .assert()
        .code(12)
        .stderr(contains("known.yaml:3:14: cannot read").and(contains("ca.pem")));
}

#[tokio::test(flavor = "multi_thread")]
async fn unverified_certificates_are_recorded_and_every_report_warns_of_them() {
    let bench = Bench::new();
    // Neither trusted nor for this name.
    let server = Server::start(&self_signed("elsewhere.test", IsCa::NoCa), None).await;
    let file = server.experiment(&bench, "lax", "", "GET shop/");
    let warning = "did not verify the certificates of the services (--insecure)";
    bench
        .workbench()
        .args(["run", "--insecure"])
        .arg(&file)
        .env("COLUMNS", "1000")
        .assert()
        .code(OVER)
        .stdout(contains(warning));
    assert!(errors(&bench, "lax").is_empty());
    let [run] = bench.runs("lax").try_into().unwrap();
    let details = &json(&run.join("manifest.json"))["target"]["details"];
    assert_eq!(details["certificates"], "not verified");
    let page = std::fs::read_to_string(run.join("report.html")).unwrap();
    assert!(page.contains(warning));
    // Also for a killed run, and in other formats.
    let manifest = std::fs::read_to_string(run.join("manifest.json")).unwrap();
    let killed = manifest.replace("\"completed\"", "\"running\"");
    std::fs::write(run.join("manifest.json"), killed).unwrap();
    bench
        .workbench()
        .args(["analyze", "--format", "markdown"])
        .arg(&run)
        .assert()
        .code(14)
        .stdout(contains(warning));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_that_tls_asks_for_is_that_of_the_url_whatever_the_host_header_says() {
    let bench = Bench::new();
    let key = self_signed("localhost", IsCa::NoCa);
    save(&bench, "server.pem", &key.cert.pem());
    let server = Server::start(&key, None).await;
    let request = "GET shop/\n        headers: { host: shop.example }";
    let tls = "  tls: { ca: server.pem }\n";
    let file = server.experiment(&bench, "named", tls, request);
    bench.workbench().arg("run").arg(&file).assert().code(OVER);
    assert!(errors(&bench, "named").is_empty());
    let seen = server.seen.lock().unwrap();
    let (names, head) = &*seen;
    assert!(names.iter().all(|name| name == "localhost"), "{names:?}");
    assert!(head.contains("\r\nhost: shop.example\r\n"), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_counts_even_if_the_server_did_not_read_the_whole_request() {
    let bench = Bench::new();
    let key = self_signed("localhost", IsCa::NoCa);
    save(&bench, "server.pem", &key.cert.pem());
    let server = Server::start(&key, None).await;
    // More than socket buffers hold: the client is still writing when the response comes.
    let body = "x".repeat(8 << 20);
    let request =
        format!("POST shop/refused\n        json: {body}\n        expect: {{ status: 413 }}");
    let tls = "  tls: { ca: server.pem }\n";
    let file = server.experiment(&bench, "early", tls, &request);
    bench.workbench().arg("run").arg(&file).output().unwrap();
    let total = total(&bench, "early");
    assert!(total["samples"].as_u64().unwrap() > 0);
    assert_eq!(errors(&bench, "early"), [] as [&str; 0]);
}

fn self_signed(host: &str, is_ca: IsCa) -> CertifiedKey<KeyPair> {
    let signing_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new([host.to_owned()]).unwrap();
    params.is_ca = is_ca;
    let cert = params.self_signed(&signing_key).unwrap();
    CertifiedKey { cert, signing_key }
}

fn save(bench: &Bench, name: &str, pem: &str) {
    std::fs::write(bench.path().join(name), pem).unwrap();
}

/// Totals of the only run of an experiment.
fn total(bench: &Bench, experiment: &str) -> serde_json::Value {
    analysis(bench, experiment)["runs"][0]["total"].clone()
}

/// The kinds of errors in the only run of an experiment.
fn errors(bench: &Bench, experiment: &str) -> Vec<String> {
    let analysis = analysis(bench, experiment);
    let errors = analysis["runs"][0]["errors"].as_array().unwrap();
    let kinds = errors.iter().map(|error| error["error"].as_str().unwrap());
    kinds.map(str::to_owned).collect()
}

/// Why requests failed in the only run of an experiment.
fn reasons(bench: &Bench, experiment: &str) -> String {
    let analysis = analysis(bench, experiment);
    let failures = analysis["runs"][0]["failures"].as_array().unwrap();
    let reasons = failures
        .iter()
        .map(|failure| failure["reasons"].to_string());
    reasons.collect()
}

fn analysis(bench: &Bench, experiment: &str) -> serde_json::Value {
    let [run] = bench.runs(experiment).try_into().unwrap();
    json(&Path::new(&run).join("analysis.json"))
}

/// Answers requests on every connection, and records them.
struct Server {
    address: SocketAddr,
    /// Server names (SNI) of the clients, and the head of the last request.
    seen: Arc<Mutex<(Vec<String>, String)>>,
}

impl Server {
    /// With `clients`, a client needs a certificate that it has signed.
    async fn start(key: &CertifiedKey<KeyPair>, clients: Option<RootCertStore>) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let private = PrivateKeyDer::try_from(key.signing_key.serialize_der()).unwrap();
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(roots) => {
                let roots = Arc::new(roots);
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
                builder.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let config = builder
            .with_single_cert(vec![key.cert.der().clone()], private)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new((Vec::new(), String::new())));
        let noted = Arc::clone(&seen);
        tokio::spawn(async move {
            loop {
                let (socket, _) = listener.accept().await.unwrap();
                // A buffered response would be lost when the connection is closed.
                socket.set_nodelay(true).unwrap();
                let acceptor = acceptor.clone();
                let noted = Arc::clone(&noted);
                // A disconnecting client ends its connection with an error, as expected.
                tokio::spawn(async move { answer(acceptor.accept(socket).await?, &noted).await });
            }
        });
        Self { address, seen }
    }

    /// An experiment of two users. `tls` is a line of the target, `request` is a step.
    fn experiment(
        &self,
        bench: &Bench,
        name: &str,
        tls: &str,
        request: &str,
    ) -> std::path::PathBuf {
        let port = self.address.port();
        let text = format!(
            "name: {name}\ntarget:\n{tls}  urls: {{ shop: \"https://localhost:{port}\" }}\n\
             threads:\n  - {{ start: 2, hold: 400ms }}\n\
             scenarios:\n  - name: one\n    steps:\n      - request: {request}\n"
        );
        bench.file(name, &text)
    }
}

async fn answer(
    mut stream: TlsStream<TcpStream>,
    seen: &Mutex<(Vec<String>, String)>,
) -> std::io::Result<()> {
    let name = stream
        .get_ref()
        .1
        .server_name()
        .unwrap_or_default()
        .to_owned();
    seen.lock().unwrap().0.push(name);
    let mut head = Vec::new();
    loop {
        head.push(stream.read_u8().await?);
        if head.ends_with(b"\r\n\r\n") {
            let text = String::from_utf8(std::mem::take(&mut head)).unwrap();
            let refused = text.starts_with("POST /refused");
            let status = if refused {
                "413 Content Too Large"
            } else {
                "200 OK"
            };
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
            seen.lock().unwrap().1 = text;
            stream.write_all(answer.as_bytes()).await?;
            stream.flush().await?;
            if refused {
                // Closed with the rest of the request unread: the client's writes fail.
                return Ok(());
            }
        }
    }
}
