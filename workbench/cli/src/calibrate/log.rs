//! The binary form of the server's log.

use anyhow::{Context, bail};
use workbench_analysis::calibration::{Served, ServerLog};

/// Bytes of each request's record.
const RECORD: usize = 24;

/// All numbers little-endian: beginning and end of the standstill (both 0 where there was none) and nanoseconds of processor
/// time, 8 bytes each; then for every request user and iteration, 4 bytes each, and the two instants.
pub(super) fn encode(log: &ServerLog) -> Vec<u8> {
    let frozen = log.frozen.clone().unwrap_or(0..0);
    let mut bytes = Vec::with_capacity(RECORD * (log.requests.len() + 1));
    for number in [frozen.start, frozen.end, (log.processor_s * 1e9) as i64] {
        bytes.extend(number.to_le_bytes());
    }
    for request in &log.requests {
        bytes.extend(request.user.to_le_bytes());
        bytes.extend(request.iteration.to_le_bytes());
        bytes.extend(request.read_at.to_le_bytes());
        bytes.extend(request.answered_at.to_le_bytes());
    }
    bytes
}

/// The reverse of [`encode`].
pub(super) fn decode(bytes: &[u8]) -> anyhow::Result<ServerLog> {
    let (head, records) = bytes
        .split_at_checked(RECORD)
        .context("the calibration's server ended without its notes")?;
    if records.len() % RECORD != 0 {
        bail!("the notes of the calibration's server are incomplete");
    }
    let requests = records.chunks_exact(RECORD).map(|record| Served {
        user: u32::from_le_bytes(part(record, 0)),
        iteration: u32::from_le_bytes(part(record, 4)),
        read_at: i64::from_le_bytes(part(record, 8)),
        answered_at: i64::from_le_bytes(part(record, 16)),
    });
    let frozen = i64::from_le_bytes(part(head, 0))..i64::from_le_bytes(part(head, 8));
    Ok(ServerLog {
        requests: requests.collect(),
        frozen: (!frozen.is_empty()).then_some(frozen),
        processor_s: i64::from_le_bytes(part(head, 16)) as f64 / 1e9,
    })
}

fn part<const N: usize>(record: &[u8], from: usize) -> [u8; N] {
    std::array::from_fn(|place| record[from + place])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_log_is_decoded_as_encoded() {
        let request = |user| Served {
            user,
            iteration: 7,
            read_at: 1_795_000_000_000_000_001,
            answered_at: 1_795_000_000_000_500_000,
        };
        for frozen in [None, Some(5..9)] {
            let log = ServerLog {
                requests: vec![request(1), request(u32::MAX)],
                frozen,
                processor_s: 1.5,
            };
            assert_eq!(decode(&encode(&log)).unwrap(), log);
        }
    }

    #[test]
    fn cut_notes_are_refused() {
        let log = ServerLog {
            requests: Vec::new(),
            frozen: None,
            processor_s: 0.0,
        };
        let bytes = encode(&log);
        assert!(decode(&bytes[1..]).is_err());
        assert!(decode(&[bytes.as_slice(), &[0]].concat()).is_err());
    }
}
