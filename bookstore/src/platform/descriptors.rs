//! File descriptors: as many as the system allows, and shared out so that none of the services takes
//! those of the others.

/// Assumed where the system does not say its limit: the usual soft limit of Linux.
const USUAL_LIMIT: u64 = 1024;

/// Reserved for the process: standard streams, the runtime, listeners, logs, and room to spare.
const RESERVED_FOR_PROCESS: u64 = 128;

/// Reserved for each service's SQLite database: the file, its log and its index, for each connection.
const RESERVED_PER_DATABASE: u64 = 32;

/// Connections that each port accepts at least, however few descriptors there are.
const LEAST_CONNECTIONS: u64 = 16;

/// Raises the soft limit to the hard one, and says what it is now.
pub(crate) fn raise_limit() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot raise the limit of file descriptors");
        rlimit::Resource::NOFILE.get_soft().unwrap_or(USUAL_LIMIT)
    })
}

/// Connections that each of the two ports of these services may accept at once, with so many descriptors and each
/// with a pool of so many connections to its database.
pub(crate) fn connections_per_port(
    services: &[&'static str],
    descriptors: u64,
    pool: u32,
) -> usize {
    let databases = services.len() as u64 * RESERVED_PER_DATABASE.max(pool.into());
    let available = descriptors.saturating_sub(RESERVED_FOR_PROCESS + databases);
    let per_connection: u64 = services.iter().map(|service| used_by(service)).sum();
    let connections = (available / per_connection.max(1)).max(LEAST_CONNECTIONS);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

/// Descriptors that a connection may cost: its own, one on the internal port, and one to each service
/// that is asked.
fn used_by(service: &str) -> u64 {
    match service {
        "catalog" => 2,
        "cart" => 3,
        "orders" => 4,
        _ => 5,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 4] = ["catalog", "cart", "orders", "storefront"];

    #[test]
    fn all_connections_together_leave_descriptors_for_the_databases() {
        let each = connections_per_port(&ALL, 1024, 16);
        assert_eq!(each, 54);
        let used: u64 = ALL.iter().map(|service| used_by(service)).sum();
        assert!(each as u64 * used + 4 * 32 < 1024);
        assert_eq!(connections_per_port(&["catalog"], 1024, 16), 432);
        assert_eq!(connections_per_port(&ALL, 64, 16), 16);
    }
}
