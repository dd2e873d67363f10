//! Where a service listens, resolved once before the run.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use workbench_plan::{BaseUrl, Tls};

use super::tls;
use crate::error::LoadError;

/// How long a service may take to accept a connection before the run.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// A service of the target, ready to be connected to.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    /// Name of the service in the experiment file.
    pub(crate) service: String,
    /// Every address of the host, tried in this order, the one that answered before the run first.
    pub(crate) addresses: Vec<SocketAddr>,
    /// How to encrypt, and for whom; `None` sends in the clear.
    pub(crate) tls: Option<(Arc<ClientConfig>, ServerName<'static>)>,
    /// Put before each path.
    pub(crate) prefix: String,
    /// Value of the `Host` header.
    pub(crate) host: String,
}

/// Resolves every service's address and makes sure that something listens there.
///
/// `files` are those of the plan; `insecure` accepts every certificate. No request is sent: a run against services that are already running touches nothing that the plan does not name.
pub(crate) async fn resolve(
    urls: &BTreeMap<String, BaseUrl>,
    files: Option<&Tls>,
    insecure: bool,
) -> Result<Vec<Arc<Endpoint>>, LoadError> {
    let tls = if urls.values().any(|url| url.tls) {
        Some(tls::config(files, insecure)?)
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
        let probe = tokio::time::timeout(PROBE_LIMIT, TcpStream::connect(addresses.as_slice()))
            .await
            .map_err(|_| unreachable(format!("no answer within {} s", PROBE_LIMIT.as_secs())))?
            .map_err(|error| unreachable(error.to_string()))?;
        // The one that answers first: another may take a request's whole time to be given up.
        if let Ok(answered) = probe.peer_addr() {
            addresses.sort_by_key(|address| *address != answered);
        }
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
        }));
    }
    Ok(endpoints)
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
    async fn a_service_where_nothing_listens_is_named() {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let urls = BTreeMap::from([("catalog".to_owned(), base_url("127.0.0.1", port))]);
        let error = resolve(&urls, None, false).await.unwrap_err().to_string();
        assert!(
            error.contains(&format!("http://127.0.0.1:{port}")),
            "{error}"
        );
        assert!(error.contains("catalog"), "{error}");
    }
}
