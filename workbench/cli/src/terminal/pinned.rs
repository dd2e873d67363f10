//! Lines that stay below all output to stderr.

use std::io::Write;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

/// Clears from the cursor to the end of the line, and to the end of the screen.
const CLEAR_LINE: &str = "\x1b[K";
const CLEAR_BELOW: &str = "\x1b[J";

/// The lines that are shown now. The cursor is at the beginning of the line below them.
static PINNED: Mutex<Vec<String>> = Mutex::new(Vec::new());

pub(super) fn write(text: &str) {
    let pinned = lock();
    if pinned.is_empty() {
        put(text);
    } else {
        let below = drawn(&pinned);
        put(&format!(
            "{}{CLEAR_BELOW}{text}{below}",
            up(&pinned, columns())
        ));
    }
}

pub(super) fn replace(lines: Vec<String>) {
    let mut pinned = lock();
    if pinned.is_empty() && lines.is_empty() {
        return;
    }
    leave_room_for_panics();
    put(&format!(
        "{}{}{CLEAR_BELOW}",
        up(&pinned, columns()),
        drawn(&lines)
    ));
    *pinned = lines;
}

/// The message of a panic bypasses this module, and would overwrite the lines.
fn leave_room_for_panics() {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            // Another thread may hold the lock while it waits for the terminal.
            if let Ok(mut pinned) = PINNED.try_lock() {
                put(&format!("{}{CLEAR_BELOW}", up(&pinned, columns())));
                pinned.clear();
            }
            before(panic);
        }));
    });
}

fn lock() -> MutexGuard<'static, Vec<String>> {
    PINNED.lock().unwrap_or_else(PoisonError::into_inner)
}

fn columns() -> usize {
    console::Term::stderr().size().1.into()
}

/// Moves the cursor to the beginning of the first line. A terminal that has become narrower shows lines in several rows.
fn up(lines: &[String], columns: usize) -> String {
    let rows = lines.iter().map(|line| {
        let width = console::measure_text_width(line);
        width.div_ceil(columns.max(1)).max(1)
    });
    match rows.sum::<usize>() {
        0 => String::new(),
        rows => format!("\r\x1b[{rows}A"),
    }
}

fn drawn(lines: &[String]) -> String {
    let lines = lines.iter().map(|line| format!("{line}{CLEAR_LINE}\n"));
    lines.collect()
}

/// Written at once, so that no terminal shows a part of it. Errors are ignored: a closed reader must not end a run.
fn put(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_are_wider_than_the_terminal_take_several_rows() {
        let lines = ["12345".to_owned(), "\x1b[31m1234567890\x1b[0m".to_owned()];
        assert_eq!(up(&lines, 10), "\r\x1b[2A");
        assert_eq!(up(&lines, 9), "\r\x1b[3A");
        assert_eq!(up(&lines, 4), "\r\x1b[5A");
        assert_eq!(up(&[], 80), "");
        assert_eq!(up(&[String::new()], 80), "\r\x1b[1A");
    }
}
