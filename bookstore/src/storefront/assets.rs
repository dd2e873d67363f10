//! The style sheet and the icon, served from the binary.

use std::sync::LazyLock;

use axum::{
    extract::RawQuery,
    http::header,
    response::IntoResponse,
    routing::{MethodRouter, get},
};
use sha2::{Digest, Sha256};

static STYLE: Asset = Asset {
    path: "/assets/style.css",
    content_type: "text/css; charset=utf-8",
    text: include_str!("../../assets/storefront.css"),
};

static ICON: Asset = Asset {
    path: "/assets/icon.svg",
    content_type: "image/svg+xml",
    text: include_str!("../../assets/storefront.svg"),
};

/// Where pages find the style sheet, and the icon. The contents are part of the address, so that
/// browsers may keep them for ever.
pub(super) static STYLE_URL: LazyLock<String> = LazyLock::new(|| STYLE.url());
pub(super) static ICON_URL: LazyLock<String> = LazyLock::new(|| ICON.url());

struct Asset {
    path: &'static str,
    content_type: &'static str,
    text: &'static str,
}

impl Asset {
    fn digest(&self) -> String {
        let digest = Sha256::digest(self.text.as_bytes());
        hex::encode(&digest[..6])
    }

    fn url(&self) -> String {
        format!("{}?{}", self.path, self.digest())
    }

    /// Other contents have other addresses, but for a replica of another version.
    fn answer(&self, query: Option<&str>) -> impl IntoResponse + use<> {
        let age = if query == Some(&self.digest()) {
            "public, max-age=31536000, immutable"
        } else {
            "public, max-age=300"
        };
        let headers = [
            (header::CONTENT_TYPE, self.content_type),
            (header::CACHE_CONTROL, age),
        ];
        (headers, self.text)
    }
}

/// Every asset, by its path.
pub(super) fn by_route() -> [(&'static str, MethodRouter); 2] {
    [&STYLE, &ICON].map(|asset| {
        let answer = async |RawQuery(query): RawQuery| asset.answer(query.as_deref());
        (asset.path, get(answer))
    })
}
