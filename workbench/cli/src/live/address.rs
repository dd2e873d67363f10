//! The address of the live page.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::str::FromStr;

/// An address and a port, 0 for one that is free, with the name that it was given by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) socket: SocketAddr,
    /// Browsers may use this name for the page, too.
    pub(crate) name: Option<String>,
}

impl Address {
    /// A free port on loopback.
    pub(crate) const LOOPBACK: &'static str = "127.0.0.1:0";
}

impl FromStr for Address {
    type Err = String;

    /// Reads `PORT`, `HOST`, `HOST:PORT`, `IP:PORT` and `[IPv6]:PORT`.
    fn from_str(text: &str) -> Result<Self, String> {
        // Resolvers parse digits alone as an IPv4 address.
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            let port = text.parse().map_err(|_| format!("'{text}' is no port"))?;
            return Ok((Ipv4Addr::LOCALHOST, port).into());
        }
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok((ip, 0).into());
        }
        if let Ok(socket) = text.parse::<SocketAddr>() {
            return Ok((socket.ip(), socket.port()).into());
        }
        let (name, port) = match text.split_once(':') {
            None => (text, 0),
            Some((name, port)) => match port.parse() {
                Ok(port) => (name, port),
                Err(_) => return Err(format!("'{port}' is no port")),
            },
        };
        let mut found = (name, port).to_socket_addrs().map_err(|error| {
            format!("expected a port, or an address and a port, as in 127.0.0.1:8080 ({error})")
        })?;
        let socket = found
            .next()
            .ok_or_else(|| format!("{name} has no address"))?;
        Ok(Self {
            socket,
            name: Some(name.to_ascii_lowercase()),
        })
    }
}

impl<T: Into<IpAddr>> From<(T, u16)> for Address {
    fn from((ip, port): (T, u16)) -> Self {
        Self {
            socket: SocketAddr::new(ip.into(), port),
            name: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_port_an_ip_or_both() {
        for (text, socket) in [
            ("8080", "127.0.0.1:8080"),
            ("0", "127.0.0.1:0"),
            ("127.0.0.1", "127.0.0.1:0"),
            ("0.0.0.0:9000", "0.0.0.0:9000"),
            ("[::1]:9000", "[::1]:9000"),
            ("::1", "[::1]:0"),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.socket.to_string(), socket, "{text}");
            assert_eq!(address.name, None, "{text}");
        }
        let named: Address = "LocalHost:9000".parse().unwrap();
        assert_eq!(named.socket.port(), 9000);
        assert!(named.socket.ip().is_loopback());
        assert_eq!(named.name.as_deref(), Some("localhost"));
    }

    #[test]
    fn an_invalid_address_is_refused() {
        for text in ["", "70000", "localhost:http", "localhost:-1", "a b:80"] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
