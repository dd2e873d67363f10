//! How fast the services are by themselves, held against what they cannot beat: reads against a
//! bare axum handler that has the same bytes in memory, orders against the same transactions run
//! straight through sqlx.
//!
//! The machine is shared with the load and with whatever else runs, so each call and its peer take
//! turns, round by round, and what is reported are medians of rounds, and processor time per
//! request beside requests per second.

mod calls;
mod commits;
mod load;
mod peer;
mod postgres;
mod process;
mod report;

use std::time::Duration;

use anyhow::Context;
use clap::Parser;

use calls::{CALLS, Call};
use commits::Straight;
use load::{Round, run_load};
use process::{Server, load_average};
use report::Line;

/// Measures the bookstore's services: `cargo bench -p bookstore -- --rounds 5`.
#[derive(Parser)]
struct Arguments {
    /// Rounds per call; each one measures the bookstore and its peer.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds per measurement.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Connections that ask, each its next request when the last one is answered.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Only this database: `sqlite` or `postgres`.
    #[arg(long)]
    database: Option<String>,
    /// Only calls whose name contains this text.
    #[arg(long, default_value = "")]
    call: String,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be the bare handler, with the answers of the catalog at this address.
    #[arg(long, hide = true)]
    peer_of: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(catalog) = &arguments.peer_of {
        return peer::serve(catalog);
    }
    println!("Load average at the start: {}\n", load_average()?);
    println!("{}", report::HEAD);
    let wanted = |name| {
        arguments
            .database
            .as_deref()
            .is_none_or(|only| only == name)
    };
    if wanted("sqlite") {
        let folder = tempfile::tempdir()?;
        let folder = folder.path().display();
        let [shop, straight] = ["shop", "straight"].map(|name| format!("sqlite:{folder}/{name}"));
        measure_database(&arguments, "sqlite", &shop, &straight)?;
    }
    if wanted("postgres") {
        let server = postgres::start()?.context("no PostgreSQL is installed")?;
        let [shop, straight] = ["shop", "straight"].map(|name| server.url(name));
        measure_database(&arguments, "postgres", &shop, &straight)?;
    }
    println!("\nLoad average at the end: {}", load_average()?);
    Ok(())
}

/// Measures every call on one kind of database; `straight` is that of the orders' peer.
fn measure_database(
    arguments: &Arguments,
    name: &str,
    shop: &str,
    straight: &str,
) -> anyhow::Result<()> {
    let shop = Server::shop(shop)?;
    // Only to have the tables made and the books put in.
    Server::shop(straight)?.stop()?;
    let bare = Server::peer_of(shop.url("catalog")?)?;
    for call in CALLS {
        if call.name.contains(&arguments.call) {
            measure_call(arguments, name, call, &shop, &bare, straight)?;
        }
    }
    bare.stop()?;
    shop.stop()
}

fn measure_call(
    arguments: &Arguments,
    database: &str,
    call: &Call,
    shop: &Server,
    bare: &Server,
    straight: &str,
) -> anyhow::Result<()> {
    let time = Duration::from_secs_f64(arguments.seconds);
    let connections = usize::from(arguments.connections);
    let mut line = Line::new(database, call);
    let ask = |server: &Server, time| -> anyhow::Result<Round> {
        run_load(server, server.url(call.service)?, call, connections, time)
            .with_context(|| format!("{} on {database}", call.name))
    };
    // Nobody measures how caches and connections are warmed.
    ask(shop, time / 4)?;
    for _ in 0..arguments.rounds {
        line.ours.push(ask(shop, time)?);
        match call.peer {
            calls::Peer::None => {}
            calls::Peer::Bare => line.peers.push(ask(bare, time)?),
            calls::Peer::Commits(scope) => {
                let straight = Straight::open(straight)?;
                line.peers.push(straight.run(scope, connections, time)?);
            }
        }
    }
    println!("{line}");
    Ok(())
}
