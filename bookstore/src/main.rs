//! The `bookstore` binary.

use std::process::ExitCode;

use clap::Parser;

/// A reference microservice bookstore: catalog, cart, orders and a storefront over HTTP.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: bookstore::Command,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match bookstore::run(arguments.command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
