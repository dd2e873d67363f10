//! The binomial distribution, at any number of trials.

use super::beta::{Tails, incomplete_beta};

/// P(X ≤ `successes`) and P(X > `successes`) for a binomial X.
pub(crate) fn binomial_tails(successes: usize, trials: usize, probability: f64) -> Tails {
    if successes >= trials {
        return Tails::of_upper(0.0);
    }
    let more = incomplete_beta(
        successes as f64 + 1.0,
        (trials - successes) as f64,
        probability,
        1.0 - probability,
    );
    Tails {
        lower: more.upper,
        upper: more.lower,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relative(found: f64, expected: f64) -> f64 {
        (found / expected - 1.0).abs()
    }

    #[test]
    fn binomial_tails_add_the_probabilities_up() {
        let tails = binomial_tails(1, 10, 0.5);

        assert!(relative(tails.lower, 11.0 / 1024.0) < 1e-13, "{tails:?}");
        assert!(relative(tails.upper, 1013.0 / 1024.0) < 1e-13, "{tails:?}");
        assert_eq!(binomial_tails(10, 10, 0.5).upper, 0.0);
    }
}
