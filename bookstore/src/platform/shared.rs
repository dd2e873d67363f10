//! Answers that cost much and change nothing, such as audits: worked out once at a time, however many
//! ask, and kept for a time, or for as long as they took to work out, so that asking again and again costs
//! the database half of the time at most. Caches such as `moka` keep for a fixed time only.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use tokio::{sync::Mutex, time::Instant};

use crate::platform::Error;

#[derive(Debug)]
pub(crate) struct Shared<T> {
    last: Mutex<Option<Kept<T>>>,
    /// For how long an answer is kept, if not for as long as it took.
    kept_for: Option<Duration>,
}

#[derive(Debug)]
struct Kept<T> {
    begun: Instant,
    until: Instant,
    answer: T,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self {
            last: Mutex::new(None),
            kept_for: None,
        }
    }
}

impl<T: Clone> Shared<T> {
    pub(crate) fn kept_for(time: Duration) -> Self {
        Self {
            kept_for: Some(time),
            ..Self::default()
        }
    }

    /// What is kept, or else what the work finds. A fresh answer was begun after the question.
    pub(crate) async fn get(
        &self,
        wants_fresh: bool,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let asked = Instant::now();
        let mut last = self.last.lock().await;
        if let Some(kept) = last.as_ref()
            && kept.answers(asked, wants_fresh)
        {
            return Ok(kept.answer.clone());
        }
        let begun = Instant::now();
        let answer = work.await?;
        let ended = Instant::now();
        *last = Some(Kept {
            begun,
            until: ended + self.kept_for.unwrap_or(ended - begun),
            answer: answer.clone(),
        });
        Ok(answer)
    }
}

impl<T> Kept<T> {
    /// Whether it may answer a question that was asked at this moment.
    fn answers(&self, asked: Instant, wants_fresh: bool) -> bool {
        self.begun >= asked || (!wants_fresh && asked < self.until)
    }
}

/// Whether a client wants no answer that was kept.
pub(crate) fn wants_fresh(headers: &HeaderMap) -> bool {
    let values = headers.get_all(header::CACHE_CONTROL).iter();
    let mut directives = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    directives.any(|directive| directive.trim().eq_ignore_ascii_case("no-cache"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_kept_for_a_while_and_a_fresh_one_for_those_who_waited() {
        let (begun, moment) = (Instant::now(), Duration::from_millis(1));
        let until = begun + Duration::from_secs(3);
        let kept = Kept {
            begun,
            until,
            answer: (),
        };
        for (asked, any, fresh) in [
            (begun - moment, true, true),
            (begun + moment, true, false),
            (until - moment, true, false),
            (until, false, false),
        ] {
            assert_eq!(kept.answers(asked, false), any);
            assert_eq!(kept.answers(asked, true), fresh);
        }
    }

    #[test]
    fn whoever_wants_a_fresh_answer_says_so_as_in_http() {
        let says = |value: &str| {
            let pair = (header::CACHE_CONTROL, value.try_into().unwrap());
            wants_fresh(&HeaderMap::from_iter([pair]))
        };
        assert!(says("no-cache"));
        assert!(says("max-age=0, No-Cache"));
        assert!(!says("max-age=0"));
        assert!(!wants_fresh(&HeaderMap::new()));
    }
}
