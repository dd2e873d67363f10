//! Arrivals, compared with their formulas.

use proptest::prelude::*;

use super::*;
use crate::plan::{Load, Rate, RateUnit};

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn stream(rate: f64, ramp_up: f64, steps: Option<u32>, hold: f64, gaps: Gaps) -> ScheduledArrivals {
    let load = Load::Arrivals(Arrivals {
        rate: Rate {
            count: rate,
            unit: RateUnit::Second,
        },
        ramp_up: seconds(ramp_up),
        steps,
        hold: seconds(hold),
        gaps,
        max_users: 1,
    });
    load.schedule().arrivals()[0].clone()
}

fn times(stream: &ScheduledArrivals, seed: u64) -> Vec<f64> {
    stream
        .times(seed, 0)
        .map(|arrival| arrival.at.as_secs_f64())
        .collect()
}

#[test]
fn a_constant_rate_with_even_gaps_arrives_at_multiples_of_the_gap() {
    let stream = stream(500.0, 0.0, None, 10.0, Gaps::Even);
    let at: Vec<Duration> = stream.times(1, 0).map(|arrival| arrival.at).collect();
    assert_eq!(at.len(), 5_000);
    for (number, at) in (0..).zip(at) {
        assert_eq!(at, Duration::from_millis(2) * number);
    }
}

/// The rate of a ramp from 0 is r·t/R, so that Λ(t) = r·t²/2R, and arrival k comes at √(2·R·k/r).
#[test]
fn a_ramp_arrives_at_the_roots_of_its_parabola() {
    let arrived = times(&stream(100.0, 8.0, None, 2.0, Gaps::Even), 1);
    assert_eq!(arrived.len(), 600);
    for (number, at) in arrived.iter().enumerate() {
        let wanted = if number <= 400 {
            (2.0 * 8.0 * number as f64 / 100.0).sqrt()
        } else {
            8.0 + (number as f64 - 400.0) / 100.0
        };
        assert!((at - wanted).abs() < 2e-9, "{number}: {at} {wanted}");
    }
}

#[test]
fn steps_have_equal_lengths_and_the_last_has_the_full_rate() {
    let stream = stream(40.0, 4.0, Some(4), 1.0, Gaps::Even);
    let rates = [0.0, 0.999, 1.0, 2.5, 3.0, 4.5, 5.0].map(|time| stream.rate_at(seconds(time)));
    assert_eq!(rates, [10.0, 10.0, 20.0, 30.0, 40.0, 40.0, 0.0]);
    assert_eq!(stream.ramped_up(), seconds(3.0));
    let in_second = |second: f64| {
        let arrived = times(&stream, 1).into_iter();
        arrived
            .filter(|at| (second..second + 1.0).contains(at))
            .count()
    };
    assert_eq!(
        [0.0, 1.0, 2.0, 3.0, 4.0].map(in_second),
        [10, 20, 30, 40, 40]
    );
    assert_eq!(stream.expected(), 140.0);
}

/// Under the time change Λ, a Poisson process of any rate has exponential gaps of rate 1: mean 1, variance 1, and a
/// share of 1/e above 1.
#[test]
fn exponential_gaps_are_unit_exponential_on_the_scale_of_expected_arrivals() {
    let stream = stream(1_000.0, 50.0, None, 75.0, Gaps::Exponential);
    let expected: Vec<f64> = stream
        .times(7, 0)
        .map(|arrival| stream.expected_by(arrival.at))
        .collect();
    let count = expected.len() as f64;
    assert!(
        (count - 100_000.0).abs() < 5.0 * 100_000_f64.sqrt(),
        "{count}"
    );
    let gaps: Vec<f64> = expected.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let mean = gaps.iter().sum::<f64>() / gaps.len() as f64;
    let variance = gaps.iter().map(|gap| (gap - mean).powi(2)).sum::<f64>() / gaps.len() as f64;
    let longer = gaps.iter().filter(|gap| **gap > 1.0).count() as f64 / gaps.len() as f64;
    // Standard errors: 1/√n, √8/√n and √(e⁻¹(1 − e⁻¹))/√n.
    assert!((mean - 1.0).abs() < 5.0 / count.sqrt(), "{mean}");
    assert!(
        (variance - 1.0).abs() < 5.0 * (8.0 / count).sqrt(),
        "{variance}"
    );
    assert!(
        (longer - 1.0 / std::f64::consts::E).abs() < 5.0 * 0.483 / count.sqrt(),
        "{longer}"
    );
}

#[test]
fn the_same_seed_gives_the_same_arrivals_and_another_gives_others() {
    let stream = stream(100.0, 1.0, None, 1.0, Gaps::Exponential);
    assert_eq!(times(&stream, 1), times(&stream, 1));
    assert_ne!(times(&stream, 1), times(&stream, 2));
    let other: Vec<_> = stream
        .times(1, 1)
        .map(|arrival| arrival.at.as_secs_f64())
        .collect();
    assert_ne!(times(&stream, 1), other);
}

proptest! {
    #[test]
    fn the_inverse_undoes_the_integral_of_the_rate(
        rate in 0.01_f64..10_000.0,
        ramp_up in 0.0_f64..100.0,
        steps in prop::option::of(1_u32..50),
        hold in 0.01_f64..100.0,
        share in 0.0_f64..1.0,
    ) {
        let steps = steps.filter(|_| ramp_up > 0.0);
        let stream = stream(rate, ramp_up, steps, hold, Gaps::Even);
        let expected = share * stream.expected();
        let time = stream.time_of(expected);
        prop_assert!(time <= stream.end().as_secs_f64() + 1e-6);
        let back = stream.expected_by(Duration::from_secs_f64(time));
        prop_assert!((back - expected).abs() <= 1e-6 * (1.0 + expected), "{} {}", back, expected);
    }

    #[test]
    fn even_arrivals_are_as_many_as_expected_in_order_and_before_the_end(
        rate in 0.5_f64..2_000.0,
        ramp_up in 0.0_f64..5.0,
        hold in 0.1_f64..5.0,
    ) {
        let stream = stream(rate, ramp_up, None, hold, Gaps::Even);
        let arrived = times(&stream, 1);
        prop_assert!((arrived.len() as f64 - stream.expected()).abs() <= 1.0 + 1e-6);
        prop_assert!(arrived.is_sorted());
        prop_assert!(arrived.iter().all(|at| *at < stream.end().as_secs_f64()));
    }
}
