//! Bytes that processes have sent through TCP, by the kernel's own count for each socket.
//!
//! The count is that of `TCP_INFO` over the `sock_diag` netlink socket, which lists every TCP socket of the network
//! namespace to any process. The open files of a process show which sockets it has. (`wchar` of `/proc/PID/io` leaves
//! out what `send` and `sendmsg` write, and the counters of `/proc/PID/net` are those of the whole namespace.)
//!
//! Not counted are: connections that began and ended between two snapshots, and bytes after the last snapshot before a
//! close; Unix-domain sockets, UDP and QUIC; sockets of other network namespaces (containers); and, without root,
//! processes of other users.
//!
//! # References
//!
//! Linux, `include/uapi/linux/{netlink,sock_diag,inet_diag,tcp}.h`; `sock_diag(7)`.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use socket2::{Domain, Protocol, Socket, Type};

const AF_NETLINK: i32 = 16;
const NETLINK_SOCK_DIAG: i32 = 4;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 0x1;
const NLM_F_DUMP: u16 = 0x300;
const NLMSG_ERROR: u16 = 2;
const NLMSG_DONE: u16 = 3;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IPPROTO_TCP: u8 = 6;
const INET_DIAG_INFO: u16 = 2;
/// Lengths of `struct nlmsghdr`, `inet_diag_req_v2` and `inet_diag_msg`.
const HEADER: usize = 16;
const REQUEST: usize = 56;
const MESSAGE: usize = 72;
/// Where `inet_diag_msg` has the socket's inode, and `tcp_info` the bytes sent (4.19) and sent again.
const INODE: usize = 68;
const BYTES_SENT: usize = 200;
const BYTES_RETRANS: usize = 208;
/// States of sockets with an open file that may have sent something: all but `SYN_RECV`, `TIME_WAIT`, `CLOSE` and
/// `LISTEN`. Listening sockets send nothing themselves.
const STATES: u32 = 1 << 1 | 1 << 2 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 11;

/// Time limit of the kernel's reply, which normally comes at once.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// Shortest pause between two counts, as a multiple of the processor time of the last count. The kernel takes about 4
/// µs for a socket, and a run of 10,000 users has more than 20,000 sockets. Our choice.
const REST: u32 = 20;

/// Bytes that each TCP socket has sent, by its inode; what was sent again counts once.
pub(super) type Sent = HashMap<u64, u64>;

/// Bytes sent by all sockets at a moment.
#[derive(Debug)]
pub(super) struct Count {
    pub(super) at: Instant,
    pub(super) sent: Sent,
}

/// Reads the counts of sockets, and maps sockets to processes.
#[derive(Debug)]
pub(super) struct Sockets {
    netlink: Option<Socket>,
    owners: Owners,
    last: Option<Arc<Count>>,
    /// From the last count to the next.
    rest: Duration,
}

impl Sockets {
    pub(super) fn new() -> Self {
        Self {
            netlink: open().ok(),
            owners: Owners::default(),
            last: None,
            rest: Duration::ZERO,
        }
    }

    /// Takes a new count. Returns the previous count, if any, and the new one. `None` before the pause is over, or if
    /// the kernel does not support it.
    pub(super) fn count(&mut self) -> Option<(Option<Arc<Count>>, Arc<Count>)> {
        let at = Instant::now();
        if let Some(last) = &self.last
            && at < last.at + self.rest
        {
            return None;
        }
        let before = own_processor_time();
        let sent = self.sent()?;
        self.rest = own_processor_time().saturating_sub(before) * REST;
        let count = Arc::new(Count { at, sent });
        Some((self.last.replace(Arc::clone(&count)), count))
    }

    /// Every socket's count.
    fn sent(&mut self) -> Option<Sent> {
        let netlink = self.netlink.as_mut()?;
        let mut sent = Sent::new();
        for family in [AF_INET, AF_INET6] {
            if dump(netlink, family, &mut sent).is_err() {
                // The rest of the reply would be read as the next one.
                self.netlink = open().ok();
                return None;
            }
        }
        Some(sent)
    }

    /// The sockets of each process. A shared socket counts for the first process.
    pub(super) fn of(&mut self, processes: &[u32], sent: &Sent) -> HashMap<u32, Vec<u64>> {
        self.owners.update(processes, sent, inodes_of);
        let mut sockets: HashMap<u32, Vec<u64>> = HashMap::new();
        for inode in sent.keys() {
            if let Some(Some(pid)) = self.owners.known.get(inode) {
                sockets.entry(*pid).or_default().push(*inode);
            }
        }
        sockets
    }
}

