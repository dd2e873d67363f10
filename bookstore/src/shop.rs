//! The services of one process: opened and migrated, seeded, served, announced, stopped, and what
//! they leave cleaned up. Long, for what is opened together is stopped together, in the same order.

use std::{
    collections::BTreeMap,
    io::Write,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use anyhow::{Context, bail};
use serde::Serialize;
use tokio::{
    net::TcpListener,
    sync::mpsc,
    task::JoinSet,
    time::{Instant, timeout, timeout_at},
};

use crate::{
    cart::{CartClient, Carts},
    catalog::{Catalog, CatalogClient, Seed, Writes},
    command::{CommonOptions, PagesOptions, ProtocolOptions, ReplicaOptions},
    orders::{self, Orders, OrdersClient},
    platform::{
        client::{self, Caller},
        database::{Database, Home, Sharing},
        descriptors,
        faults::{self, Fault},
        limits::Limits,
        retention::remove_regularly,
        secret::Secret,
        server::Server,
        service::{Access, Both, Draining, Service},
        stop::StopRequest,
        trace,
    },
    run::local_url,
    storefront::{self, ADMIN, Admins, Storefront, given_password},
};

/// Whoever started the process may kill it so long after telling it to stop: the workbench does,
/// and so does Kubernetes by default. What comes after the services must fit in too, or
/// ephemeral databases stay behind.
const KILLED_AFTER: Duration = Duration::from_secs(30);

/// How long requests in flight and orders at work may take once the process was told to stop, those
/// of all services together. Longer than a call from service to service may take that is answered
/// at the second try.
const GRACE: Duration = Duration::from_secs(10);

/// What the grace leaves to each service that others need, however long these take: a request that
/// hangs at one of them must not cost the rest theirs, which take milliseconds.
const GRACE_OF_ITS_OWN: Duration = Duration::from_secs(1);

/// How long databases may take to close, all at once. Idle connections say goodbye in
/// milliseconds; those still at work after the grace are not waited for much longer.
const CLOSE_LIMIT: Duration = Duration::from_secs(3);

/// How long ephemeral databases may take to be removed, all at once. A server gives a session that
/// it ends for `DROP DATABASE … WITH (FORCE)` five seconds to go.
const REMOVE_LIMIT: Duration = Duration::from_secs(10);

// A drain comes before all that; whoever asks for one also has to wait for longer.
const _: () = assert!(
    GRACE.as_secs() + CLOSE_LIMIT.as_secs() + REMOVE_LIMIT.as_secs() + trace::FLUSH_LIMIT.as_secs()
        < KILLED_AFTER.as_secs(),
    "a process that was told to stop must be gone before it is killed"
);

/// Opens services, serves until asked to stop (which may be while they open), and cleans up in any
/// case.
pub(crate) async fn run_shop(
    options: &CommonOptions,
    sharing: Sharing,
    open: impl AsyncFnOnce(&mut Shop) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let descriptors = descriptors::raise_limit();
    let mut faults = options.faults.clone();
    if let Some(file) = &options.fault_file {
        faults.extend(faults::read_file(file)?);
    }
    let mut stop = StopRequest::listen(options.exit_with_stdin)?;
    let mut shop = Shop {
        service_token: options.callers.service_token()?,
        home: Home::new(&options.database, options.ephemeral, sharing)?,
        databases: Vec::new(),
        services: Vec::new(),
        orders_at_work: None,
        descriptors,
        database_connections: options.database_connections,
        migration_lock: !options.without_migration_lock,
        limits: options.limits,
        retention: *options.retention,
        marks: JoinSet::new(),
        recovery: JoinSet::new(),
    };
    let opened = tokio::select! {
        opened = open(&mut shop) => opened.map(|()| true),
        () = stop.wait() => Ok(false),
    };
    let served = match opened {
        Ok(true) => shop.serve(stop, options, &faults).await,
        Ok(false) => Ok(()),
        Err(error) => Err(error),
    };
    let removed = shop.close().await;
    served.and(removed)
}

/// The services of this process, and what they leave to be cleaned up.
pub(crate) struct Shop {
    /// Of internal calls, to these services and from them.
    service_token: Option<Secret>,
    home: Home,
    databases: Vec<Database>,
    /// Ready to be served, in the order in which they need each other.
    services: Vec<(Both<TcpListener>, Service)>,
    /// Ends when no order is at work any more.
    orders_at_work: Option<mpsc::Receiver<()>>,
    /// File descriptors that the process may have.
    descriptors: u64,
    /// To each service's database, where it is on a server.
    database_connections: u32,
    migration_lock: bool,
    limits: Limits,
    retention: Duration,
    /// Marks what is settled, to the end.
    marks: JoinSet<()>,
    /// Goes on beside requests, as long as they are served; may be cut off at any moment.
    recovery: JoinSet<()>,
}

pub(crate) struct ServiceUrls {
    pub(crate) catalog: String,
    pub(crate) cart: String,
    pub(crate) orders: String,
}

#[derive(Serialize)]
struct Announcement<'a> {
    ready: bool,
    /// Where everybody's calls are.
    services: BTreeMap<&'static str, String>,
    /// Where internal calls are.
    internal: BTreeMap<&'static str, String>,
    /// Name that other processes share the temporary databases under; absent where there are none on a server.
    #[serde(skip_serializing_if = "Option::is_none")]
    databases: Option<&'a str>,
}

