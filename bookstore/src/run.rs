//! Carries out a command: listens, has the services opened and served, or does what else was asked.

use std::net::{IpAddr, SocketAddr};

use anyhow::Context;
use tokio::net::TcpListener;

use crate::{
    command::{
        AllOptions, CartOptions, CatalogOptions, Command, OrdersOptions, SetAdminPasswordOptions,
        StorefrontOptions,
    },
    database::{Home, Sharing},
    health::ask_for_health,
    shop::{ServiceUrls, run_shop},
    storefront::{Admins, typed_password},
    trace,
};

/// Runs services until they are asked to stop by Ctrl-C, SIGTERM, or the end of standard input if
/// that was asked for. Requests in flight are finished, if they can be in ten seconds. Or asks a
/// running service how it is.
///
/// # Errors
/// When a port cannot be listened on, a database cannot be opened, something temporary cannot
/// be removed, or the service that was asked is not well. The message says what to do.
pub async fn run(command: Command) -> anyhow::Result<()> {
    let common = command.common();
    trace::start_logging(common.map(|common| common.log_format).unwrap_or_default());
    if let Some(url) = common.and_then(|common| common.otlp_endpoint.as_ref()) {
        trace::start_export(url, command.services()).context("cannot export spans")?;
    }
    let outcome = match command {
        Command::All(options) => run_all(options).await,
        Command::Catalog(options) => run_catalog(options).await,
        Command::Cart(options) => run_cart(options).await,
        Command::Orders(options) => run_orders(options).await,
        Command::Health(options) => ask_for_health(&options.urls).await,
        Command::Storefront(options) => run_storefront(options).await,
        Command::SetAdminPassword(options) => set_admin_password(options).await,
    };
    trace::flush().await;
    outcome
}

async fn run_all(options: AllOptions) -> anyhow::Result<()> {
    let address = options.common.address;
    let port = |port| if options.free_ports { 0 } else { port };
    let catalog_at = listen(address, port(options.catalog_port), "--catalog-port").await?;
    let cart_at = listen(address, port(options.cart_port), "--cart-port").await?;
    let orders_at = listen(address, port(options.orders_port), "--orders-port").await?;
    let storefront_port = port(options.storefront_port);
    let storefront_at = listen(address, storefront_port, "--storefront-port").await?;
    let urls = ServiceUrls {
        catalog: local_url(&catalog_at)?,
        cart: local_url(&cart_at)?,
        orders: local_url(&orders_at)?,
    };
    run_shop(&options.common, Sharing::Several, async |shop| {
        shop.add_catalog(catalog_at, options.seed.seed()).await?;
        shop.add_cart(cart_at, &urls.catalog).await?;
        shop.add_orders(orders_at, &urls.catalog, &urls.cart, options.protocol)
            .await?;
        shop.add_storefront(storefront_at, &urls, &options.pages)
            .await
    })
    .await
}

async fn run_catalog(options: CatalogOptions) -> anyhow::Result<()> {
    let listener = listen(options.common.address, options.port, "--port").await?;
    run_shop(&options.common, Sharing::Alone, async |shop| {
        shop.add_catalog(listener, options.seed.seed()).await
    })
    .await
}

async fn run_cart(options: CartOptions) -> anyhow::Result<()> {
    let listener = listen(options.common.address, options.port, "--port").await?;
    run_shop(&options.common, Sharing::Alone, async |shop| {
        shop.add_cart(listener, &options.catalog_url).await
    })
    .await
}

async fn run_orders(options: OrdersOptions) -> anyhow::Result<()> {
    let listener = listen(options.common.address, options.port, "--port").await?;
    run_shop(&options.common, Sharing::Alone, async |shop| {
        let (catalog_url, cart_url) = (&options.catalog_url, &options.cart_url);
        shop.add_orders(listener, catalog_url, cart_url, options.protocol)
            .await
    })
    .await
}

async fn run_storefront(options: StorefrontOptions) -> anyhow::Result<()> {
    let listener = listen(options.common.address, options.port, "--port").await?;
    let urls = ServiceUrls {
        catalog: options.catalog_url,
        cart: options.cart_url,
        orders: options.orders_url,
    };
    run_shop(&options.common, Sharing::Alone, async |shop| {
        shop.add_storefront(listener, &urls, &options.pages).await
    })
    .await
}

/// Opens the storefront's database for a moment, and stores a password that somebody types.
async fn set_admin_password(options: SetAdminPasswordOptions) -> anyhow::Result<()> {
    let mut home = Home::new(&options.database, false, Sharing::Alone)?;
    home.ensure_exists("storefront").await.context(
        "cannot find the storefront's database: name the one that the shop uses by --database \
         (for `all` on PostgreSQL it ends in _storefront), or start the shop once",
    )?;
    let password = typed_password()?;
    let database = home.open("storefront", 2).await?;
    let stored = Admins(&database).set_password(&password).await;
    database.close().await;
    stored.context("cannot store the password: check that --database names the storefront's own")
}

async fn listen(address: IpAddr, port: u16, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(SocketAddr::new(address, port))
        .await
        .map_err(|error| {
            let advice = match error.kind() {
                std::io::ErrorKind::AddrInUse => format!(
                    "the port is in use; choose another one with {flag}, or 0 to let the system choose"
                ),
                std::io::ErrorKind::PermissionDenied => {
                    format!("not permitted; choose a port above 1023 with {flag}")
                }
                std::io::ErrorKind::AddrNotAvailable => {
                    format!("this machine does not have the address; choose another one with --address ({error})")
                }
                _ => error.to_string(),
            };
            anyhow::anyhow!("cannot listen on {address}, port {port}: {advice}")
        })
}

/// Where a client on this machine reaches the service.
pub(crate) fn local_url(listener: &TcpListener) -> anyhow::Result<String> {
    let mut address = listener.local_addr()?;
    if address.ip().is_unspecified() {
        let loopback = match address.ip() {
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from(std::net::Ipv6Addr::LOCALHOST),
        };
        address.set_ip(loopback);
    }
    Ok(format!("http://{address}"))
}