/// The process of each socket, updated when sockets or processes are new.
#[derive(Debug, Default)]
struct Owners {
    processes: Vec<u32>,
    /// `None` for sockets of processes that are not monitored.
    known: HashMap<u64, Option<u32>>,
}

impl Owners {
    /// Reads open files only if there is a new socket or process.
    fn update(&mut self, processes: &[u32], sent: &Sent, inodes_of: impl Fn(u32) -> HashSet<u64>) {
        let new = sent.keys().any(|inode| !self.known.contains_key(inode));
        if !new && self.processes == processes {
            self.known.retain(|inode, _| sent.contains_key(inode));
            return;
        }
        self.processes = processes.to_vec();
        self.known = sent.keys().map(|inode| (*inode, None)).collect();
        for pid in processes {
            for inode in inodes_of(*pid) {
                if let Some(owner) = self.known.get_mut(&inode) {
                    owner.get_or_insert(*pid);
                }
            }
        }
    }
}

/// Inodes of the sockets among a process's open files; empty without permission.
fn inodes_of(pid: u32) -> HashSet<u64> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"));
    let files = entries.into_iter().flatten().flatten();
    let inode = |file: fs::DirEntry| {
        let target = fs::read_link(file.path()).ok()?;
        let inode = target.to_str()?.strip_prefix("socket:[")?;
        inode.strip_suffix(']')?.parse().ok()
    };
    files.filter_map(inode).collect()
}

/// Processor time of this thread, which excludes waiting.
fn own_processor_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(
        time.tv_sec.try_into().unwrap_or_default(),
        time.tv_nsec.try_into().unwrap_or_default(),
    )
}

fn open() -> io::Result<Socket> {
    let socket = Socket::new(
        Domain::from(AF_NETLINK),
        Type::DGRAM,
        Some(Protocol::from(NETLINK_SOCK_DIAG)),
    )?;
    socket.set_read_timeout(Some(ANSWER_LIMIT))?;
    Ok(socket)
}

/// Asks for all TCP sockets of a family.
fn dump(netlink: &mut Socket, family: u8, sent: &mut Sent) -> io::Result<()> {
    let mut request = Vec::with_capacity(HEADER + REQUEST);
    request.extend(((HEADER + REQUEST) as u32).to_ne_bytes());
    request.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    request.extend((NLM_F_REQUEST | NLM_F_DUMP).to_ne_bytes());
    // Sequence, and the sender's port, which the kernel fills in.
    request.extend([0; 8]);
    request.extend([family, IPPROTO_TCP, 1 << (INET_DIAG_INFO - 1), 0]);
    request.extend(STATES.to_ne_bytes());
    // Any addresses.
    request.resize(HEADER + REQUEST, 0);
    netlink.write_all(&request)?;
    let mut answer = vec![0; 64 * 1_024];
    loop {
        let length = netlink.read(&mut answer)?;
        if take(&answer[..length], sent)? {
            return Ok(());
        }
    }
}

/// Parses the counts of a part of the reply. Returns whether it was the last part.
fn take(mut answer: &[u8], sent: &mut Sent) -> io::Result<bool> {
    while answer.len() >= HEADER {
        let length = number::<4>(answer, 0).map(u32::from_ne_bytes);
        let kind = number::<2>(answer, 4).map(u16::from_ne_bytes);
        let (Some(length), Some(kind)) = (length, kind) else {
            break;
        };
        let length = length as usize;
        if length < HEADER || length > answer.len() {
            return Err(io::ErrorKind::InvalidData.into());
        }
        match kind {
            NLMSG_DONE => return Ok(true),
            NLMSG_ERROR => return Err(io::ErrorKind::Unsupported.into()),
            SOCK_DIAG_BY_FAMILY => sent.extend(socket(&answer[HEADER..length])),
            _ => {}
        }
        answer = answer.get(aligned(length)..).unwrap_or_default();
    }
    Ok(false)
}

/// Inode and bytes sent of one socket; `None` for one without an open file, and where the kernel is too old to count.
fn socket(message: &[u8]) -> Option<(u64, u64)> {
    let inode = u32::from_ne_bytes(number(message, INODE)?);
    let mut attributes = message.get(MESSAGE..)?;
    while attributes.len() >= 4 {
        let length = usize::from(u16::from_ne_bytes(number(attributes, 0)?));
        let kind = u16::from_ne_bytes(number(attributes, 2)?);
        let value = attributes.get(4..length)?;
        if kind == INET_DIAG_INFO {
            let sent = u64::from_ne_bytes(number(value, BYTES_SENT)?);
            let again = u64::from_ne_bytes(number(value, BYTES_RETRANS)?);
            return (inode != 0).then(|| (inode.into(), sent.saturating_sub(again)));
        }
        attributes = attributes.get(aligned(length)..).unwrap_or_default();
    }
    None
}

