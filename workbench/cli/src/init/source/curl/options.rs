//! The options of curl.

/// Options of one transfer; `--next` begins another one.
#[derive(Debug, Default)]
pub(super) struct Options {
    pub(super) urls: Vec<String>,
    pub(super) headers: Vec<(String, String)>,
    /// The other supported options by their long names, and their values; empty where they take none.
    given: Vec<(String, String)>,
}

/// Supported long options with a value.
const KNOWN_WITH_VALUE: &str = "\
    cacert cert cookie data data-ascii data-binary data-raw data-urlencode form form-string header json key max-redirs \
    max-time oauth2-bearer range referer request upload-file url url-query user user-agent";

/// Supported long options without one.
const KNOWN: &str =
    "compressed follow get globoff head http2 http2-prior-knowledge location location-trusted";

/// Options with data.
const DATA: [&str; 6] = [
    "data",
    "data-ascii",
    "data-binary",
    "data-raw",
    "data-urlencode",
    "json",
];

/// Short options with a value.
const SHORT_WITH_VALUE: &str = "AbcCdDeEFHKmoPQrtTuUwxXyYz";

/// Short options, and the long ones that they stand for.
const SHORT: &str = "\
    0=http1.0 2=sslv2 3=sslv3 A=user-agent b=cookie c=cookie-jar C=continue-at d=data D=dump-header e=referer E=cert \
    f=fail F=form g=globoff G=get H=header i=include I=head k=insecure K=config L=location m=max-time n=netrc \
    N=no-buffer o=output O=remote-name q=disable r=range s=silent S=show-error T=upload-file u=user U=proxy-user \
    v=verbose w=write-out x=proxy X=request Z=parallel";

/// Further long options with a value, which are not supported.
const LONG_WITH_VALUE: &str = "\
    abstract-unix-socket alt-svc aws-sigv4 capath cert-type ciphers config connect-timeout connect-to continue-at \
    cookie-jar create-file-mode crlfile curves delegation dns-interface dns-ipv4-addr dns-ipv6-addr dns-servers \
    doh-url dump-header ech egd-file engine etag-compare etag-save expect100-timeout ftp-account \
    ftp-alternative-to-user ftp-method ftp-port ftp-ssl-ccc-mode happy-eyeballs-timeout-ms haproxy-clientip \
    hostpubmd5 hostpubsha256 hsts interface ip-tos ipfs-gateway keepalive-cnt keepalive-time key-type krb libcurl \
    limit-rate local-port login-options mail-auth mail-from mail-rcpt max-filesize netrc-file noproxy output \
    output-dir parallel-max parallel-max-host pass pinnedpubkey preproxy proto proto-default proto-redir proxy \
    proxy-cacert proxy-capath proxy-cert proxy-cert-type proxy-ciphers proxy-crlfile proxy-header proxy-key \
    proxy-key-type proxy-pass proxy-pinnedpubkey proxy-service-name proxy-tls13-ciphers proxy-tlsauthtype \
    proxy-tlspassword proxy-tlsuser proxy-user proxy1.0 pubkey quote random-file rate request-target resolve retry \
    retry-delay retry-max-time sasl-authzid service-name sigalgs socks4 socks4a socks5 socks5-gssapi-service \
    socks5-hostname speed-limit speed-time ssl-sessions stderr telnet-option tftp-blksize time-cond tls-max \
    tls13-ciphers tlsauthtype tlspassword tlsuser trace trace-ascii trace-config unix-socket upload-flags variable \
    vlan-priority write-out";

/// Long options that do not affect requests, or that the workbench does by default.
const IGNORED: &str = "\
    basic buffer clobber cookie-jar create-dirs disable dump-header fail fail-early fail-with-body http1.1 include \
    ipv4 ipv6 keepalive no-buffer no-clobber no-fail no-keepalive no-progress-meter output output-dir parallel \
    parallel-max path-as-is progress-bar progress-meter remote-header-name remote-name remote-name-all show-error \
    show-headers silent stderr styled-output tcp-nodelay tcp-fastopen tlsv1.2 verbose write-out";

