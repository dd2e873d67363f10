//! HTTP settings of all requests.

/// HTTP settings of all requests. Common headers are not here but in the steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Http {
    /// Most redirects that are followed for one request.
    pub follow_redirects: u8,
    /// A user keeps the cookies that it is sent.
    pub keeps_cookies: bool,
    /// Which version is spoken.
    pub version: HttpVersion,
    /// A user opens new connections for each iteration.
    pub new_connections: bool,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2 at `https://` URLs where the server has it, else HTTP/1.1.
    Negotiated,
    /// HTTP/2 without asking, in the clear, too.
    PriorKnowledge,
}
