//! The machine that generates the load.

use workbench_samples::Host;

/// Describes this machine; what cannot be found out is said to be unknown.
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
