use super::*;
use crate::random::{Random, random_for_user};

const N: usize = 100_000;

fn times(distribution: &Times) -> Vec<Duration> {
    let mut random = random_for_user(1, 1);
    (0..N).map(|_| distribution.draw(&mut random)).collect()
}

const MOMENT: Moment = Moment { turn: 0, utc_ns: 0 };

fn drawn(draw: &Draw, random: &mut Random, moment: Moment) -> Value {
    let mut values = [Value::Text(String::new())];
    draw.draw(random, moment, &mut values, 0);
    let [value] = values;
    value
}

fn integers(draw: &Draw, n: usize) -> Vec<i64> {
    let mut random = random_for_user(3, 1);
    let integers = (0..n).map(|_| match drawn(draw, &mut random, MOMENT) {
        Value::Integer(integer) => integer,
        other => panic!("drew {other:?}"),
    });
    integers.collect()
}

fn mean_seconds(times: &[Duration]) -> f64 {
    times.iter().map(Duration::as_secs_f64).sum::<f64>() / times.len() as f64
}

/// Expected values from an independent implementation in Python.
#[test]
fn draws_are_the_same_for_ever() {
    let product = Draw::Uniform(1, 100);
    assert_eq!(integers(&product, 8), [66, 84, 5, 62, 46, 74, 58, 35]);
    let choice = Draw::Choice([10, 20, 30].map(Value::Integer).to_vec());
    assert_eq!(integers(&choice, 8), [20, 30, 10, 20, 20, 30, 20, 20]);

    let mut random = random_for_user(3, 1);
    let (from, to) = (Duration::from_millis(100), Duration::from_millis(300));
    let drawn = [
        Times::Uniform(from, to).draw(&mut random),
        Times::Real(Real::Exponential(from.as_secs_f64())).draw(&mut random),
        Times::Choice(vec![from, to]).draw(&mut random),
    ];
    assert_eq!(
        drawn.map(|time| time.as_nanos()),
        [231_040_407, 182_282_391, 100_000_000]
    );
}

#[test]
fn constants_take_no_number_of_the_generator() {
    let mut random = random_for_user(3, 1);
    let time = Duration::from_secs(1);
    assert_eq!(Times::Constant(time).draw(&mut random), time);
    let seven = Draw::Constant(Value::Integer(7));
    assert_eq!(drawn(&seven, &mut random, MOMENT), Value::Integer(7));
    assert_eq!(random, random_for_user(3, 1));
}

#[test]
fn uniform_integers_take_every_value_equally_often() {
    let drawn = integers(&Draw::Uniform(-5, 4), N);
    let mut counts = [0_u32; 10];
    for value in drawn {
        counts[usize::try_from(value + 5).unwrap()] += 1;
    }
    // Binomial with n = 100 000 and p = 0.1: standard deviation 95.
    assert!(
        counts.iter().all(|&count| count.abs_diff(10_000) < 5 * 95),
        "{counts:?}"
    );
}

#[test]
fn uniform_integers_may_span_everything() {
    let drawn = integers(&Draw::Uniform(i64::MIN, i64::MAX), 100);
    assert!(drawn.iter().any(|&value| value < i64::MIN / 2));
    assert!(drawn.iter().any(|&value| value > i64::MAX / 2));
}

#[test]
fn uniform_times_stay_within_their_bounds_and_fill_them() {
    let (from, to) = (Duration::from_millis(100), Duration::from_millis(300));
    let drawn = times(&Times::Uniform(from, to));
    assert!(drawn.iter().all(|time| (from..=to).contains(time)));
    // Standard deviation of the mean: 0.2 s / √12 / √100 000 = 0.00018 s.
    assert!((mean_seconds(&drawn) - 0.2).abs() < 5.0 * 0.000_18);
}

#[test]
fn exponential_times_have_their_mean_and_their_median() {
    let mut drawn = times(&Times::Real(Real::Exponential(1.0)));
    assert!((mean_seconds(&drawn) - 1.0).abs() < 5.0 / (N as f64).sqrt());
    drawn.sort();
    assert!((drawn[N / 2].as_secs_f64() - std::f64::consts::LN_2).abs() < 0.02);
}

