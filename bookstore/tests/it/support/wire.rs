//! A PostgreSQL server's stand-in that passes everything on, and counts how often the client waits for
//! an answer.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

/// What a client sends first when it would like TLS.
const SSL_REQUEST: [u8; 4] = 80_877_103_u32.to_be_bytes();

/// Round trips, by statement.
pub(crate) type RoundTrips = BTreeMap<String, usize>;

/// The stand-in of a server.
pub(crate) struct Wire {
    pub(crate) url: String,
    counts: Arc<Mutex<RoundTrips>>,
}

impl Wire {
    /// Stands in for the server that a URL names.
    pub(crate) async fn to(url: &str) -> Self {
        let mut url = reqwest::Url::parse(url).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap_or(5432));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_ip_host(std::net::Ipv4Addr::LOCALHOST.into())
            .unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port()))
            .unwrap();
        let counts = Arc::<Mutex<RoundTrips>>::default();
        let counted = Arc::clone(&counts);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (from_client, mut to_client) = client.into_split();
                let connection = TcpStream::connect(&server).await.unwrap();
                connection.set_nodelay(true).unwrap();
                let (mut from_server, to_server) = connection.into_split();
                let counts = Arc::clone(&counted);
                // Each ends when a side has closed the connection.
                tokio::spawn(async move { copy(&mut from_server, &mut to_client).await });
                tokio::spawn(async move { pass(from_client, to_server, &counts).await });
            }
        });
        Self {
            url: url.to_string(),
            counts,
        }
    }

    /// What was counted since this was asked before.
    pub(crate) fn take(&self) -> RoundTrips {
        std::mem::take(&mut *self.counts.lock().unwrap())
    }
}

/// Passes a client's messages on.
async fn pass(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    counts: &Mutex<RoundTrips>,
) -> std::io::Result<()> {
    // The first messages have no type.
    while message(&mut client, &mut server).await?.get(..4) == Some(&SSL_REQUEST) {}
    let mut statements = BTreeMap::new();
    let mut current = None;
    loop {
        let kind = client.read_u8().await?;
        server.write_u8(kind).await?;
        let body = message(&mut client, &mut server).await?;
        let mut texts = body.split(|byte| *byte == 0);
        let mut text = || String::from_utf8_lossy(texts.next().unwrap_or_default()).into_owned();
        match kind {
            b'P' => {
                let (name, statement) = (text(), text());
                current = Some(format!("PREPARE {statement}"));
                statements.insert(name, statement);
            }
            b'B' => {
                let (_portal, name) = (text(), text());
                current = statements.get(&name).cloned();
            }
            b'Q' => *counts.lock().unwrap().entry(text()).or_default() += 1,
            b'S' => {
                let statement = current.take().unwrap_or_else(|| "sign of life".to_owned());
                *counts.lock().unwrap().entry(statement).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// Passes a message on, from its length to its end; what it says.
async fn message(
    client: &mut OwnedReadHalf,
    server: &mut OwnedWriteHalf,
) -> std::io::Result<Vec<u8>> {
    let length = client.read_u32().await?;
    let mut body = vec![0; length as usize - 4];
    client.read_exact(&mut body).await?;
    server.write_u32(length).await?;
    server.write_all(&body).await?;
    Ok(body)
}
