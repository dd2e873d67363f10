//! Damaged Parquet files, on which the library that reads them may panic.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

use polars_core::prelude::{PolarsError, PolarsResult};

thread_local! {
    static READING: Cell<bool> = const { Cell::new(false) };
}

/// Reads a Parquet file; a panic on the way is an error that says the file is damaged, and nothing is printed of it.
pub(crate) fn guarded<T>(read: impl FnOnce() -> PolarsResult<T>) -> PolarsResult<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let shown = take_hook();
        set_hook(Box::new(move |panic| {
            if !READING.with(Cell::get) {
                shown(panic);
            }
        }));
    });
    let before = READING.replace(true);
    let done = catch_unwind(AssertUnwindSafe(read));
    READING.set(before);
    done.unwrap_or_else(|_| {
        Err(PolarsError::ComputeError(
            "what it says of itself contradicts what is in it".into(),
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_while_reading_is_an_error() {
        let read: PolarsResult<()> = guarded(|| panic!("index out of bounds"));
        assert!(read.unwrap_err().to_string().contains("contradicts"));
        assert_eq!(guarded(|| Ok(7)).unwrap(), 7);
    }
}
