//! Who may change products on the public listener: everybody, as the open contract has it, or whoever
//! carries the administrator's token. The bookseller's pages use the internal listener.

use std::{net::IpAddr, path::PathBuf};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use clap::{Args, builder::BoolishValueParser};

use crate::platform::{
    Error,
    callers::{HEADING, is_loopback},
    secret::Secret,
};

const ADMIN_TOKEN: &str = "BOOKSTORE_ADMIN_TOKEN";

/// Whether writes to products are protected.
#[derive(Args, Clone, Debug)]
pub(crate) struct ProtectionOptions {
    /// Accept changes of products on the public port only with the administrator's token, or with
    /// `--protect=false` from everybody. By default they are protected unless --address is loopback.
    #[arg(
        long,
        env = "BOOKSTORE_PROTECT",
        value_name = "BOOL",
        value_parser = BoolishValueParser::new(),
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true",
        help_heading = HEADING
    )]
    protect: Option<bool>,

    /// File with the administrator's token in its first line, 16 to 256 characters. The variable
    /// `BOOKSTORE_ADMIN_TOKEN` does the same. Without either nobody changes protected products but
    /// on the bookseller's pages.
    #[arg(
        long,
        env = "BOOKSTORE_ADMIN_TOKEN_FILE",
        value_name = "FILE",
        help_heading = HEADING
    )]
    admin_token_file: Option<PathBuf>,
}

/// Who may change products on the public listener.
#[derive(Clone, Debug)]
pub(crate) enum Writes {
    /// Everybody.
    Open,
    /// Whoever carries the token; nobody where there is none.
    Protected(Option<Secret>),
}

impl ProtectionOptions {
    /// What holds for a catalog whose public listener is at this address.
    pub(crate) fn writes(&self, address: IpAddr) -> anyhow::Result<Writes> {
        let token = Secret::given(self.admin_token_file.as_deref(), ADMIN_TOKEN)?;
        let protect = self.protect.unwrap_or(!is_loopback(address));
        Ok(match protect {
            true => Writes::Protected(token),
            false => Writes::Open,
        })
    }
}

/// Lets only requests with the token change anything.
pub(super) async fn need_token(
    State(token): State<Option<Secret>>,
    request: Request,
    next: Next,
) -> Response {
    let is_allowed =
        request.method().is_safe() || token.is_some_and(|token| token.is_in(request.headers()));
    if is_allowed {
        next.run(request).await
    } else {
        Error::Unauthorized("changes of products need the administrator's token").into_response()
    }
}
