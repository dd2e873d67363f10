//! Gaps without a response while several users waited.

use super::Window;

/// Instants at which requests ended in the window of the steady part, in memory that depends on its length alone.
///
/// The window is cut into slots. Of each slot the first and the last response are kept, so that every gap longer than a
/// slot is known to the nanosecond.
pub(super) struct ResponseGaps {
    from: i64,
    to: i64,
    slot_ns: i64,
    /// The last one holds what ended after the window.
    slots: Vec<Slot>,
    /// Responses in the window.
    count: u64,
    /// The slot that was hit last, and the instants that belong to it.
    recent: (usize, std::ops::Range<i64>),
}

#[derive(Clone, Copy)]
struct Slot {
    first_answer: i64,
    last_answer: i64,
    /// The two earliest starts of the requests that ended in this slot, answered or not, ascending.
    earliest_starts: [i64; 2],
}

/// A time without a response while two or more requests waited, or were refused. A single waiting request does not show
/// that others would have waited, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gap {
    /// UTC nanoseconds.
    pub(crate) from: i64,
    pub(crate) length_ns: i64,
}

/// All gaps longer than `resolution_ns`, in order of time.
pub(crate) struct Waits {
    pub(crate) gaps: Vec<Gap>,
    pub(crate) resolution_ns: i64,
    /// Time without an answer during which fewer than two requests waited.
    pub(crate) idle_ns: i64,
    /// Responses in the window.
    pub(crate) answers: u64,
}

/// Shortest slot: a tenth of the shortest stall, see [`crate::steady::stalls`].
const FINEST_SLOT_NS: i64 = 10_000_000;
/// 8 MB; windows of more than 44 minutes have longer slots.
const MOST_SLOTS: i64 = 1 << 18;

impl Slot {
    const EMPTY: Self = Self {
        first_answer: i64::MAX,
        last_answer: i64::MIN,
        earliest_starts: [i64::MAX; 2],
    };

    fn merge(&mut self, other: &Self) {
        self.first_answer = self.first_answer.min(other.first_answer);
        self.last_answer = self.last_answer.max(other.last_answer);
        for start in other.earliest_starts {
            self.add_start(start);
        }
    }

    fn add_start(&mut self, start: i64) {
        let [first, second] = self.earliest_starts;
        self.earliest_starts = [first.min(start), second.min(first.max(start))];
    }
}

impl ResponseGaps {
    /// Without a window nothing is kept.
    pub(super) fn new(window: Option<Window>) -> Self {
        let Window { from, to } = window.unwrap_or(Window { from: 0, to: 0 });
        let slot_ns = FINEST_SLOT_NS.max((to - from) / MOST_SLOTS + 1);
        let slots = match window {
            Some(_) => vec![Slot::EMPTY; ((to - from) / slot_ns) as usize + 2],
            None => Vec::new(),
        };
        Self {
            from,
            to,
            slot_ns,
            slots,
            count: 0,
            recent: (0, 0..0),
        }
    }

    /// Adds a request; `answered` if a whole response was received, whatever its status.
    pub(super) fn add(&mut self, start: i64, end: i64, answered: bool) {
        if end <= self.from || self.slots.is_empty() {
            return;
        }
        // In order of time the slot seldom changes, and a division takes longer than the rest.
        if !self.recent.1.contains(&end) {
            self.recent = self.slot_of(end);
        }
        let slot = &mut self.slots[self.recent.0];
        slot.add_start(start);
        if answered {
            self.count += u64::from(end <= self.to);
            slot.first_answer = slot.first_answer.min(end);
            slot.last_answer = slot.last_answer.max(end);
        }
    }

    fn slot_of(&self, end: i64) -> (usize, std::ops::Range<i64>) {
        if end > self.to {
            return (self.slots.len() - 1, self.to + 1..i64::MAX);
        }
        let number = (end - self.from) / self.slot_ns;
        let from = self.from + number * self.slot_ns;
        let until = (from + self.slot_ns).min(self.to + 1);
        (number as usize, from..until)
    }

    /// Merges both, which must have the same window.
    pub(super) fn merge(&mut self, other: &Self) {
        for (slot, more) in self.slots.iter_mut().zip(&other.slots) {
            slot.merge(more);
        }
        self.count += other.count;
    }

