//! An OpenTelemetry collector that keeps what it is sent.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest, common::v1::any_value::Value,
};
use prost::Message;

/// A span, and the service that it is of.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) trace: Vec<u8>,
    pub(crate) id: Vec<u8>,
    /// Empty where there is none.
    pub(crate) parent: Vec<u8>,
}

/// Accepts spans as long as the story lasts.
pub(crate) struct Collector {
    pub(crate) url: String,
    spans: Arc<Mutex<Vec<Span>>>,
}

impl Collector {
    pub(crate) fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let spans = Arc::default();
        let kept = Arc::clone(&spans);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let kept = Arc::clone(&kept);
                std::thread::spawn(move || serve(connection.unwrap(), &kept));
            }
        });
        Self { url, spans }
    }

    /// What has come so far.
    pub(crate) fn spans(&self) -> Vec<Span> {
        self.spans.lock().unwrap().clone()
    }
}

/// Answers requests on a connection until it ends.
fn serve(mut connection: TcpStream, kept: &Mutex<Vec<Span>>) {
    loop {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") {
            if !matches!(connection.read(&mut byte), Ok(1)) {
                return;
            }
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap().to_lowercase();
        assert!(head.starts_with("post /v1/traces "), "{head}");
        let length = head.split("content-length: ").nth(1).unwrap();
        let length = length.lines().next().unwrap().parse().unwrap();
        let mut body = vec![0; length];
        connection.read_exact(&mut body).unwrap();
        kept.lock().unwrap().extend(decode(&body));
        connection
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
            .unwrap();
    }
}

fn decode(body: &[u8]) -> Vec<Span> {
    let request = ExportTraceServiceRequest::decode(body).unwrap();
    let mut spans = Vec::new();
    for resource in request.resource_spans {
        let attributes = resource.resource.unwrap().attributes;
        let name = attributes.iter().find(|it| it.key == "service.name");
        let Some(Value::StringValue(service)) = name
            .and_then(|name| name.value.clone())
            .and_then(|name| name.value)
        else {
            panic!("{attributes:?}")
        };
        for span in resource.scope_spans.into_iter().flat_map(|it| it.spans) {
            spans.push(Span {
                service: service.clone(),
                name: span.name,
                trace: span.trace_id,
                id: span.span_id,
                parent: span.parent_span_id,
            });
        }
    }
    spans
}