impl Shop {
    pub(crate) async fn add_catalog(
        &mut self,
        listeners: Both<TcpListener>,
        seed: Seed,
        writes: Writes,
        replicas: &ReplicaOptions,
    ) -> anyhow::Result<()> {
        let connections = self.database_connections;
        let mut database = self.home.open("catalog", connections).await?;
        database.read_from(&replicas.urls, replicas.max_staleness, connections)?;
        self.databases.push(database.clone());
        self.recovery.spawn(database.clone().watch_replicas());
        let catalog = Catalog::new(database, seed);
        let migrated = catalog.migrate(self.migration_lock).await;
        migrated.context("cannot bring the catalog's tables up to date")?;
        let seeded = catalog.seed().await;
        seeded.context("cannot fill the catalog with products")?;
        let (store, age) = (catalog.clone(), self.retention);
        self.recovery.spawn(async move {
            remove_regularly(age, |before| store.remove_released(before)).await;
        });
        self.services.push((listeners, catalog.service(writes)));
        Ok(())
    }

    pub(crate) async fn add_cart(
        &mut self,
        listeners: Both<TcpListener>,
        catalog_url: &str,
    ) -> anyhow::Result<()> {
        let database = self.open("cart").await?;
        let caller = self.caller("cart");
        let carts = Carts {
            database,
            catalog: CatalogClient::new(&caller, catalog_url, client::TIMEOUT)?,
            last_audit: Arc::default(),
        };
        let migrated = carts.migrate(self.migration_lock).await;
        migrated.context("cannot bring the cart's tables up to date")?;
        let (store, age) = (carts.clone(), self.retention);
        self.recovery.spawn(async move {
            remove_regularly(age, |before| store.remove_old(before)).await;
        });
        self.services.push((listeners, carts.service()));
        Ok(())
    }

    pub(crate) async fn add_orders(
        &mut self,
        listeners: Both<TcpListener>,
        catalog_url: &str,
        cart_url: &str,
        protocol: ProtocolOptions,
    ) -> anyhow::Result<()> {
        let database = self.open("orders").await?;
        let caller = self.caller("orders");
        let (at_work, orders_at_work) = mpsc::channel(1);
        let (settled, to_be_marked) = mpsc::unbounded_channel();
        let (timeout, lease) = (protocol.call_timeout, protocol.order_lease);
        if lease < client::longest_call(timeout) * 2 {
            tracing::warn!(
                "--order-lease is short: an order whose calls are slow may be taken over while it is at work"
            );
        }
        let orders = Arc::new(Orders {
            database: database.clone(),
            catalog: CatalogClient::new(&caller, catalog_url, timeout)?,
            cart: CartClient::new(&caller, cart_url, timeout)?,
            lease,
            settled,
            at_work,
            last_repair: Arc::default(),
            last_audit: Arc::default(),
            last_shop_audit: Arc::default(),
        });
        let migrated = orders.migrate(self.migration_lock).await;
        migrated.context("cannot bring the orders' tables up to date")?;
        let ended = orders.end_leases_of_the_dead().await;
        ended.context("cannot take over the orders of a process that has ended")?;
        self.orders_at_work = Some(orders_at_work);
        self.marks
            .spawn(orders::write_marks(database, to_be_marked));
        self.recovery.spawn(Arc::clone(&orders).recover_regularly());
        let (store, age) = (Arc::clone(&orders), self.retention);
        self.recovery.spawn(async move {
            remove_regularly(age, |before| store.remove_cancelled(before)).await;
        });
        self.services.push((listeners, orders.service()));
        Ok(())
    }

    pub(crate) async fn add_storefront(
        &mut self,
        listeners: Both<TcpListener>,
        urls: &ServiceUrls,
        options: &PagesOptions,
    ) -> anyhow::Result<()> {
        let password = given_password(options.admin_password_file.as_deref())?;
        let database = self.open("storefront").await?;
        let migrated = storefront::migrate(&database, self.migration_lock).await;
        migrated.context("cannot bring the storefront's tables up to date")?;
        let set_up = Admins(&database).set_up(password).await;
        if let Some(generated) = set_up.context("cannot set up the administrator")? {
            // Not to the log, which may be kept and sent elsewhere.
            eprintln!(
                "The storefront's administrator is `{ADMIN}` with the password {}\n\
                 It is shown this once; `bookstore set-admin-password`, with the same --database, sets another one.",
                generated.reveal()
            );
        }
        let caller = self.caller("storefront");
        let storefront = Storefront {
            database,
            catalog: CatalogClient::new(&caller, &urls.catalog, client::TIMEOUT)?,
            cart: CartClient::new(&caller, &urls.cart, client::TIMEOUT)?,
            orders: OrdersClient::new(&caller, &urls.orders, client::TIMEOUT)?,
            secure_cookies: options.secure_cookies,
            behind_proxy: options.behind_proxy,
        };
        self.services.push((listeners, storefront.service()));
        Ok(())
    }

