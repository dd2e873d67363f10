//! Merges the resource readings of all segments, each source once.

use std::collections::HashMap;
use std::io;

use workbench_samples::{Resource, SamplesError, read_resources};

use super::Part;

/// The readings of all segments. Each segment has its own generator. Of a source that several segments of a machine
/// read, or that is the same for all, the first segment's readings count.
pub(super) fn together(parts: &[Part]) -> Result<Vec<Resource>, SamplesError> {
    let mut seen = Seen {
        hosts: {
            let mut hosts: Vec<&str> = parts.iter().map(|it| it.place.host.as_str()).collect();
            hosts.sort_unstable();
            hosts.dedup();
            hosts.len()
        },
        owners: HashMap::new(),
    };
    let mut all = Vec::new();
    for part in parts {
        let readings = match read_resources(&part.folder) {
            Ok(readings) => readings,
            Err(SamplesError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                continue;
            }
            Err(error) => return Err(error),
        };
        for reading in readings {
            if let Some(source) = seen.source(part, &reading.source) {
                all.push(Resource { source, ..reading });
            }
        }
    }
    Ok(all)
}

struct Seen {
    hosts: usize,
    /// The segment whose readings of a source count.
    owners: HashMap<String, u32>,
}

impl Seen {
    /// The name of a segment's source among all segments; `None` if another segment's readings count.
    fn source(&mut self, part: &Part, source: &str) -> Option<String> {
        let number = part.place.number;
        let (kind, rest) = source.split_once('/').unwrap_or((source, ""));
        let joined = |middle: &str| match rest {
            "" => format!("{kind}/{middle}"),
            rest => format!("{kind}/{middle}/{rest}"),
        };
        let starts_its_own = part.manifest.target.kind == "bookstore";
        let (key, name) = match kind {
            // Generators and targets of other segments, which have readings of their own.
            "beside" => return None,
            "generator" => return Some(joined(&format!("segment {number}"))),
            "target" if starts_its_own => return Some(joined(&format!("segment {number}"))),
            "target" | "database" | "balancer" | "machine" | "others" => {
                let name = match self.hosts {
                    1 => source.to_owned(),
                    _ => joined(&part.place.host),
                };
                (format!("{} {source}", part.place.host), name)
            }
            // An endpoint, the same from everywhere.
            _ => (source.to_owned(), source.to_owned()),
        };
        let owner = *self.owners.entry(key).or_insert(number);
        (owner == number).then_some(name)
    }
}
