//! The options of curl. Longer than other files: a third of it is their tables.

use std::time::Duration;

/// Options of one transfer; `--next` begins another one.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) urls: Vec<String>,
    request: Option<String>,
    head: bool,
    /// `-G`: data goes into the query.
    pub(super) get: bool,
    pub(super) headers: Vec<(String, String)>,
    pub(super) data: Vec<Data>,
    pub(super) json: bool,
    pub(super) parts: Vec<Part>,
    pub(super) upload: Option<String>,
    /// `--url-query`.
    pub(super) queries: Vec<String>,
    pub(super) user: Option<String>,
    pub(super) bearer: Option<String>,
    pub(super) cookie: Option<String>,
    pub(super) agent: Option<String>,
    pub(super) referer: Option<String>,
    pub(super) range: Option<String>,
    pub(super) compressed: bool,
    pub(super) location: bool,
    pub(super) redirects: Option<u32>,
    pub(super) timeout: Option<Duration>,
    /// The HTTP version as written in experiments.
    pub(super) version: Option<&'static str>,
    pub(super) ca: Option<String>,
    pub(super) certificate: Option<String>,
    pub(super) key: Option<String>,
    /// `-g`: braces and brackets of the URL are literal.
    pub(super) literal_url: bool,
}

#[derive(Debug)]
pub(super) enum Data {
    Literal(String),
    File {
        file: String,
        keeps_lines: bool,
    },
    /// `--data-urlencode`.
    Encoded(String),
}

#[derive(Debug)]
pub(super) struct Part {
    pub(super) text: String,
    /// `--form-string`.
    pub(super) literal: bool,
}

/// Short options with a value.
const SHORT_WITH_VALUE: &str = "AbcCdDeEFHKmoPQrtTuUwxXyYz";

/// Short options, and the long ones that they stand for.
const SHORT: [(char, &str); 38] = [
    ('0', "http1.0"),
    ('2', "sslv2"),
    ('3', "sslv3"),
    ('A', "user-agent"),
    ('b', "cookie"),
    ('c', "cookie-jar"),
    ('C', "continue-at"),
    ('d', "data"),
    ('D', "dump-header"),
    ('e', "referer"),
    ('E', "cert"),
    ('f', "fail"),
    ('F', "form"),
    ('g', "globoff"),
    ('G', "get"),
    ('H', "header"),
    ('i', "include"),
    ('I', "head"),
    ('k', "insecure"),
    ('K', "config"),
    ('L', "location"),
    ('m', "max-time"),
    ('n', "netrc"),
    ('N', "no-buffer"),
    ('o', "output"),
    ('O', "remote-name"),
    ('q', "disable"),
    ('r', "range"),
    ('s', "silent"),
    ('S', "show-error"),
    ('T', "upload-file"),
    ('u', "user"),
    ('U', "proxy-user"),
    ('v', "verbose"),
    ('w', "write-out"),
    ('x', "proxy"),
    ('X', "request"),
    ('Z', "parallel"),
];

/// Further long options with a value, which are not supported.
const LONG_WITH_VALUE: [&str; 120] = [
    "abstract-unix-socket",
    "alt-svc",
    "aws-sigv4",
    "capath",
    "cert-type",
    "ciphers",
    "config",
    "connect-timeout",
    "connect-to",
    "continue-at",
    "cookie-jar",
    "create-file-mode",
    "crlfile",
    "curves",
    "delegation",
    "dns-interface",
    "dns-ipv4-addr",
    "dns-ipv6-addr",
    "dns-servers",
    "doh-url",
    "dump-header",
    "ech",
    "egd-file",
    "engine",
    "etag-compare",
    "etag-save",
    "expect100-timeout",
    "ftp-account",
    "ftp-alternative-to-user",
    "ftp-method",
    "ftp-port",
    "ftp-ssl-ccc-mode",
    "happy-eyeballs-timeout-ms",
    "haproxy-clientip",
    "hostpubmd5",
    "hostpubsha256",
    "hsts",
    "interface",
    "ip-tos",
    "ipfs-gateway",
    "keepalive-cnt",
    "keepalive-time",
    "key-type",
    "krb",
    "libcurl",
    "limit-rate",
    "local-port",
    "login-options",
    "mail-auth",
    "mail-from",
    "mail-rcpt",
    "max-filesize",
    "netrc-file",
    "noproxy",
    "output",
    "output-dir",
    "parallel-max",
    "parallel-max-host",
    "pass",
    "pinnedpubkey",
    "preproxy",
    "proto",
    "proto-default",
    "proto-redir",
    "proxy",
    "proxy-cacert",
    "proxy-capath",
    "proxy-cert",
    "proxy-cert-type",
    "proxy-ciphers",
    "proxy-crlfile",
    "proxy-header",
    "proxy-key",
    "proxy-key-type",
    "proxy-pass",
    "proxy-pinnedpubkey",
    "proxy-service-name",
    "proxy-tls13-ciphers",
    "proxy-tlsauthtype",
    "proxy-tlspassword",
    "proxy-tlsuser",
    "proxy-user",
    "proxy1.0",
    "pubkey",
    "quote",
    "random-file",
    "rate",
    "request-target",
    "resolve",
    "retry",
    "retry-delay",
    "retry-max-time",
    "sasl-authzid",
    "service-name",
    "sigalgs",
    "socks4",
    "socks4a",
    "socks5",
    "socks5-gssapi-service",
    "socks5-hostname",
    "speed-limit",
    "speed-time",
    "ssl-sessions",
    "stderr",
    "telnet-option",
    "tftp-blksize",
    "time-cond",
    "tls-max",
    "tls13-ciphers",
    "tlsauthtype",
    "tlspassword",
    "tlsuser",
    "trace",
    "trace-ascii",
    "trace-config",
    "unix-socket",
    "upload-flags",
    "variable",
    "vlan-priority",
    "write-out",
];

