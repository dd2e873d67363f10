//! The command line, offered alike by the `bookstore` binary and by `workbench bookstore`.

mod options;

use clap::{Args, Subcommand, builder::BoolishValueParser};
use options::{CartAddress, CatalogAddress, DatabaseParser, service_url};
pub(crate) use options::{CommonOptions, PagesOptions, Ports, ProtocolOptions, ReplicaOptions};

use crate::{
    DatabaseUrl,
    catalog::{ProtectionOptions, Seed},
};

/// Which services to run. Ready services are announced by one line of JSON on standard output:
/// `{"ready":true,"services":{"catalog":"http://127.0.0.1:8001",…},"internal":{…}}`; logs go to standard error.
#[derive(Clone, Debug, Subcommand)]
#[command(after_long_help = "\
Examples:
  bookstore all --products 100                   the whole shop, data in ./bookstore-data
  bookstore all --products 100 --ephemeral --free-ports
                                                 a fresh shop that leaves nothing behind
  bookstore all --database postgres://ann@localhost/shop
                                                 databases shop_catalog, shop_cart, shop_orders,
                                                 shop_storefront
  bookstore cart --catalog-url http://10.0.0.5:8101   one service of a distributed shop
  bookstore health http://127.0.0.1:8001/ready   whether that service is ready
  bookstore set-admin-password < password.txt    for the shop in ./bookstore-data")]
pub enum Command {
    /// Every service, each on its own port, with HTTP between them.
    All(AllOptions),
    /// The product catalog.
    Catalog(CatalogOptions),
    /// The shopping cart; needs the catalog.
    Cart(CartOptions),
    /// Order management; needs the catalog and the cart.
    Orders(OrdersOptions),
    /// Ask running services how they are; exit code 0 when all answer well (200 to 299).
    ///
    /// For health checks in containers, where there may be no other program to ask with.
    #[command(after_long_help = "\
Examples:
  bookstore health http://127.0.0.1:8001/health   whether the process answers
  bookstore health http://127.0.0.1:8001/ready    whether it can work: its database can be written to")]
    Health(HealthOptions),
    /// The pages for visitors and for the bookseller; needs the other three.
    Storefront(StorefrontOptions),
    /// Set the storefront's admin password, read from the terminal or from standard input. The
    /// storefront must have been started before.
    SetAdminPassword(SetAdminPasswordOptions),
}

impl Command {
    /// What every service takes; the other commands have none of it.
    pub(crate) fn common(&self) -> Option<&CommonOptions> {
        match self {
            Self::All(options) => Some(&options.common),
            Self::Catalog(options) => Some(&options.common),
            Self::Cart(options) => Some(&options.common),
            Self::Orders(options) => Some(&options.common),
            Self::Storefront(options) => Some(&options.common),
            Self::SetAdminPassword(_) | Self::Health(_) => None,
        }
    }

    /// The services that it runs.
    pub(crate) fn services(&self) -> &'static [&'static str] {
        match self {
            Self::All(_) => &["catalog", "cart", "orders", "storefront"],
            Self::Catalog(_) => &["catalog"],
            Self::Cart(_) => &["cart"],
            Self::Orders(_) => &["orders"],
            Self::Storefront(_) => &["storefront"],
            Self::SetAdminPassword(_) | Self::Health(_) => &[],
        }
    }
}

/// Options of `all`.
#[derive(Args, Clone, Debug)]
pub struct AllOptions {
    #[command(flatten)]
    pub(crate) common: CommonOptions,
    #[command(flatten)]
    pub(crate) seed: Seed,
    #[command(flatten)]
    pub(crate) replicas: ReplicaOptions,
    #[command(flatten)]
    pub(crate) protocol: ProtocolOptions,
    #[command(flatten)]
    pub(crate) protection: ProtectionOptions,

    /// Port of the catalog; 0 lets the system choose. Each service's internal calls are at the port
    /// that is 100 higher.
    #[arg(long, env = "BOOKSTORE_CATALOG_PORT", default_value_t = 8001)]
    pub(crate) catalog_port: u16,

    /// Port of the cart; 0 lets the system choose.
    #[arg(long, env = "BOOKSTORE_CART_PORT", default_value_t = 8002)]
    pub(crate) cart_port: u16,

