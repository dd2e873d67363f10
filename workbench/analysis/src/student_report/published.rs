//! Checks published tables of tests against themselves.

use workbench_plan::{PublishedTable, PublishedTest};
use workbench_statistics::{
    CheckedTest, MeanEstimate, PrintedTest, StatisticsError, check_published, student_t_upper_tail,
    welch_from_estimates,
};

use crate::model::{CheckedNumber, PublishedCheck, PublishedGroupCheck, PublishedTestCheck};

/// Recomputes every printed test from the printed means and standard errors, and reports which numbers are
/// reproducible.
///
/// Every number stands for all numbers that round to it. Tests are Welch's. The bounds of t, p and the degrees of
/// freedom are reached where means and standard errors are at the ends of their rounding intervals.
///
/// # Errors
/// Numbers for which no test is defined; tables that were read from a file have none.
pub fn check_published_table(table: &PublishedTable) -> Result<PublishedCheck, StatisticsError> {
    let groups = table.groups.iter().map(|group| MeanEstimate {
        mean: group.mean,
        standard_error: group.standard_error,
        count: group.count as usize,
    });
    let groups: Vec<MeanEstimate> = groups.collect();
    let printed = table.tests.iter().map(|test| PrintedTest {
        first: test.first,
        second: test.second,
        t: test.t,
    });
    let found = check_published(&groups, &printed.collect::<Vec<_>>(), table.decimals)?;
    let all_follow = found.tests.iter().all(|test| test.reproducible);
    let implied = found.implied_standard_errors.filter(|_| !all_follow);
    let tests = found.tests.iter().zip(&table.tests);
    let tests = tests
        .map(|(checked, test)| check(checked, test, &groups, table))
        .collect::<Result<_, _>>()?;
    let checked_groups = table
        .groups
        .iter()
        .zip(0..)
        .map(|(group, index)| PublishedGroupCheck {
            name: group.name.clone(),
            mean: group.mean,
            standard_error: group.standard_error,
            count: group.count,
            implied_standard_error: implied.map(|implied: [f64; 3]| implied[index]),
        });
    Ok(PublishedCheck {
        title: table.title.clone(),
        source: table.source.clone(),
        unit: table.unit.clone(),
        decimals: table.decimals,
        alpha: table.alpha,
        groups: checked_groups.collect(),
        tests,
    })
}

fn check(
    checked: &CheckedTest,
    test: &PublishedTest,
    groups: &[MeanEstimate],
    table: &PublishedTable,
) -> Result<PublishedTestCheck, StatisticsError> {
    let half_digit = 0.5 * 0.1_f64.powf(f64::from(table.decimals));
    let (a, b) = (groups[test.first], groups[test.second]);
    let welch = &checked.recomputed;
    let degrees = degrees_of_freedom(a, b, half_digit)?;
    let [least_t, greatest_t] = checked.possible_t;
    let p = |t: f64| {
        student_t_upper_tail(t.abs(), welch.degrees_of_freedom).map(|tail| (2.0 * tail).min(1.0))
    };
    let nearest_zero = if least_t <= 0.0 && greatest_t >= 0.0 {
        0.0
    } else {
        least_t.abs().min(greatest_t.abs())
    };
    let student = (a.count + b.count).saturating_sub(2);
    let is_students = |printed: f64| (printed - student as f64).abs() <= half_digit;
    let number =
        |printed: Option<f64>, recomputed: f64, [least, greatest]: [f64; 2]| CheckedNumber {
            printed,
            recomputed,
            least,
            greatest,
            reproducible: printed
                .map(|printed| printed + half_digit >= least && printed - half_digit <= greatest),
        };
    Ok(PublishedTestCheck {
        a: table.groups[test.first].name.clone(),
        b: table.groups[test.second].name.clone(),
        standard_error: a.standard_error.hypot(b.standard_error),
        needed_standard_error: (test.t != 0.0).then(|| (welch.difference / test.t).abs()),
        t: number(Some(test.t), welch.t, checked.possible_t),
        p: number(
            test.p,
            welch.p,
            [p(least_t.abs().max(greatest_t.abs()))?, p(nearest_zero)?],
        ),
        degrees_of_freedom: number(test.degrees_of_freedom, welch.degrees_of_freedom, degrees),
        student_degrees_of_freedom: test
            .degrees_of_freedom
            .filter(|printed| is_students(*printed))
            .and_then(|_| u32::try_from(student).ok()),
        rejected: welch.p < table.alpha,
        printed_rejected: test.rejected,
    })
}

