//! Arrivals, compared with their formulas.

use proptest::prelude::*;

use super::*;
use crate::plan::{Rate, RateUnit};

fn seconds(seconds: f64) -> Duration {
    Duration::from_secs_f64(seconds)
}

fn rate(count: f64) -> Rate {
    Rate {
        count,
        unit: RateUnit::Second,
    }
}

/// A change from one rate to another, in arrivals a second and seconds, and a hold.
fn stage(from: f64, to: f64, ramp: f64, steps: Option<u32>, hold: f64) -> Stage {
    Stage {
        from: rate(from),
        rate: rate(to),
        ramp: seconds(ramp),
        steps,
        hold: seconds(hold),
    }
}

fn staged(stages: Vec<Stage>, gaps: Gaps) -> ScheduledArrivals {
    let arrivals = Arrivals {
        stages,
        gaps,
        max_users: 1,
    };
    arrivals.schedule()
}

fn stream(rate: f64, ramp_up: f64, steps: Option<u32>, hold: f64, gaps: Gaps) -> ScheduledArrivals {
    let from = if ramp_up > 0.0 { 0.0 } else { rate };
    staged(vec![stage(from, rate, ramp_up, steps, hold)], gaps)
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

/// Up to 40, a pause, up to 100 in a ramp from 20, down to 10 in steps, and to nothing.
fn course() -> Vec<Stage> {
    vec![
        stage(0.0, 40.0, 4.0, None, 3.0),
        stage(0.0, 0.0, 0.0, None, 5.0),
        stage(20.0, 100.0, 2.0, None, 6.0),
        stage(100.0, 10.0, 6.0, Some(3), 0.0),
        stage(10.0, 0.0, 3.0, None, 0.0),
    ]
}

/// ∫ of `course` until a time, written out stretch by stretch.
fn integral(time: f64) -> f64 {
    let within = |from: f64, length: f64| (time - from).clamp(0.0, length);
    let ramp = |from: f64, length: f64, rate: f64, to: f64| {
        let time = within(from, length);
        rate * time + (to - rate) / length * time * time / 2.0
    };
    ramp(0.0, 4.0, 0.0, 40.0)
        + 40.0 * within(4.0, 3.0)
        + ramp(12.0, 2.0, 20.0, 100.0)
        + 100.0 * within(14.0, 6.0)
        + 70.0 * within(20.0, 2.0)
        + 40.0 * within(22.0, 2.0)
        + 10.0 * within(24.0, 2.0)
        + ramp(26.0, 3.0, 10.0, 0.0)
}

fn counts(arrived: &[f64], second: f64) -> usize {
    let in_second = |at: &&f64| (second..second + 1.0).contains(*at);
    arrived.iter().filter(in_second).count()
}

#[test]
fn even_arrivals_of_stages_are_in_each_second_those_of_the_integral() {
    let stream = staged(course(), Gaps::Even);
    let arrived = times(&stream, 1);
    assert_eq!(stream.end(), seconds(29.0));
    assert_eq!(arrived.len(), integral(29.0).ceil() as usize);
    for second in 0..29 {
        let second = f64::from(second);
        // Arrival k is in [a, b) if the integral is k at a time in it.
        let wanted = integral(second + 1.0).ceil() - integral(second).ceil();
        assert_eq!(counts(&arrived, second) as f64, wanted, "second {second}");
        let by = stream.expected_by(seconds(second + 0.5));
        assert!((by - integral(second + 0.5)).abs() < 1e-9, "{second}: {by}");
    }
}

/// Pearson's χ² of the counts of seconds summed over seeds has mean and variance of a χ² with as many degrees of freedom
/// as seconds with arrivals.
#[test]
fn exponential_arrivals_of_stages_are_in_each_second_poisson_with_the_mean_of_the_integral() {
    let stream = staged(course(), Gaps::Exponential);
    let seeds = 400;
    let mut sums = [0_usize; 29];
    for seed in 0..seeds {
        let arrived = times(&stream, seed);
        for (second, sum) in sums.iter_mut().enumerate() {
            *sum += counts(&arrived, second as f64);
        }
    }
    let mut squares = 0.0;
    let mut seconds = 0.0;
    for (second, sum) in sums.iter().enumerate() {
        let second = second as f64;
        let mean = seeds as f64 * (integral(second + 1.0) - integral(second));
        if mean == 0.0 {
            assert_eq!(*sum, 0, "second {second}");
            continue;
        }
        squares += (*sum as f64 - mean).powi(2) / mean;
        seconds += 1.0;
    }
    let off = (squares - seconds) / f64::sqrt(2.0 * seconds);
    assert!(off.abs() < 4.0, "χ² {squares} of {seconds}");
}

/// All that are due at the beginning of a pause come after it.
#[test]
fn nothing_arrives_in_a_pause() {
    for rate in [0.1, 1.0 / 3.0, 7.0, 1_234.5] {
        let stages = vec![
            stage(0.0, rate, 1.7, None, 30.0),
            stage(0.0, 0.0, 0.0, None, 10.0),
            stage(rate, rate, 0.0, None, 20.0),
        ];
        for gaps in [Gaps::Even, Gaps::Exponential] {
            let arrived = times(&staged(stages.clone(), gaps), 1);
            assert!(
                !arrived.iter().any(|at| (31.7..41.7).contains(at)),
                "{rate}"
            );
            assert!(arrived.iter().any(|at| *at >= 41.7), "{rate}");
        }
    }
}

#[test]
fn the_last_rise_and_what_falls_after_it_bound_the_hold() {
    let bounds = |stages: Vec<Stage>| {
        let stream = staged(stages, Gaps::Even);
        let rise = stream.ramped_up();
        (
            rise.as_secs_f64(),
            stream.falls_after(rise).map(|at| at.as_secs_f64()),
        )
    };
    assert_eq!(bounds(course()), (14.0, Some(20.0)));
    // A spike, steps up, a fall at once, a rate that stays, one that falls from the beginning.
    let spike = vec![
        stage(10.0, 10.0, 0.0, None, 20.0),
        stage(90.0, 90.0, 0.0, None, 5.0),
        stage(10.0, 10.0, 0.0, None, 20.0),
    ];
    assert_eq!(bounds(spike), (20.0, Some(25.0)));
    let steps = vec![stage(0.0, 90.0, 9.0, Some(3), 4.0)];
    assert_eq!(bounds(steps), (6.0, Some(13.0)));
    let triangle = vec![
        stage(0.0, 90.0, 9.0, None, 0.0),
        stage(90.0, 0.0, 9.0, None, 0.0),
    ];
    assert_eq!(bounds(triangle), (9.0, Some(9.0)));
    let same = vec![
        stage(0.0, 90.0, 9.0, None, 1.0),
        stage(90.0, 90.0, 5.0, None, 1.0),
    ];
    assert_eq!(bounds(same), (9.0, Some(16.0)));
    let falling = vec![stage(90.0, 10.0, 9.0, None, 1.0)];
    assert_eq!(bounds(falling), (0.0, Some(0.0)));
    let stream = staged(course(), Gaps::Even);
    let after = [12.0, 20.0, 21.0, 26.0, 28.5, 29.0].map(|time| stream.falls_after(seconds(time)));
    let wanted = [
        Some(20.0),
        Some(20.0),
        Some(21.0),
        Some(26.0),
        Some(28.5),
        None,
    ];
    assert_eq!(after, wanted.map(|it| it.map(seconds)));
}

prop_compose! {
    fn any_stage()(
        from in 0.0_f64..500.0,
        to in prop_oneof![Just(0.0), 0.01_f64..2_000.0],
        ramp in 0.0_f64..20.0,
        steps in prop::option::of(1_u32..9),
        hold in 0.01_f64..20.0,
    ) -> Stage {
        if ramp < 1.0 {
            return stage(to, to, 0.0, None, hold);
        }
        stage(from, to, ramp, steps, hold)
    }
}

proptest! {
    #[test]
    fn the_inverse_undoes_the_integral_of_the_rates_of_stages(
        stages in prop::collection::vec(any_stage(), 1..6),
        share in 0.0_f64..1.0,
    ) {
        let stream = staged(stages, Gaps::Even);
        let expected = share * stream.expected();
        prop_assume!(expected > 0.0);
        let time = stream.time_of(expected);
        prop_assert!(time <= stream.end().as_secs_f64() + 1e-6);
        let back = stream.expected_by(Duration::from_secs_f64(time));
        prop_assert!((back - expected).abs() <= 1e-6 * (1.0 + expected), "{} {}", back, expected);
        let arrived = times(&stream, 1);
        prop_assert!((arrived.len() as f64 - stream.expected()).abs() <= 1.0 + 1e-6);
        prop_assert!(arrived.is_sorted());
    }

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