#[test]
fn a_drawn_text_reuses_the_memory_of_the_one_before() {
    let mut values = [Value::Text(String::with_capacity(64))];
    let address = |values: &[Value]| match &values[0] {
        Value::Text(text) => text.as_ptr(),
        other => panic!("{other:?} is no text"),
    };
    let before = address(&values);
    let names = Draw::Choice(vec![Value::Text("ann".into()), Value::Text("bob".into())]);
    names.draw(&mut random_for_user(3, 1), MOMENT, &mut values, 0);
    assert_eq!(address(&values), before);
}

/// The 0.1, 0.5 and 0.9 quantiles.
fn quantiles(mut drawn: Vec<f64>) -> [f64; 3] {
    drawn.sort_by(f64::total_cmp);
    [N / 10, N / 2, N - N / 10].map(|rank| drawn[rank])
}

fn seconds(real: Real) -> Vec<f64> {
    let drawn = times(&Times::Real(real)).into_iter();
    drawn.map(|time| time.as_secs_f64()).collect()
}

#[test]
fn normal_times_have_the_quantiles_of_the_normal_distribution() {
    let (mean, sd) = (10.0, 2.0);
    let quantiles = quantiles(seconds(Real::Normal { mean, sd }));
    // Standard error of a quantile: √(p(1 − p)/n)/f, at most 0.0054 standard deviations here.
    for (quantile, z) in quantiles.into_iter().zip([-NORMAL_P90, 0.0, NORMAL_P90]) {
        let expected = mean + sd * z;
        assert!(
            (quantile - expected).abs() < 5.0 * 0.0054 * sd,
            "{quantile} {expected}"
        );
    }
    let below_zero = times(&Times::Real(Real::Normal { mean: 0.0, sd }));
    let zeros = below_zero.iter().filter(|time| time.is_zero()).count();
    // Binomial with n = 100 000 and p = 0.5: standard deviation 158.
    assert!(zeros.abs_diff(N / 2) < 5 * 158, "{zeros}");
}

#[test]
fn lognormal_times_have_their_median_and_their_90th_percentile() {
    let [p10, median, p90] = quantiles(seconds(Real::log_normal(1.0, 3.0)));
    // As above, with a standard deviation of the logarithms of ln 3 / 1.28.
    let error = 5.0 * 0.0054 * 3.0_f64.ln() / NORMAL_P90;
    for (quantile, expected) in [(p10, 1.0 / 3.0), (median, 1.0), (p90, 3.0)] {
        assert!(
            (quantile / expected).ln().abs() < error,
            "{quantile} {expected}"
        );
    }
}

#[test]
fn continuous_values_are_rounded_to_whole_numbers() {
    let drawn = integers(&Draw::Real(Real::Exponential(100.0)), N);
    let mean = drawn.iter().sum::<i64>() as f64 / N as f64;
    // Standard deviation of the mean: 100 / √100 000.
    assert!((mean - 100.0).abs() < 5.0 * 0.32, "{mean}");
    let far = Real::Normal {
        mean: 1e300,
        sd: 0.0,
    };
    assert_eq!(integers(&Draw::Real(far), 1), [i64::MAX]);
    let far = Times::Real(Real::log_normal(1e300, 1e301));
    assert_eq!(far.draw(&mut random_for_user(1, 1)).as_secs(), 31_536_000);
}

