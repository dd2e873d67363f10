//! Carries out a command: listens, has the services opened and served, or does what else was asked.

use std::net::{IpAddr, SocketAddr};

use anyhow::Context;
use tokio::net::TcpListener;

use crate::{
    command::{
        AllOptions, CartOptions, CatalogOptions, Command, CommonOptions, OrdersOptions, Ports,
        SetAdminPasswordOptions, StorefrontOptions,
    },
    platform::{
        database::{Home, Sharing},
        health::ask_for_health,
        service::Both,
        trace::Telemetry,
    },
    shop::{ServiceUrls, run_shop},
    storefront::{Admins, typed_password},
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
    let format = common.map(|common| common.log_format).unwrap_or_default();
    let collector = common.and_then(|common| common.otlp_endpoint.as_deref());
    let telemetry = Telemetry::start(format, collector, command.services());
    let telemetry = telemetry.context("cannot export spans")?;
    let outcome = match command {
        Command::All(options) => run_all(options).await,
        Command::Catalog(options) => run_catalog(options).await,
        Command::Cart(options) => run_cart(options).await,
        Command::Orders(options) => run_orders(options).await,
        Command::Health(options) => ask_for_health(&options.urls).await,
        Command::Storefront(options) => run_storefront(options).await,
        Command::SetAdminPassword(options) => set_admin_password(options).await,
    };
    telemetry.flush().await;
    outcome
}

async fn run_all(options: AllOptions) -> anyhow::Result<()> {
    let port = |port| if options.free_ports { 0 } else { port };
    let listen = async |given, flag| listen_twice(&options.common, port(given), None, flag).await;
    let catalog_at = listen(options.catalog_port, "--catalog-port").await?;
    let cart_at = listen(options.cart_port, "--cart-port").await?;
    let orders_at = listen(options.orders_port, "--orders-port").await?;
    let storefront_at = listen(options.storefront_port, "--storefront-port").await?;
    let urls = ServiceUrls {
        catalog: local_url(&catalog_at.internal)?,
        cart: local_url(&cart_at.internal)?,
        orders: local_url(&orders_at.internal)?,
    };
    let writes = options.protection.writes(options.common.address)?;
    run_shop(&options.common, Sharing::Several, async |shop| {
        shop.add_catalog(catalog_at, options.seed, writes, &options.replicas)
            .await?;
        shop.add_cart(cart_at, &urls.catalog).await?;
        shop.add_orders(orders_at, &urls.catalog, &urls.cart, options.protocol)
            .await?;
        shop.add_storefront(storefront_at, &urls, &options.pages)
            .await
    })
    .await
}

async fn run_catalog(options: CatalogOptions) -> anyhow::Result<()> {
    let listeners = listen_alone(&options.common, options.ports).await?;
    let writes = options.protection.writes(options.common.address)?;
    run_shop(&options.common, Sharing::Alone, async |shop| {
        shop.add_catalog(listeners, options.seed, writes, &options.replicas)
            .await
    })
    .await
}

async fn run_cart(options: CartOptions) -> anyhow::Result<()> {
    let listeners = listen_alone(&options.common, options.ports).await?;
    run_shop(&options.common, Sharing::Alone, async |shop| {
        shop.add_cart(listeners, &options.catalog.catalog_url).await
    })
    .await
}

async fn run_orders(options: OrdersOptions) -> anyhow::Result<()> {
    let listeners = listen_alone(&options.common, options.ports).await?;
    let (catalog_url, cart_url) = (&options.catalog.catalog_url, &options.cart.cart_url);
    run_shop(&options.common, Sharing::Alone, async |shop| {
        shop.add_orders(listeners, catalog_url, cart_url, options.protocol)
            .await
    })
    .await
}

async fn run_storefront(options: StorefrontOptions) -> anyhow::Result<()> {
    let listeners = listen_alone(&options.common, options.ports).await?;
    let urls = ServiceUrls {
        catalog: options.catalog.catalog_url,
        cart: options.cart.cart_url,
        orders: options.orders_url,
    };
    run_shop(&options.common, Sharing::Alone, async |shop| {
        shop.add_storefront(listeners, &urls, &options.pages).await
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

const INTERNAL_PORT_OFFSET: u16 = 100;

async fn listen_alone(common: &CommonOptions, ports: Ports) -> anyhow::Result<Both<TcpListener>> {
    listen_twice(common, ports.port, ports.internal_port, "--port").await
}

/// The listener for everybody, at a port that the flag has given, and that for internal calls.
async fn listen_twice(
    common: &CommonOptions,
    port: u16,
    internal_port: Option<u16>,
    flag: &str,
) -> anyhow::Result<Both<TcpListener>> {
    let (internal_port, internal_flag) = match (internal_port, port) {
        (Some(internal_port), _) => (internal_port, "--internal-port"),
        (None, 0) => (0, flag),
        (None, port) => {
            let internal_port = port.checked_add(INTERNAL_PORT_OFFSET).with_context(|| {
                format!("no port is {INTERNAL_PORT_OFFSET} higher than {port}, for internal calls: choose a lower one with {flag}")
            })?;
            (internal_port, flag)
        }
    };
    Ok(Both {
        public: listen(common.address, port, flag).await?,
        internal: listen(
            common.callers.internal_address,
            internal_port,
            internal_flag,
        )
        .await
        .context("cannot accept internal calls")?,
    })
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
