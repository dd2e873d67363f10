//! Endpoints: addresses of services, resolved once before the run.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use workbench_plan::{BaseUrl, HttpVersion, Tls};

use super::tls;
use crate::error::LoadError;

/// How long each address of a service may take to accept a connection before the run.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// A service of the target, with its resolved addresses.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// Name of the service in the experiment file.
    pub(crate) service: String,
    /// All addresses of the host in the order in which they are tried. The one that accepted a connection before the
    /// run is the first.
    pub(crate) addresses: Vec<SocketAddr>,
    /// TLS configuration and server name; `None` for unencrypted connections.
    pub(crate) tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// Put before each path.
    pub(crate) prefix: String,
    /// Value of the `Host` header.
    pub(crate) host: String,
    /// Which version of HTTP is spoken.
    pub(crate) version: HttpVersion,
}

impl Endpoint {
    /// Scheme, host and port; the port is left out where it is the scheme's own.
    pub(crate) fn server(&self) -> String {
        format!("{}://{}", self.scheme(), self.host)
    }

    pub(super) fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// The host without its port, as used for cookies.
    pub(super) fn name(&self) -> &str {
        let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
        match self.host.rsplit_once(':') {
            Some((name, port)) if is_port(port) => name,
            _ => &self.host,
        }
    }

    /// Whether the connection is encrypted or does not leave this machine, as browsers define it for cookies.
    pub(super) fn is_secure(&self) -> bool {
        let name = self.name().trim_matches(['[', ']']);
        let is_local = || name == "localhost" || name.ends_with(".localhost");
        let is_loopback = || {
            name.parse::<IpAddr>()
                .is_ok_and(|address| address.is_loopback())
        };
        self.tls.is_some() || is_local() || is_loopback()
    }
}

/// Resolves every service's address and checks that it accepts connections.
///
/// `files` are those of the plan; `insecure` accepts every certificate. No request is sent, because the plan names none
/// for this purpose.
pub(crate) async fn resolve(
    urls: &BTreeMap<String, BaseUrl>,
    files: Option<&Tls>,
    insecure: bool,
    version: HttpVersion,
) -> Result<Vec<Arc<Endpoint>>, LoadError> {
    let tls = if urls.values().any(|url| url.tls) {
        Some(tls::config(files, insecure, version)?)
    } else {
        None
    };
    let mut endpoints = Vec::with_capacity(urls.len());
    for (service, url) in urls {
        let unreachable = |reason: String| LoadError::Unreachable {
            service: service.clone(),
            url: url.to_string(),
            reason,
        };
        let mut addresses: Vec<SocketAddr> = tokio::net::lookup_host((url.host.as_str(), url.port))
            .await
            .map_err(|error| unreachable(error.to_string()))?
            .collect();
        let answering = answering(&addresses, PROBE_LIMIT)
            .await
            .map_err(unreachable)?;
        // The accepting address comes first: an unreachable one could use up a request's whole time limit.
        addresses.sort_by_key(|address| *address != answering);
        let encryption = match &tls {
            Some(config) if url.tls => {
                let name = ServerName::try_from(url.host.clone())
                    .map_err(|error| unreachable(error.to_string()))?;
                Some((Arc::clone(config), name))
            }
            _ => None,
        };
        endpoints.push(Arc::new(Endpoint {
            service: service.clone(),
            addresses,
            tls: encryption,
            prefix: url.prefix.clone(),
            host: host_header(url),
            version,
        }));
    }
    Ok(endpoints)
}

/// The first address that accepts a connection within `limit`. If none does, the error of the first.
async fn answering(addresses: &[SocketAddr], limit: Duration) -> Result<SocketAddr, String> {
    let mut first = None;
    for address in addresses {
        let why = match tokio::time::timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(*address),
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("no answer within {} s", limit.as_secs()),
        };
        first.get_or_insert(why);
    }
    Err(first.unwrap_or_else(|| "its name has no address".to_owned()))
}

/// The authority as it stands in a URL: the port is left out where it is the scheme's own.
fn host_header(url: &BaseUrl) -> String {
    let host = if url.host.contains(':') {
        format!("[{}]", url.host)
    } else {
        url.host.clone()
    };
    let own_port = if url.tls { 443 } else { 80 };
    if url.port == own_port {
        host
    } else {
        format!("{host}:{}", url.port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base_url(host: &str, port: u16) -> BaseUrl {
        BaseUrl {
            tls: false,
            host: host.into(),
            port,
            prefix: String::new(),
        }
    }

    #[test]
    fn the_host_header_names_a_port_only_where_the_scheme_does_not() {
        let header = host_header;
        assert_eq!(header(&base_url("shop.test", 80)), "shop.test");
        assert_eq!(header(&base_url("shop.test", 8001)), "shop.test:8001");
        assert_eq!(header(&base_url("::1", 8001)), "[::1]:8001");
    }

    #[tokio::test]
    async fn a_dead_address_is_skipped() {
        let listen = || std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let (alive, dead) = (listen(), listen());
        let [alive_at, dead_at] = [&alive, &dead].map(|it| it.local_addr().unwrap());
        drop(dead);
        let limit = Duration::from_secs(60);
        assert_eq!(answering(&[dead_at, alive_at], limit).await, Ok(alive_at));
        let refused = answering(&[dead_at], limit).await.unwrap_err();
        assert!(refused.contains("refused"), "{refused}");
        // A user skips it, too.
        let mut client = crate::client::Client::new(1, false);
        let endpoint = Arc::new(Endpoint {
            service: "shop".into(),
            addresses: vec![dead_at, alive_at],
            tls: None,
            prefix: String::new(),
            host: "shop.test".into(),
            version: HttpVersion::Http1,
        });
        std::thread::spawn(move || {
            let (mut socket, _) = alive.incoming().find_map(|socket| {
                // Connections that were only probes are closed.
                let mut socket = socket.ok()?;
                let mut head = [0; 4];
                std::io::Read::read_exact(&mut socket, &mut head).ok()?;
                Some((socket, head))
            })?;
            std::io::Write::write_all(&mut socket, b"HTTP/1.1 204 No Content\r\n\r\n").ok()
        });
        let request = crate::client::Request {
            bytes: b"GET / HTTP/1.1\r\n\r\n",
            is_head: false,
            is_idempotent: true,
        };
        let mut measured =
            crate::client::Measurement::nothing(workbench_samples::ErrorKind::Timeout);
        let route = crate::client::Route {
            services: &[endpoint],
            replica: 0,
            service: 0,
        };
        let terms = crate::client::Terms {
            timeout: limit,
            wanted: crate::client::Wanted::Nothing,
            copy: false,
            expected: &[],
            redirects: 0,
        };
        let now = std::time::Instant::now();
        client
            .send(route, &request, &terms, now, &mut measured)
            .await;
        assert_eq!(measured.outcome, Ok(204));
    }

    #[tokio::test]
    async fn a_service_where_nothing_listens_is_named() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let urls = BTreeMap::from([("catalog".to_owned(), base_url("127.0.0.1", port))]);
        let error = resolve(&urls, None, false, HttpVersion::Http1)
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!("http://127.0.0.1:{port}")),
            "{error}"
        );
        assert!(error.contains("catalog"), "{error}");
    }
}
