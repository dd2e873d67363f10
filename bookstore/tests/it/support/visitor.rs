//! A visitor of the storefront without a browser: keeps the cookie, fills in forms, and follows
//! redirects as browsers do.

use std::sync::Mutex;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, header};

use super::{ADMIN_PASSWORD, Service};

/// Somebody with a cookie.
pub(crate) struct Visitor {
    url: String,
    client: reqwest::Client,
    pub(crate) cookie: Mutex<Option<String>>,
}

/// What a visitor sees.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    /// Where the page is, after redirects.
    pub(crate) path: String,
    pub(crate) headers: header::HeaderMap,
    pub(crate) html: String,
}

impl Visitor {
    pub(crate) fn of(storefront: &Service) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none());
        Self {
            url: storefront.url.clone(),
            client: client.build().unwrap(),
            cookie: Mutex::new(None),
        }
    }

    /// Opens a page.
    pub(crate) async fn get(&self, path: &str) -> Page {
        self.follow(Method::GET, path, None).await
    }

    /// Sends a form exactly as it is.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        self.follow(Method::POST, path, Some(pairs.join("&"))).await
    }

    /// Sends the form of signing in.
    pub(crate) async fn try_to_sign_in(&self, name: &str, password: &str) -> Page {
        let login = self.get("/admin/login").await;
        let fields = [("name", name), ("password", password)];
        self.submit(&login, "/admin/login", &fields).await
    }

    /// Sends a form of a page, with the page's token.
    pub(crate) async fn submit(&self, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = page.value("form_token");
        let mut all = vec![("form_token", token.as_str())];
        all.extend(fields);
        self.post(path, &all).await
    }

    /// Signs in, and arrives at the stock.
    pub(crate) async fn sign_in(&self) -> Page {
        let login = self.get("/admin/login").await;
        let fields = [("name", "admin"), ("password", ADMIN_PASSWORD)];
        let page = self.submit(&login, "/admin/login", &fields).await;
        assert_eq!((page.status, page.path.as_str()), (200, "/admin"));
        page
    }

    async fn follow(&self, method: Method, path: &str, body: Option<String>) -> Page {
        let (mut method, mut path, mut body) = (method, path.to_owned(), body);
        for _ in 0..5 {
            let page = self.ask(method, path, body.take()).await;
            match page.headers.get(header::LOCATION) {
                Some(location) => {
                    assert_eq!(page.status, 303, "{page:?}");
                    path = location.to_str().unwrap().to_owned();
                    method = Method::GET;
                }
                None => return page,
            }
        }
        panic!("redirected for ever, last to {path}");
    }

    async fn ask(&self, method: Method, path: String, body: Option<String>) -> Page {
        let mut request = self.client.request(method, format!("{}{path}", self.url));
        if let Some(cookie) = &*self.cookie.lock().unwrap() {
            request = request.header(header::COOKIE, cookie);
        }
        if let Some(body) = body {
            request = request
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(body);
        }
        let response = request.send().await.unwrap();
        let headers = response.headers().clone();
        if let Some(cookie) = headers.get(header::SET_COOKIE) {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            *self.cookie.lock().unwrap() = Some(pair.to_owned());
        }
        Page {
            status: response.status().as_u16(),
            path,
            headers,
            html: response.text().await.unwrap(),
        }
    }
}

impl Page {
    /// The value of the first field with a name.
    pub(crate) fn value(&self, name: &str) -> String {
        let field = format!("name=\"{name}\" value=\"");
        let (_, rest) = self
            .html
            .split_once(&field)
            .unwrap_or_else(|| panic!("no {name} in {self:?}"));
        rest.split('"').next().unwrap().to_owned()
    }

    /// What the page says about what was done before.
    pub(crate) fn message(&self) -> &str {
        let (_, rest) = self
            .html
            .split_once("<p class=\"flash ")
            .unwrap_or_else(|| panic!("no message in {self:?}"));
        rest.split(['>', '<']).nth(1).unwrap()
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        self.html.contains(text)
    }
}