#[test]
fn zipf_numbers_are_as_frequent_as_their_rank_says() {
    let (from, count, exponent) = (-2, 10, 1.1);
    let drawn = integers(&Draw::Zipf(Zipf::new(from, count, exponent)), N);
    let weights: Vec<f64> = (1..=count).map(|k| f64::from(k).powf(-exponent)).collect();
    let sum: f64 = weights.iter().sum();
    for (rank, weight) in (0..).zip(weights) {
        let p = weight / sum;
        let counted = drawn.iter().filter(|it| **it == from + rank).count() as f64;
        let sd = (N as f64 * p * (1.0 - p)).sqrt();
        assert!(
            (counted - N as f64 * p).abs() < 5.0 * sd,
            "{rank}: {counted}"
        );
    }
    let all_alike = integers(&Draw::Zipf(Zipf::new(1, 4, 0.0)), N);
    let ones = all_alike.iter().filter(|it| **it == 1).count();
    // Binomial with n = 100 000 and p = 0.25: standard deviation 137.
    assert!(ones.abs_diff(N / 4) < 5 * 137, "{ones}");
    assert_eq!(integers(&Draw::Zipf(Zipf::new(7, 1, 2.0)), 3), [7, 7, 7]);
}

#[test]
fn uuids_are_of_version_4_and_differ() {
    let mut random = random_for_user(3, 1);
    let mut drawn = Vec::new();
    for _ in 0..1_000 {
        let Value::Text(text) = super::tests::drawn(&Draw::Uuid, &mut random, MOMENT) else {
            panic!("a UUID is a text")
        };
        let groups: Vec<usize> = text.split('-').map(str::len).collect();
        assert_eq!(groups, [8, 4, 4, 4, 12], "{text}");
        let is_digit = |letter: char| letter == '-' || "0123456789abcdef".contains(letter);
        assert!(text.chars().all(is_digit), "{text}");
        assert_eq!(&text[14..15], "4");
        assert!(["8", "9", "a", "b"].contains(&&text[19..20]), "{text}");
        assert!(!drawn.contains(&text));
        drawn.push(text);
    }
}

#[test]
fn a_sequence_is_a_number_for_each_turn() {
    let sequence = Draw::Sequence {
        from: 100,
        step: -10,
    };
    let mut random = random_for_user(3, 1);
    let numbers = [0, 1, 7].map(|turn| {
        let moment = Moment { turn, utc_ns: 0 };
        drawn(&sequence, &mut random, moment)
    });
    assert_eq!(numbers, [100, 90, 30].map(Value::Integer));
    assert_eq!(random, random_for_user(3, 1));
}

#[test]
fn the_current_time_is_written_in_the_given_format() {
    // 2026-11-27T01:02:03.456789Z.
    let moment = Moment {
        turn: 0,
        utc_ns: 1_795_741_323_456_789_000,
    };
    let text = |text: &str| Value::Text(text.to_owned());
    let strftime = |format: &str| TimeFormat::Strftime(format.to_owned());
    for (hours, format, expected) in [
        (0, TimeFormat::Rfc3339, text("2026-11-27T01:02:03.456Z")),
        (-24, TimeFormat::Rfc3339, text("2026-11-26T01:02:03.456Z")),
        (0, TimeFormat::Unix, Value::Integer(1_795_741_323)),
        (1, TimeFormat::UnixMs, Value::Integer(1_795_744_923_456)),
        (24 * 5, strftime("%Y-%m-%d"), text("2026-12-02")),
        (0, strftime("%A, %H:%M %Z"), text("Friday, 01:02 UTC")),
    ] {
        let offset = jiff::SignedDuration::from_hours(hours);
        let now = Draw::Now(Now { offset, format });
        assert_eq!(drawn(&now, &mut random_for_user(3, 1), moment), expected);
    }
    let offset = jiff::SignedDuration::MAX;
    let never = Draw::Now(Now {
        offset,
        format: TimeFormat::Unix,
    });
    assert_eq!(drawn(&never, &mut random_for_user(3, 1), moment), text(""));
}

#[test]
fn a_text_can_use_its_own_variable() {
    let template = Template::plain("${n}1", &|_| Ok(0)).unwrap();
    let mut values = [Value::Integer(2)];
    Draw::Text(template).draw(&mut random_for_user(3, 1), MOMENT, &mut values, 0);
    assert_eq!(values, [Value::Text("21".to_owned())]);
}
