//! File descriptors: as many as the system allows, and shared out so that none of the services takes
//! those of the others.

/// Without a known limit; POSIX systems begin with it.
const USUAL_LIMIT: u64 = 1024;

/// For what every process has open, and some more.
const OF_THE_PROCESS: u64 = 128;

/// For the files of a service's SQLite database.
const OF_A_DATABASE: u64 = 32;

/// However few descriptors there are.
const LEAST: u64 = 16;

/// Raises the soft limit to the hard one, and says what it is now.
pub(crate) fn raise_limit() -> u64 {
    rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot raise the limit of file descriptors");
        USUAL_LIMIT
    })
}

/// Connections that each of these services may accept at once, with so many descriptors and each
/// with a pool of so many connections to its database.
pub(crate) fn connections_per_service(
    services: &[&'static str],
    descriptors: u64,
    pool: u32,
) -> usize {
    let databases = services.len() as u64 * OF_A_DATABASE.max(pool.into());
    let available = descriptors.saturating_sub(OF_THE_PROCESS + databases);
    let per_connection: u64 = services.iter().map(|service| used_by(service)).sum();
    let connections = (available / per_connection.max(1)).max(LEAST);
    usize::try_from(connections).unwrap_or(usize::MAX)
}

/// Descriptors that a connection may cost: its own, and one to each service that is asked.
fn used_by(service: &str) -> u64 {
    match service {
        "catalog" => 1,
        "cart" => 2,
        "orders" => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [&str; 4] = ["catalog", "cart", "orders", "storefront"];

    #[test]
    fn all_connections_together_leave_descriptors_for_the_databases() {
        let each = connections_per_service(&ALL, 1024, 16);
        assert_eq!(each, 76);
        let used: u64 = ALL.iter().map(|service| used_by(service)).sum();
        assert!(each as u64 * used + 4 * 32 < 1024);
        assert_eq!(connections_per_service(&["catalog"], 1024, 16), 864);
        assert_eq!(connections_per_service(&ALL, 64, 16), 16);
    }
}