/// Long options that do not affect requests, or that the workbench does by default.
const IGNORED: [&str; 40] = [
    "basic",
    "buffer",
    "clobber",
    "cookie-jar",
    "create-dirs",
    "disable",
    "dump-header",
    "fail",
    "fail-early",
    "fail-with-body",
    "http1.1",
    "include",
    "ipv4",
    "ipv6",
    "keepalive",
    "no-buffer",
    "no-clobber",
    "no-fail",
    "no-keepalive",
    "no-progress-meter",
    "output",
    "output-dir",
    "parallel",
    "parallel-max",
    "path-as-is",
    "progress-bar",
    "progress-meter",
    "remote-header-name",
    "remote-name",
    "remote-name-all",
    "show-error",
    "show-headers",
    "silent",
    "stderr",
    "styled-output",
    "tcp-nodelay",
    "tcp-fastopen",
    "tlsv1.2",
    "verbose",
    "write-out",
];

impl Options {
    /// The transfers of a command, from the words after `curl`. `leave` is called with unsupported options.
    pub(super) fn read(words: &[String], leave: &mut dyn FnMut(String)) -> Vec<Self> {
        let mut transfers = vec![Self::default()];
        let mut words = words.iter();
        let mut only_urls = false;
        while let Some(word) = words.next() {
            let last = transfers.len() - 1;
            let current = &mut transfers[last];
            if word == "--" {
                only_urls = true;
            } else if word == "--next" || word == "-:" {
                transfers.push(Self::default());
            } else if let Some(long) = word.strip_prefix("--").filter(|_| !only_urls) {
                // curl does not accept `--name=value`, but it is often written.
                let (long, joined) = match long.split_once('=') {
                    Some((long, value)) => (long, Some(value.to_owned())),
                    None => (long, None),
                };
                let mut value = || joined.clone().or_else(|| words.next().cloned());
                current.long(long, &mut value, leave);
            } else if word.len() > 1 && word.starts_with('-') && !only_urls {
                let letters = word[1..].char_indices();
                for (at, letter) in letters {
                    let rest = &word[1 + at + letter.len_utf8()..];
                    let long = SHORT.iter().find(|(short, _)| *short == letter);
                    let long = long.map_or("", |(_, long)| *long);
                    let with_value = SHORT_WITH_VALUE.contains(letter);
                    let mut value = || match rest {
                        "" => words.next().cloned(),
                        rest => Some(rest.to_owned()),
                    };
                    match long {
                        "" if with_value => {
                            value();
                            leave(format!("the option -{letter}"));
                        }
                        "" if "#46aBjJlMp1tV".contains(letter) => {}
                        "" => leave(format!("the option -{letter}")),
                        long => current.long(long, &mut value, leave),
                    }
                    if with_value {
                        break;
                    }
                }
            } else {
                current.urls.push(word.clone());
            }
        }
        transfers
    }

    /// The method that curl would choose.
    pub(super) fn method(&self) -> &str {
        match &self.request {
            Some(method) => method,
            None if self.head => "HEAD",
            None if self.upload.is_some() => "PUT",
            None if self.get || self.data.is_empty() && self.parts.is_empty() => "GET",
            None => "POST",
        }
    }

