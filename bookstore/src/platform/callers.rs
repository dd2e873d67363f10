//! Who may call. Each service listens twice: its public listener has the calls that are for everybody;
//! its internal listener has all calls, and is for the other services and for operators. Whoever
//! reaches it is trusted if it is on loopback and no token was given, and has to carry the service
//! token otherwise.

use std::{net::IpAddr, path::PathBuf};

use anyhow::bail;
use clap::Args;

use crate::platform::{Error, origin::Hosts, secret::Secret};

const SERVICE_TOKEN: &str = "BOOKSTORE_SERVICE_TOKEN";

/// Who may make internal calls, and under which names browsers know the services.
#[derive(Args, Clone, Debug)]
pub(crate) struct CallerOptions {
    /// Address to listen on for internal calls: those of the other services, audits, metrics and
    /// admin calls. Beyond loopback they need the service token.
    #[arg(
        long,
        env = "BOOKSTORE_INTERNAL_ADDRESS",
        value_name = "IP",
        default_value = "127.0.0.1",
        help_heading = HEADING
    )]
    pub(crate) internal_address: IpAddr,

    /// File with the service token in its first line, 16 to 256 characters: this process sends it
    /// with its calls to the other services, and accepts no internal call without it. The variable
    /// `BOOKSTORE_SERVICE_TOKEN` does the same.
    #[arg(
        long,
        env = "BOOKSTORE_SERVICE_TOKEN_FILE",
        value_name = "FILE",
        help_heading = HEADING
    )]
    service_token_file: Option<PathBuf>,

    /// Names under which browsers know the services, such as `shop.example`, separated by commas. A
    /// browser's request that is to change something is refused under another name; addresses,
    /// `localhost` and names without a dot are always known.
    #[arg(
        long,
        env = "BOOKSTORE_HOSTS",
        value_name = "NAME",
        value_delimiter = ',',
        help_heading = HEADING
    )]
    hosts: Vec<String>,
}

pub(crate) const HEADING: &str = "Callers";

impl CallerOptions {
    /// The service token; has to be there where internal calls come from other machines.
    pub(crate) fn service_token(&self) -> anyhow::Result<Option<Secret>> {
        let token = Secret::given(self.service_token_file.as_deref(), SERVICE_TOKEN)?;
        if token.is_none() && !is_loopback(self.internal_address) {
            bail!(
                "internal calls on {} need a token: --service-token-file FILE, or the variable {SERVICE_TOKEN}",
                self.internal_address
            );
        }
        Ok(token)
    }

    /// The hosts that are known at an address to listen on.
    pub(crate) fn hosts_at(&self, address: IpAddr) -> Hosts {
        Hosts::new(self.hosts.clone(), is_loopback(address))
    }
}

/// Whether only programs on this machine reach an address.
pub(crate) fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

/// Answers an internal call on the public listener.
pub(crate) async fn internal_only() -> Error {
    Error::InternalOnly
}