    /// The gaps up to `until`, the end of the window, which may be earlier than initially known.
    pub(super) fn waits(&self, until: i64) -> Waits {
        // For the requests that end in each slot or later: two of them wait from the second start on.
        let mut waiting_since = vec![i64::MAX; self.slots.len()];
        let mut later = Slot::EMPTY;
        for (since, slot) in waiting_since.iter_mut().zip(&self.slots).rev() {
            later.merge(slot);
            *since = later.earliest_starts[1];
        }
        let mut waits = Waits {
            gaps: Vec::new(),
            resolution_ns: self.slot_ns,
            idle_ns: 0,
            answers: self.count,
        };
        let mut gap = |from: i64, to: i64, later: usize| {
            if to - from <= self.slot_ns {
                return;
            }
            let since = waiting_since.get(later).copied().unwrap_or(i64::MAX);
            let waited_from = since.clamp(from, to);
            waits.idle_ns += waited_from - from;
            let length_ns = to - waited_from;
            if length_ns > self.slot_ns {
                waits.gaps.push(Gap {
                    from: waited_from,
                    length_ns,
                });
            }
        };
        let (mut answered, mut later) = (self.from, 0);
        let slots = self.slots.split_last().map_or(&[][..], |(_, slots)| slots);
        for (place, slot) in slots.iter().enumerate() {
            if slot.first_answer != i64::MAX {
                gap(answered, slot.first_answer, later);
                (answered, later) = (slot.last_answer, place + 1);
            }
        }
        gap(answered, until, later);
        waits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: i64 = 1_000_000;

    fn answers(requests: &[(i64, i64, bool)]) -> ResponseGaps {
        let mut answers = ResponseGaps::new(Some(Window {
            from: 0,
            to: 1_000 * MS,
        }));
        for (start, end, answered) in requests {
            answers.add(start * MS, end * MS, *answered);
        }
        answers
    }

    fn gaps(requests: &[(i64, i64, bool)]) -> Vec<(i64, i64)> {
        let waits = answers(requests).waits(1_000 * MS);
        let gaps = waits.gaps.iter();
        gaps.map(|gap| (gap.from / MS, gap.length_ns / MS))
            .collect()
    }

    #[test]
    fn a_gap_lasts_from_one_answer_to_the_next_and_to_the_ends_of_the_window() {
        let requests = [
            (-5, 203, true),
            (0, 209, true),
            (0, 555, true),
            (1, 556, true),
            (699, 1_200, true),
            (700, 1_201, true),
        ];
        assert_eq!(gaps(&requests), [(0, 203), (209, 346), (700, 300)]);
    }

    #[test]
    fn while_fewer_than_two_requests_wait_there_is_no_gap() {
        let requests = [
            (0, 5, true),
            (0, 5, true),
            (300, 420, true),
            (400, 421, true),
            (600, 905, true),
        ];
        let waits = answers(&requests).waits(1_000 * MS);
        assert_eq!(gaps(&requests), [(400, 20)]);
        assert_eq!(waits.idle_ns, (395 + 484 + 95) * MS);
        assert_eq!(waits.answers, 5);
    }

    #[test]
    fn refused_connections_are_no_responses_and_count_as_waiting() {
        let mut requests = vec![(0, 5, true)];
        requests.extend((10..500).map(|ms| (ms, ms + 1, false)));
        requests.push((500, 505, true));
        assert_eq!(gaps(&requests), [(11, 494)]);
    }

    #[test]
    fn the_order_of_parts_does_not_affect_gaps() {
        let requests: Vec<_> = (0..90_i64)
            .map(|i| (11 * i, 11 * i + 7 + i * i % 41, i % 7 != 0))
            .collect();
        let mut whole = answers(&requests[60..]);
        whole.merge(&answers(&requests[..60]));
        let waits = whole.waits(1_000 * MS);
        let found: Vec<_> = waits
            .gaps
            .iter()
            .map(|gap| (gap.from / MS, gap.length_ns / MS))
            .collect();
        assert_eq!(found, gaps(&requests));
    }

    #[test]
    fn a_long_window_has_no_more_slots_than_a_short_one() {
        let week = 7 * 24 * 3_600_000 * MS;
        let mut answers = ResponseGaps::new(Some(Window { from: 0, to: week }));
        assert!(answers.slots.len() as i64 <= MOST_SLOTS + 2);
        answers.add(0, week / 2, true);
        answers.add(0, week, true);
        answers.add(0, week, true);
        let lengths: Vec<_> = answers
            .waits(week)
            .gaps
            .iter()
            .map(|it| it.length_ns)
            .collect();
        assert_eq!(lengths, [week / 2, week - week / 2]);
    }
}
