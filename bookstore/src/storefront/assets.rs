//! The style sheet and the icon, served from the binary.

use std::sync::LazyLock;

use axum::{
    http::header,
    response::IntoResponse,
    routing::{MethodRouter, get},
};
use sha2::{Digest, Sha256};

use crate::hex::hex;

const STYLE: &str = include_str!("../../assets/storefront.css");
const ICON: &str = include_str!("../../assets/storefront.svg");

/// Where pages find the style sheet. Its contents are part of the address, so that browsers may
/// keep it for ever.
pub(super) static STYLE_URL: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha256::digest(STYLE.as_bytes());
    format!("/assets/style.css?{}", hex(&digest[..6]))
});

/// Every asset, by its path.
pub(super) fn by_route() -> [(&'static str, MethodRouter); 2] {
    [
        (
            "/assets/style.css",
            get(|| async { asset("text/css; charset=utf-8", STYLE) }),
        ),
        (
            "/assets/icon.svg",
            get(|| async { asset("image/svg+xml", ICON) }),
        ),
    ]
}

fn asset(content_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, text)
}