    fn caller(&self, name: &'static str) -> Caller {
        let token = self.service_token.clone();
        Caller { name, token }
    }

    async fn open(&mut self, service: &str) -> anyhow::Result<Database> {
        let database = self.home.open(service, self.database_connections).await?;
        self.databases.push(database.clone());
        Ok(database)
    }

    /// Refuses a fault that could never happen.
    fn check(&self, fault: &Fault) -> anyhow::Result<()> {
        let mut reasons = Vec::new();
        for (_, service) in &self.services {
            match service.check(fault) {
                Ok(()) => return Ok(()),
                Err(reason) => reasons.push((service.name(), reason)),
            }
        }
        let named = |(name, _): &&(_, _)| fault.service.as_deref().is_none_or(|it| it == *name);
        match reasons.iter().find(named) {
            Some((_, reason)) => bail!("cannot use the fault `{fault}`: {reason}"),
            None => {
                let names: Vec<_> = reasons.iter().map(|(name, _)| *name).collect();
                let names = names.join(", ");
                bail!("cannot use the fault `{fault}`: this process runs {names}")
            }
        }
    }

    async fn serve(
        &mut self,
        mut stop: StopRequest,
        options: &CommonOptions,
        faults: &[Fault],
    ) -> anyhow::Result<()> {
        for fault in faults {
            self.check(fault)?;
        }
        let names: Vec<_> = self.services.iter().map(|(_, it)| it.name()).collect();
        let pool = options.database_connections;
        let connections = descriptors::connections_per_port(&names, self.descriptors, pool);
        tracing::info!("each port accepts up to {connections} connections at once");
        let draining = Draining::default();
        let access = Access {
            admin_calls: options.admin_calls,
            service_token: self.service_token.take(),
            public_hosts: options.callers.hosts_at(options.address),
            internal_hosts: options
                .callers
                .hosts_at(options.callers.internal_address)
                .guarding_reads(),
        };
        let (mut services, mut internal) = (BTreeMap::new(), BTreeMap::new());
        let mut servers = Vec::new();
        for (listeners, service) in self.services.drain(..) {
            let name = service.name();
            services.insert(name, local_url(&listeners.public)?);
            internal.insert(name, local_url(&listeners.internal)?);
            let limits = self.limits;
            let complete = service.complete(faults, access.clone(), limits, &draining);
            let start = |listener, complete| Server::start(listener, complete, limits, connections);
            let server = Both {
                public: start(listeners.public, complete.public),
                internal: start(listeners.internal, complete.internal),
            };
            servers.push((name, server));
        }
        announce(services, internal, self.home.shared_as())?;
        stop.wait().await;
        draining.store(true, Ordering::Relaxed);
        // Whoever cannot wait asks again.
        let _ = timeout(*options.drain, stop.wait()).await;
        self.recovery.shutdown().await;
        let end = Instant::now() + GRACE;
        // Those that need others first: what they have begun still gets its answers.
        while let Some((name, server)) = servers.pop() {
            let later = u32::try_from(servers.len()).expect("four services at most");
            let finished = timeout_at(end - later * GRACE_OF_ITS_OWN, async {
                tokio::join!(server.public.stop(), server.internal.stop());
                if name == "orders"
                    && let Some(mut at_work) = self.orders_at_work.take()
                {
                    // Orders whose clients went away are in nobody's flight but still on their way.
                    let _none = at_work.recv().await;
                }
            });
            if finished.await.is_err() {
                tracing::warn!("{name} was still at work when its time to stop was over");
            }
        }
        Ok(())
    }

    /// Closes databases, and removes what was only meant for this process.
    async fn close(self) -> anyhow::Result<()> {
        let closed: JoinSet<()> = self
            .databases
            .into_iter()
            .map(|database| async move { database.close().await })
            .collect();
        if timeout(CLOSE_LIMIT, closed.join_all()).await.is_err() {
            tracing::warn!("a database was still in use {CLOSE_LIMIT:?} after it was to be closed");
        }
        self.home.remove(REMOVE_LIMIT).await
    }
}

fn announce(
    services: BTreeMap<&'static str, String>,
    internal: BTreeMap<&'static str, String>,
    databases: Option<&str>,
) -> anyhow::Result<()> {
    let announcement = Announcement {
        ready: true,
        services,
        internal,
        databases,
    };
    let line = serde_json::to_string(&announcement)?;
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{line}")
        .and_then(|()| stdout.flush())
        .context("cannot announce the services on standard output")
}
