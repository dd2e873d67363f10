//! How fast the services are by themselves, beside others: a bare axum handler, axum with one query,
//! an order's transactions straight through sqlx, and the services of the student report in FastAPI.
//!
//! The machine is shared with the load and with whatever else runs, so that all take turns, round by
//! round. What is reported are medians of rounds, and processor time per request beside requests per
//! second; PostgreSQL's own processor time is not counted.

mod calls;
mod contender;
mod load;
mod peer;
mod postgres;
mod process;
mod report;
mod transactions;

use std::{path::PathBuf, time::Duration};

use clap::Parser;

use calls::CALLS;
use contender::Contenders;
use process::load_average;
use report::Lines;

/// Measures the bookstore's services: `just bench-bookstore --rounds 5`.
#[derive(Parser)]
struct Arguments {
    /// Rounds per call; each one measures everybody once.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Seconds per measurement.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Customers who ask, each the next request when the last one is answered.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// Only calls whose name contains this text.
    #[arg(long, default_value = "")]
    call: String,
    /// The Python that has what `benches/fastapi/requirements.txt` names; without it the report's services are left out.
    #[arg(long)]
    python: Option<PathBuf>,
    /// Given by `cargo bench`.
    #[arg(long, hide = true)]
    bench: bool,
    /// Be the bare handler, with the answers of the catalog at this address.
    #[arg(long, hide = true)]
    bare: Option<String>,
    /// Be the handler that asks one query, with this database.
    #[arg(long, hide = true)]
    one_query: Option<String>,
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    if let Some(catalog) = &arguments.bare {
        return peer::serve_bare(catalog);
    }
    if let Some(database) = &arguments.one_query {
        return peer::serve_one_query(database);
    }
    println!("Load average at the start: {}\n", load_average()?);
    println!("{}", report::HEAD);
    let folder = tempfile::tempdir()?;
    let contenders = Contenders::start(folder.path(), arguments.python.as_deref())?;
    let time = Duration::from_secs_f64(arguments.seconds);
    let connections = usize::from(arguments.connections);
    for call in CALLS {
        if !call.name.contains(&arguments.call) {
            continue;
        }
        let mut lines = Lines::new(call);
        // Nobody measures how caches and connections are warmed.
        for &contender in call.contenders {
            contenders.measure(contender, call, connections, time / 4)?;
        }
        for _ in 0..arguments.rounds {
            for &contender in call.contenders {
                lines.add(contenders.measure(contender, call, connections, time)?);
            }
        }
        print!("{lines}");
    }
    println!("\nLoad average at the end: {}", load_average()?);
    Ok(())
}