fn number<const LENGTH: usize>(bytes: &[u8], from: usize) -> Option<[u8; LENGTH]> {
    bytes.get(from..from + LENGTH)?.try_into().ok()
}

const fn aligned(length: usize) -> usize {
    (length + 3) & !3
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::{TcpListener, TcpStream};

    #[test]
    fn every_byte_that_a_socket_sends_is_counted_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        let mut sockets = Sockets::new();
        let own = [std::process::id()];
        let count = |sockets: &mut Sockets| -> HashMap<u64, u64> {
            let sent = sockets.sent().unwrap();
            let of_us = sockets.of(&own, &sent);
            let inodes = of_us.get(&own[0]).cloned().unwrap_or_default();
            inodes
                .into_iter()
                .map(|inode| (inode, sent[&inode]))
                .collect()
        };
        let before = count(&mut sockets);
        let mut buffer = vec![0; 100_000];
        for _ in 0..10 {
            server.write_all(&[7; 100_000]).unwrap();
            client.read_exact(&mut buffer).unwrap();
        }
        client.write_all(b"asked").unwrap();
        server.read_exact(&mut buffer[..5]).unwrap();
        let after = count(&mut sockets);
        let mut more: Vec<u64> = after
            .iter()
            .filter_map(|(inode, sent)| Some(sent - before.get(inode)?))
            .collect();
        more.sort_unstable();
        // Other tests have sockets, too.
        assert!(more.contains(&1_000_000) && more.contains(&5), "{more:?}");
    }

    #[test]
    fn a_slow_count_is_taken_less_often() {
        let mut sockets = Sockets::new();
        let (before, first) = sockets.count().unwrap();
        assert!(before.is_none());
        sockets.rest = Duration::from_secs(3_600);
        assert!(sockets.count().is_none());
        sockets.rest = Duration::ZERO;
        let (before, second) = sockets.count().unwrap();
        assert_eq!(before.unwrap().at, first.at);
        assert!(second.at > first.at && sockets.rest > Duration::ZERO);
    }

    #[test]
    fn open_files_are_read_only_for_new_sockets_and_processes() {
        let looks = std::cell::Cell::new(0);
        let files = |pid: u32| {
            looks.set(looks.get() + 1);
            match pid {
                1 => HashSet::from([10, 11]),
                _ => HashSet::from([11, 12]),
            }
        };
        let sent = |inodes: &[u64]| -> Sent { inodes.iter().map(|inode| (*inode, 0)).collect() };
        let mut owners = Owners::default();
        owners.update(&[1, 2], &sent(&[10, 11, 12, 13]), files);
        let owner = |owners: &Owners, inode| owners.known.get(&inode).copied();
        assert_eq!(owner(&owners, 11), Some(Some(1)), "the first one's");
        assert_eq!(owner(&owners, 12), Some(Some(2)));
        assert_eq!(owner(&owners, 13), Some(None), "nobody's that is watched");
        assert_eq!(looks.get(), 2);
        owners.update(&[1, 2], &sent(&[10, 12]), files);
        assert_eq!((looks.get(), owner(&owners, 11)), (2, None));
        owners.update(&[1, 2], &sent(&[10, 12, 14]), files);
        assert_eq!(looks.get(), 4);
        owners.update(&[2], &sent(&[10, 12, 14]), files);
        assert_eq!((looks.get(), owner(&owners, 10)), (5, Some(None)));
    }

    #[test]
    fn truncated_and_invalid_netlink_replies_are_refused_or_ignored() {
        let mut sent = Sent::new();
        assert!(!take(&[], &mut sent).unwrap());
        assert!(!take(&[1; 7], &mut sent).unwrap());
        let message = |length: u32, kind: u16| {
            let mut bytes = length.to_ne_bytes().to_vec();
            bytes.extend(kind.to_ne_bytes());
            bytes.resize(HEADER, 0);
            bytes
        };
        assert!(take(&message(16, NLMSG_DONE), &mut sent).unwrap());
        for wrong in [message(16, NLMSG_ERROR), message(3, 20), message(99, 20)] {
            assert!(take(&wrong, &mut sent).is_err());
        }
        assert!(!take(&message(16, SOCK_DIAG_BY_FAMILY), &mut sent).unwrap());
        let mut without_info = vec![0; MESSAGE];
        without_info.extend([0, 0, 9, 9]);
        assert_eq!(socket(&without_info), None);
        assert!(sent.is_empty());
    }
}