    fn long(
        &mut self,
        name: &str,
        value: &mut dyn FnMut() -> Option<String>,
        leave: &mut dyn FnMut(String),
    ) {
        match name {
            "request" => self.request = value(),
            "url" => self.urls.extend(value()),
            "url-query" => self.queries.extend(value()),
            "header" => self.header(&value().unwrap_or_default(), leave),
            "data" | "data-ascii" => self.data(value().unwrap_or_default(), false),
            "data-binary" => self.data(value().unwrap_or_default(), true),
            "data-raw" => self.data.extend(value().map(Data::Literal)),
            "data-urlencode" => self.data.extend(value().map(Data::Encoded)),
            "json" => {
                self.json = true;
                self.data(value().unwrap_or_default(), true);
            }
            "form" | "form-string" => self.parts.extend(value().map(|text| Part {
                text,
                literal: name == "form-string",
            })),
            "get" => self.get = true,
            "head" => self.head = true,
            "upload-file" => self.upload = value(),
            "user" => self.user = value(),
            "oauth2-bearer" => self.bearer = value(),
            "cookie" => match value() {
                Some(cookies) if cookies.contains('=') => {
                    let before = self.cookie.take().map(|before| before + "; ");
                    self.cookie = Some(before.unwrap_or_default() + &cookies);
                }
                // Without `=` it is a file; an empty name only switches cookies on, as they are here.
                Some(file) if !file.is_empty() => leave("cookies from a file".to_owned()),
                _ => {}
            },
            "user-agent" => self.agent = value(),
            "referer" => {
                let referer = value().unwrap_or_default();
                let referer = referer.trim_end_matches(";auto");
                self.referer = (!referer.is_empty()).then(|| referer.to_owned());
            }
            // A number alone is where the rest begins.
            "range" => {
                self.range = value().map(|range| {
                    let dash = if range.contains('-') { "" } else { "-" };
                    format!("bytes={range}{dash}")
                });
            }
            "compressed" => self.compressed = true,
            "location" | "follow" => self.location = true,
            "location-trusted" => {
                self.location = true;
                leave("--location-trusted: credentials go to no other host than that of the request".to_owned());
            }
            "max-redirs" => self.redirects = value().and_then(|redirects| redirects.parse().ok()),
            "max-time" => {
                let seconds = value().and_then(|seconds| seconds.parse::<f64>().ok());
                self.timeout = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).filter(|timeout| !timeout.is_zero());
            }
            "http2" => self.version = Some("2"),
            "http2-prior-knowledge" => self.version = Some("prior_knowledge"),
            "cacert" => self.ca = value(),
            "cert" => {
                let value = value().unwrap_or_default();
                let (file, password) = match value.rsplit_once(':') {
                    // The colon is not that of a Windows drive.
                    Some((file, password)) if file.len() > 1 => (file, Some(password)),
                    _ => (value.as_str(), None),
                };
                self.certificate = Some(file.to_owned());
                if password.is_some() {
                    leave("the password of the client's key, which has to be without one".to_owned());
                }
            }
            "key" => self.key = value(),
            "globoff" => self.literal_url = true,
            "insecure" => leave(
                "--insecure: certificates are verified unless a run is started with workbench run --insecure".to_owned(),
            ),
            name if IGNORED.contains(&name) => {
                if LONG_WITH_VALUE.contains(&name) {
                    value();
                }
            }
            name => {
                if LONG_WITH_VALUE.contains(&name) || name.starts_with("expand-") {
                    value();
                }
                // Its value may be a secret.
                leave(format!("the option --{name}"));
            }
        }
    }

    fn data(&mut self, text: String, keeps_lines: bool) {
        self.data.push(match text.strip_prefix('@') {
            Some(file) => Data::File {
                file: file.to_owned(),
                keeps_lines,
            },
            None => Data::Literal(text),
        });
    }

    /// `Name: value`; `Name;` for an empty value; `Name:` to remove a header that curl would send.
    fn header(&mut self, text: &str, leave: &mut dyn FnMut(String)) {
        if text.starts_with('@') {
            return leave("headers from a file".to_owned());
        }
        match text.split_once(':') {
            Some((name, value)) if !value.trim().is_empty() => {
                self.headers
                    .push((name.trim().to_owned(), value.trim().to_owned()));
            }
            Some(_) => {}
            None => match text.trim().strip_suffix(';') {
                Some(name) => self.headers.push((name.to_owned(), String::new())),
                None => leave("a header without a colon".to_owned()),
            },
        }
    }
}