fn contains(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

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
                let (name, joined) = long.split_once('=').unzip();
                let mut value = || joined.map(str::to_owned).or_else(|| words.next().cloned());
                let long = name.unwrap_or(long);
                current.long(long, &mut value, leave);
            } else if word.len() > 1 && word.starts_with('-') && !only_urls {
                for (at, letter) in word.char_indices().skip(1) {
                    let rest = &word[at + letter.len_utf8()..];
                    let long =
                        |entry: &&str| entry.starts_with(letter) && entry[1..].starts_with('=');
                    let long = SHORT.split(' ').find(long).map(|entry| &entry[2..]);
                    let with_value = SHORT_WITH_VALUE.contains(letter);
                    let mut value = || match rest {
                        "" => words.next().cloned(),
                        rest => Some(rest.to_owned()),
                    };
                    match long {
                        Some(long) => current.long(long, &mut value, leave),
                        None if with_value => {
                            value();
                            leave(format!("the option -{letter}"));
                        }
                        None if "#46aBjJlMp1tV".contains(letter) => {}
                        None => leave(format!("the option -{letter}")),
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

    /// Whether an option is given.
    pub(super) fn has(&self, name: &str) -> bool {
        self.all(&[name]).next().is_some()
    }

    /// The value of an option, the last one of several.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.all(&[name]).last().map(|(_, value)| value)
    }

    /// The names and values of these options, in the order of the command.
    pub(super) fn all(&self, names: &[&str]) -> impl Iterator<Item = (&str, &str)> {
        let given = self.given.iter();
        let given = given.map(|(name, value)| (name.as_str(), value.as_str()));
        given.filter(move |(name, _)| names.contains(name))
    }

    pub(super) fn data(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all(&DATA)
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.all(&["form", "form-string"])
    }

    /// The method that curl would choose.
    pub(super) fn method(&self) -> &str {
        let has_body = self.data().next().is_some() || self.parts().next().is_some();
        match self.last("request") {
            Some(method) => method,
            None if self.has("head") => "HEAD",
            None if self.has("upload-file") => "PUT",
            None if self.has("get") || !has_body => "GET",
            None => "POST",
        }
    }

    /// The value of a header that is given.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        let found = headers.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    fn long(
        &mut self,
        name: &str,
        value: &mut dyn FnMut() -> Option<String>,
        leave: &mut dyn FnMut(String),
    ) {
        let has_value = contains(KNOWN_WITH_VALUE, name)
            || contains(LONG_WITH_VALUE, name)
            || name.starts_with("expand-");
        let value = if has_value { value() } else { None }.unwrap_or_default();
        match name {
            "url" => self.urls.push(value),
            "header" => self.add_header(&value, leave),
            // An empty name only switches cookies on, as they are here.
            "cookie" if value.is_empty() => {}
            "cookie" if !value.contains('=') => leave("cookies from a file".to_owned()),
            "insecure" => leave(
                "--insecure: certificates are verified unless a run is started with workbench run --insecure".to_owned(),
            ),
            // Its value may be a secret.
            name if !contains(KNOWN_WITH_VALUE, name) && !contains(KNOWN, name) => {
                if !contains(IGNORED, name) {
                    leave(format!("the option --{name}"));
                }
            }
            name => {
                if name == "location-trusted" {
                    let what = "--location-trusted: credentials go to no other host than that of the request";
                    leave(what.to_owned());
                }
                if name == "cert" && key_password(&value).is_some() {
                    leave("the password of the client's key, which has to be without one".to_owned());
                }
                self.given.push((name.to_owned(), value));
            }
        }
    }

    /// `Name: value`; `Name;` for an empty value; `Name:` to remove a header that curl would send.
    fn add_header(&mut self, text: &str, leave: &mut dyn FnMut(String)) {
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

/// The password after a file with a certificate; the colon is not that of a Windows drive.
pub(super) fn key_password(value: &str) -> Option<(&str, &str)> {
    value.rsplit_once(':').filter(|(file, _)| file.len() > 1)
}
