//! The offset of this machine's clock, as reported by the daemon that sets it. Nothing is requested over the network.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use workbench_samples::ClockReading;

/// Time limit of a daemon's response.
const PATIENCE: Duration = Duration::from_secs(2);

/// Reads the state of chrony, else of timedatectl. `None` if neither responds.
pub(crate) async fn read() -> Option<ClockReading> {
    if let Some(output) = ask("chronyc", &["-n", "-c", "tracking"]).await
        && let Some(reading) = of_chrony(&output)
    {
        return Some(reading);
    }
    let output = ask(
        "timedatectl",
        &["show", "--property=NTPSynchronized", "--value"],
    )
    .await?;
    of_timedatectl(&output)
}

async fn ask(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, output).await.ok()?.ok()?;
    let succeeded = output.status.success();
    succeeded.then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Fields of `chronyc -c tracking`: 5 is how far the system's clock is from NTP time, 11 the root delay, 12 the root dispersion,
/// all in seconds, and 14 whether it is synchronised. The error is at most |offset| + dispersion + delay / 2.
///
/// # References
/// chrony's manual, `chronyc`, "tracking".
fn of_chrony(output: &str) -> Option<ClockReading> {
    let fields: Vec<&str> = output.trim().split(',').collect();
    let seconds = |field: usize| fields.get(field - 1)?.parse::<f64>().ok();
    let (offset, delay, dispersion) = (seconds(5)?, seconds(11)?, seconds(12)?);
    let nanoseconds = |seconds: f64| (seconds * 1e9).round() as i64;
    Some(ClockReading {
        source: "chrony".to_owned(),
        is_synchronised: *fields.get(13)? != "Not synchronised",
        offset_ns: Some(nanoseconds(offset)),
        error_ns: Some(nanoseconds(offset.abs() + dispersion + delay / 2.0)),
    })
}

fn of_timedatectl(output: &str) -> Option<ClockReading> {
    let is_synchronised = match output.trim() {
        "yes" => true,
        "no" => false,
        _ => return None,
    };
    Some(ClockReading {
        source: "timedatectl".to_owned(),
        is_synchronised,
        offset_ns: None,
        error_ns: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_of_chrony_gives_an_offset_and_its_error_bound() {
        let output = "A9FEA97B,169.254.169.123,4,1795766521.5,0.000012,-0.00001,0.00002,-3.1,0.002,0.05,0.0004,0.0003,16.2,Normal\n";
        let reading = of_chrony(output).unwrap();
        assert!(reading.is_synchronised);
        assert_eq!(reading.offset_ns, Some(12_000));
        assert_eq!(reading.error_ns, Some(512_000));
        let lost = output.replace("Normal", "Not synchronised");
        assert!(!of_chrony(&lost).unwrap().is_synchronised);
        assert_eq!(of_chrony("506 Cannot talk to daemon\n"), None);
    }

    #[test]
    fn timedatectl_knows_only_whether() {
        assert!(of_timedatectl("yes\n").unwrap().is_synchronised);
        assert!(!of_timedatectl("no\n").unwrap().is_synchronised);
        assert_eq!(of_timedatectl(""), None);
    }
}