    /// Port of the orders; 0 lets the system choose.
    #[arg(long, env = "BOOKSTORE_ORDERS_PORT", default_value_t = 8003)]
    pub(crate) orders_port: u16,

    /// Port of the storefront; 0 lets the system choose.
    #[arg(long, env = "BOOKSTORE_STOREFRONT_PORT", default_value_t = 8000)]
    pub(crate) storefront_port: u16,

    #[command(flatten)]
    pub(crate) pages: PagesOptions,

    /// Let the system choose every port.
    #[arg(long, env = "BOOKSTORE_FREE_PORTS", value_parser = BoolishValueParser::new())]
    pub(crate) free_ports: bool,
}

/// Options of `catalog`.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("port", |it| it.env("BOOKSTORE_CATALOG_PORT").default_value("8001")),
    mut_arg("internal_port", |it| it.env("BOOKSTORE_CATALOG_INTERNAL_PORT"))
)]
pub struct CatalogOptions {
    #[command(flatten)]
    pub(crate) common: CommonOptions,
    #[command(flatten)]
    pub(crate) seed: Seed,
    #[command(flatten)]
    pub(crate) protection: ProtectionOptions,
    #[command(flatten)]
    pub(crate) replicas: ReplicaOptions,
    #[command(flatten)]
    pub(crate) ports: Ports,
}

/// Options of `cart`.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("port", |it| it.env("BOOKSTORE_CART_PORT").default_value("8002")),
    mut_arg("internal_port", |it| it.env("BOOKSTORE_CART_INTERNAL_PORT"))
)]
pub struct CartOptions {
    #[command(flatten)]
    pub(crate) common: CommonOptions,
    #[command(flatten)]
    pub(crate) ports: Ports,
    #[command(flatten)]
    pub(crate) catalog: CatalogAddress,
}

/// Options of `orders`.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("port", |it| it.env("BOOKSTORE_ORDERS_PORT").default_value("8003")),
    mut_arg("internal_port", |it| it.env("BOOKSTORE_ORDERS_INTERNAL_PORT"))
)]
pub struct OrdersOptions {
    #[command(flatten)]
    pub(crate) common: CommonOptions,
    #[command(flatten)]
    pub(crate) protocol: ProtocolOptions,
    #[command(flatten)]
    pub(crate) ports: Ports,
    #[command(flatten)]
    pub(crate) catalog: CatalogAddress,
    #[command(flatten)]
    pub(crate) cart: CartAddress,
}

/// Options of `health`.
#[derive(Args, Clone, Debug)]
pub struct HealthOptions {
    /// What to ask, such as `http://127.0.0.1:8001/ready`; several have to answer well one and all.
    #[arg(
        value_name = "URL",
        env = "BOOKSTORE_HEALTH_URLS",
        value_delimiter = ',',
        required = true,
        value_parser = service_url
    )]
    pub(crate) urls: Vec<String>,
}

/// Options of `storefront`.
#[derive(Args, Clone, Debug)]
#[command(
    mut_arg("port", |it| it.env("BOOKSTORE_STOREFRONT_PORT").default_value("8000")),
    mut_arg("internal_port", |it| it.env("BOOKSTORE_STOREFRONT_INTERNAL_PORT"))
)]
pub struct StorefrontOptions {
    #[command(flatten)]
    pub(crate) common: CommonOptions,
    #[command(flatten)]
    pub(crate) ports: Ports,
    #[command(flatten)]
    pub(crate) catalog: CatalogAddress,
    #[command(flatten)]
    pub(crate) cart: CartAddress,

    /// Where the orders' internal calls are.
    #[arg(
        long,
        env = "BOOKSTORE_ORDERS_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8103",
        value_parser = service_url
    )]
    pub(crate) orders_url: String,

    #[command(flatten)]
    pub(crate) pages: PagesOptions,
}

/// Options of `set-admin-password`.
#[derive(Args, Clone, Debug)]
pub struct SetAdminPasswordOptions {
    /// The storefront's database, as the command `storefront` names it: `sqlite`, `sqlite:FOLDER`,
    /// or `postgres://user:password@host:5432/name`, where `all` has `name_storefront`.
    #[arg(
        long,
        env = "BOOKSTORE_DATABASE",
        value_name = "URL",
        default_value = "sqlite",
        hide_env_values = true,
        value_parser = DatabaseParser
    )]
    pub(crate) database: DatabaseUrl,
}