/// Least and greatest degrees of freedom: with the one standard error rounded up and the other down they are furthest
/// apart.
fn degrees_of_freedom(
    a: MeanEstimate,
    b: MeanEstimate,
    half_digit: f64,
) -> Result<[f64; 2], StatisticsError> {
    let moved = |group: MeanEstimate, sign: f64| MeanEstimate {
        standard_error: (group.standard_error + sign * half_digit).max(0.0),
        ..group
    };
    let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
    for (of_a, of_b) in [(0.0, 0.0), (-1.0, 1.0), (1.0, -1.0)] {
        let (a, b) = (moved(a, of_a), moved(b, of_b));
        let degrees = welch_from_estimates(a, b, 0.95)?.degrees_of_freedom;
        least = least.min(degrees);
        greatest = greatest.max(degrees);
    }
    Ok([least, greatest])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn checked(test: &str) -> PublishedTestCheck {
        let text = format!(
            "title: Two groups\ndecimals: 2\ngroups:\n\
             - {{ name: before, mean: 10, standard_error: 0.3, count: 20 }}\n\
             - {{ name: after, mean: 12, standard_error: 0.4, count: 30 }}\n\
             tests: [ {{ groups: [before, after], {test} }} ]\n"
        );
        let table = workbench_plan::parse_published(&text, Path::new("table.yaml")).unwrap();
        check_published_table(&table).unwrap().tests.remove(0)
    }

    /// By hand: t = −2/0.5, df = 0.25²/(0.09²/19 + 0.16²/29) = 47.74366; p is that of the formula P(T > 4) + P(T < −4).
    #[test]
    fn numbers_that_follow_from_the_table_are_reproducible() {
        let test = checked("t: -4, p: 0.00, degrees_of_freedom: 47.74, rejected: true");
        assert!((test.t.recomputed + 4.0).abs() < 1e-12);
        assert!((test.degrees_of_freedom.recomputed - 47.743_66).abs() < 1e-3);
        assert!((test.p.recomputed - 2.2e-4).abs() < 1e-5);
        for number in [test.t, test.p, test.degrees_of_freedom] {
            assert_eq!(number.reproducible, Some(true), "{number:?}");
            assert!(number.least <= number.recomputed && number.recomputed <= number.greatest);
        }
        assert_eq!(test.student_degrees_of_freedom, None);
        assert!(test.rejected);
    }

    #[test]
    fn numbers_that_do_not_follow_say_what_they_would_need() {
        let test = checked("t: -8, p: 0.04, degrees_of_freedom: 48");
        for number in [test.t, test.p, test.degrees_of_freedom] {
            assert_eq!(number.reproducible, Some(false), "{number:?}");
        }
        assert!((test.needed_standard_error.unwrap() - 0.25).abs() < 1e-12);
        assert!((test.standard_error - 0.5).abs() < 1e-12);
        assert_eq!(test.student_degrees_of_freedom, Some(48));
        assert_eq!(test.printed_rejected, None);
    }

    #[test]
    fn numbers_that_are_not_printed_are_not_checked() {
        let test = checked("t: 0");
        assert_eq!(test.p.reproducible, None);
        assert_eq!(test.needed_standard_error, None);
        assert_eq!(test.t.reproducible, Some(false));
    }
}
