//! Statistics within one run.

use crate::simulations::within::{self, Information};
use crate::{assert_at_least, assert_lands};

#[test]
fn batch_means_cover_the_mean_of_autocorrelated_series() {
    for (phi, count) in [(0.0, 200), (0.0, 5000), (0.5, 5000), (0.9, 20_000)] {
        let found = within::coverage_of_the_mean(phi, count, 400, 5);

        assert_lands(found.covered, 0.95, 0.0, &format!("{phi}, {count} values"));
        // A variance from 30 batches has a relative standard error of √(2/29).
        let error = (2.0 / 29.0 / 400.0_f64).sqrt();
        assert!((found.variance - 1.0).abs() < 3.0 * error, "{found:?}");
        assert!(
            (found.observed_variance - 1.0).abs() < 3.0 * (2.0 / 400.0_f64).sqrt(),
            "{found:?}"
        );
        let theory = (1.0 + phi) / (1.0 - phi);
        assert!(
            (found.factor / theory - 1.0).abs() < 3.0 * error,
            "{found:?}"
        );
        assert!(found.refused.rate() < 0.02, "{found:?}");
    }
}

#[test]
fn quantile_intervals_cover_where_dependence_is_accounted_for_and_not_where_it_is_not() {
    for quantile in [(0.5, 0.0), (0.95, 1.644_853_626_951_472_8)] {
        let cover = |phi: f64, information: Information| {
            within::coverage_of_a_quantile(quantile, phi, 5000, information, 400, 7)
        };

        assert_at_least(cover(0.0, Information::Independent), 0.95, "independent");
        assert!(cover(0.9, Information::Independent).rate() < 0.7);
        assert_at_least(cover(0.9, Information::OfTheMean), 0.95, "by the mean");
        // The estimate of τ is uncertain, which costs one percentage point.
        assert_at_least(
            cover(0.5, Information::OfTheQuantile),
            0.94,
            "by the quantile",
        );
    }
}

#[test]
fn warm_ups_are_cut_off_and_steady_series_are_left_alone() {
    let steady = within::warm_ups((0.0, 1.0), within::normal, 200, 3);
    assert!(
        steady.discarded < 20.0 && steady.unsteady.rate() < 0.02,
        "{steady:?}"
    );

    // After 4 relaxation times an excess of 20 is below the noise.
    let settling = within::warm_ups((20.0, 50.0), within::normal, 200, 3);
    assert!((150.0..250.0).contains(&settling.discarded), "{settling:?}");

    let drift = within::warm_ups((20.0, 1e4), within::normal, 200, 3);
    let passed = 1.0 - drift.unsteady.rate();
    assert!(passed * (1.0 - drift.refused.rate()) < 0.01, "{drift:?}");
}

#[test]
fn steady_runs_have_no_late_change_however_noisy_and_changed_ones_have() {
    let run = |requests, phi, sigma, level| within::Run {
        requests,
        phi,
        sigma,
        level,
    };
    for (name, level) in within::STEADY {
        for (requests, phi, sigma) in [(2_000, 0.9, 0.6), (5_000, 0.5, 0.6), (5_000, 0.0, 1.5)] {
            let found = within::late_changes(run(requests, phi, sigma, level), 100, 17);
            assert!(
                found.rate() <= 0.02,
                "{name}, {requests} requests, {phi}, {sigma}: {found}"
            );
        }
    }
    let (name, twice) = within::CHANGED[0];
    let found = within::late_changes(run(5_000, 0.5, 0.6, twice), 100, 19);
    assert!(found.rate() >= 0.98, "{name}: {found}");
}

#[test]
fn intervals_of_error_rates_cover_as_they_should() {
    for (requests, probability) in [(500, 0.02), (500, 0.3)] {
        let [wilson, exact] = within::coverage_of_an_error_rate(requests, probability, 2000, 11);

        // Wilson's coverage oscillates around its confidence as the probability changes.
        assert!((0.93..0.98).contains(&wilson.rate()), "{wilson}");
        assert_at_least(exact, 0.95, "Clopper and Pearson");
    }
    let alike = within::comparisons_of_error_rates(500, (0.05, 0.05), 2000, 13);
    assert!(
        (0.935..0.97).contains(&alike.difference.rate()),
        "{alike:?}"
    );
    assert!((0.935..0.97).contains(&alike.ratio.rate()), "{alike:?}");
    assert!(alike.fisher.rate() <= 0.05, "{alike:?}");
}

#[test]
fn intervals_of_error_rates_cover_bursts_of_failures_too() {
    let found = within::coverage_of_bursts(10_000, 0.05, 10.0, 400, 23);

    assert!(found.independent.rate() < 0.7, "{found:?}");
    assert_at_least(found.dependent, 0.94, "effective number of requests");
    assert!(found.refused.rate() < 0.05, "{found:?}");
}

#[test]
fn scalability_intervals_cover_the_law_behind_the_measurements() {
    let found = within::sweeps([100.0, 0.03, 5e-4], 10.0, 1000, 17);

    for rate in found.coefficients {
        assert_lands(rate, 0.95, 0.0, "coefficient");
    }
    assert_lands(found.peak, 0.95, 0.0, "peak");
    assert_eq!(found.found.hits, 1000);

    // Two-sided intervals of 95% are wholly above a true β of 0 in 2.5% of sweeps.
    let without = within::sweeps([100.0, 0.05, 0.0], 10.0, 1000, 19);
    assert_lands(without.found, 0.025, 0.0, "peak where there is none");
}
