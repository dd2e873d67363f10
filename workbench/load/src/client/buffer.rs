//! The read buffer of responses.

use std::cell::Cell;
use std::mem;

/// Size of a new buffer.
const SMALLEST: usize = 1 << 12;
/// Size of the reads of a long body. A head that does not fit gets more room.
const USUAL_MOST: usize = 1 << 16;

thread_local! {
    /// The memory of the buffer that was released last. Users of one thread share it, since a waiting user needs none.
    static SPARE: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Bytes that were received and not consumed yet, with consumed ones before them.
#[derive(Debug, Default)]
pub(super) struct Buffer {
    bytes: Vec<u8>,
    start: usize,
    end: usize,
}

impl Buffer {
    pub(super) fn clear(&mut self) {
        (self.start, self.end) = (0, 0);
    }

    pub(super) fn filled(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Removes bytes from the front.
    pub(super) fn consume(&mut self, length: usize) {
        self.start += length;
        if self.start == self.end {
            self.clear();
        }
    }

    /// Leaves its memory to the next buffer of this thread that needs some, unless there are bytes in it.
    pub(super) fn release(&mut self) {
        if self.start == self.end {
            self.clear();
            let bytes = mem::take(&mut self.bytes);
            // The memory of a long head is freed.
            if (1..=USUAL_MOST).contains(&bytes.len()) {
                SPARE.set(bytes);
            }
        }
    }

    /// Where the next bytes are read into; never empty.
    ///
    /// It doubles after a read that filled it: up to a limit for bodies, which are consumed as they arrive, and without
    /// a limit for heads, which must be complete.
    pub(super) fn room(&mut self) -> &mut [u8] {
        if self.bytes.is_empty() {
            self.bytes = SPARE.take();
        }
        if self.start > 0 && self.end == self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        if self.end == self.bytes.len() {
            let length = (2 * self.bytes.len()).max(SMALLEST);
            self.bytes.resize(length, 0);
        }
        &mut self.bytes[self.end..]
    }

    /// Notes that `length` bytes were read into the room.
    pub(super) fn add(&mut self, length: usize) {
        self.end += length;
        // A read that filled all there was will be followed by more.
        if self.end == self.bytes.len() && self.bytes.len() < USUAL_MOST {
            self.bytes.resize(2 * self.bytes.len(), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unconsumed_bytes_stay_before_new_ones() {
        let mut buffer = Buffer::default();
        let mut expected = Vec::new();
        for round in 0..100_000_u32 {
            let room = buffer.room();
            let length = room.len().min(1 + round as usize % 977);
            for (place, byte) in room[..length].iter_mut().enumerate() {
                *byte = (round as usize + place) as u8;
            }
            expected.extend_from_slice(&room[..length]);
            buffer.add(length);
            let taken = expected.len().min(round as usize % 991);
            assert_eq!(buffer.filled(), expected);
            buffer.consume(taken);
            expected.drain(..taken);
        }
    }

    #[test]
    fn only_buffers_with_bytes_in_them_keep_memory_of_their_own() {
        let mut waiting: Vec<Buffer> = (0..3).map(|_| Buffer::default()).collect();
        for (number, buffer) in (0_u8..).zip(&mut waiting) {
            buffer.room()[0] = number;
            buffer.add(1);
            buffer.release();
        }
        for (number, buffer) in (0_u8..).zip(&mut waiting) {
            assert_eq!(buffer.filled(), [number]);
            buffer.consume(1);
            buffer.release();
        }
        let kept = waiting.iter().map(|buffer| buffer.bytes.capacity());
        assert_eq!(kept.sum::<usize>(), 0);
        let spare = SPARE.take();
        assert_eq!(spare.len(), SMALLEST);
        SPARE.set(spare);
        assert_eq!(waiting[0].room().len(), SMALLEST);
        assert_eq!(SPARE.take().len(), 0);
    }

    #[test]
    fn a_long_body_does_not_enlarge_the_buffer_beyond_the_size_of_a_read() {
        let mut buffer = Buffer::default();
        for _ in 0..100 {
            let length = buffer.room().len();
            buffer.add(length);
            let filled = buffer.filled().len();
            buffer.consume(filled);
        }
        assert_eq!(buffer.bytes.len(), USUAL_MOST);
    }
}
