//! The machine that generates the load.

use std::net::{SocketAddr, UdpSocket};

use workbench_samples::Host;

/// Describes this machine. Values that cannot be read are given as unknown.
#[must_use]
pub fn describe() -> Host {
    let unknown = || "unknown".to_owned();
    let system = sysinfo::System::new_with_specifics(
        sysinfo::RefreshKind::nothing()
            .with_cpu(sysinfo::CpuRefreshKind::nothing())
            .with_memory(sysinfo::MemoryRefreshKind::nothing().with_ram()),
    );
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    Host {
        name: sysinfo::System::host_name().unwrap_or_else(unknown),
        kernel: sysinfo::System::kernel_long_version(),
        cpu: system
            .cpus()
            .first()
            .map_or_else(unknown, |cpu| cpu.brand().to_owned()),
        cpus: u32::try_from(cpus).unwrap_or(u32::MAX),
        memory_bytes: system.total_memory(),
    }
}

/// An identity of this machine, or of this container, that is stable until the next boot.
pub(crate) fn identity() -> String {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let name = sysinfo::System::host_name().unwrap_or_default();
    format!("{name} {}", boot.trim())
}

/// Whether an address is one of this machine's: sockets can be bound to no other.
pub(crate) fn has_address(mut address: SocketAddr) -> bool {
    address.set_port(0);
    UdpSocket::bind(address).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_of_this_machine_is_known_and_no_other() {
        // No packet is sent: the system only says from which address it would be.
        let outwards = UdpSocket::bind("0.0.0.0:0").unwrap();
        let own = outwards
            .connect("192.0.2.1:9")
            .and_then(|()| outwards.local_addr());
        let addresses = ["127.0.0.1:80", "127.0.0.2:80", "0.0.0.0:80"];
        let addresses = addresses.map(|it| it.parse::<SocketAddr>().unwrap());
        for address in addresses.into_iter().chain(own.ok()) {
            assert!(has_address(address), "{address}");
        }
        // An address for documentation (RFC 5737).
        assert!(!has_address("192.0.2.1:80".parse().unwrap()));
    }
}
