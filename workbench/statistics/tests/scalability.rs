//! The Universal Scalability Law on published and synthetic measurements.

#[path = "support/close.rs"]
mod close;

use close::assert_close;
use workbench_statistics::{
    Coefficient, LoadPoint, Peak, Scalability, StatisticsError, fit_scalability,
};

fn sweep(measured: &[(f64, f64)]) -> Vec<LoadPoint> {
    let point = |&(load, throughput): &(f64, f64)| LoadPoint { load, throughput };
    measured.iter().map(point).collect()
}

/// Throughputs that follow the law exactly.
fn lawful(gamma: f64, alpha: f64, beta: f64) -> Vec<LoadPoint> {
    let throughput = |n: f64| gamma * n / (1.0 + alpha * (n - 1.0) + beta * n * (n - 1.0));
    [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0]
        .map(|load| LoadPoint {
            load,
            throughput: throughput(load),
        })
        .to_vec()
}

fn error_of(coefficient: Coefficient) -> f64 {
    let uncertainty = coefficient.uncertainty;
    uncertainty.expect("it is off its bound").standard_error
}

fn fitted(points: &[LoadPoint]) -> Scalability {
    fit_scalability(points, 0.95).expect("it can be fitted")
}

/// The data set `specsdm91` of the R package `usl`, and the fit that its manual prints: α .0277284 (.009122),
/// β 1.043657e-4 (1.988e-5), γ 89.99514 (14.21), peak 1883.90 at 96.51945.
///
/// The package's iteration ends near the minimum. The least squares solution, found by mpmath 1.4 with 40 digits from
/// the normal equations, differs from it in the sixth digit.
#[test]
fn the_published_fit_of_specsdm91_is_reproduced() {
    let fit = fitted(&sweep(&[
        (1.0, 64.9),
        (18.0, 995.9),
        (36.0, 1652.4),
        (72.0, 1853.2),
        (108.0, 1828.9),
        (144.0, 1775.0),
        (216.0, 1702.2),
    ]));

    assert_close(fit.alpha.estimate, 0.027_728_475_618_634_4, 1e-9);
    assert_close(fit.beta.estimate, 0.000_104_365_483_844_091, 1e-9);
    assert_close(fit.gamma.estimate, 89.995_233_104_332_2, 1e-9);
    let squares = fit.residual_standard_error.powi(2) * 4.0;
    assert_close(squares, 27_453.719_584_037_4, 1e-12);
    assert_close(fit.alpha.estimate, 0.027_728_4, 5e-6);
    assert_close(fit.beta.estimate, 1.043_657e-4, 5e-6);
    assert_close(fit.gamma.estimate, 89.995_14, 5e-6);
    assert_eq!(format!("{:.6}", error_of(fit.alpha)), "0.009122");
    assert_eq!(format!("{:.3e}", error_of(fit.beta)), "1.988e-5");
    assert_eq!(format!("{:.2}", error_of(fit.gamma)), "14.21");
    assert_eq!((fit.count, fit.degrees_of_freedom), (7, 4));
    let Peak::At {
        load,
        load_interval,
        throughput,
        throughput_interval,
        beyond_measurements,
    } = fit.peak
    else {
        panic!("{:?}", fit.peak);
    };
    assert_close(load, 96.519_560_966_609_43, 1e-9);
    assert_close(load, 96.519_45, 5e-6);
    assert_eq!(format!("{throughput:.2}"), "1883.90");
    assert!(!beyond_measurements);
    assert!(load_interval.contains(load) && throughput_interval.contains(throughput));
    assert!((fit.knee.unwrap() - 1883.90 / 89.99514).abs() < 1e-3);
    assert!((0.97..1.0).contains(&fit.r_squared.unwrap()), "{fit:?}");
    assert!((fit.throughput(load) - throughput).abs() < 1e-9);
}

#[test]
fn exact_measurements_give_the_law_back() {
    for (gamma, alpha, beta) in [(100.0, 0.05, 1e-3), (1e-3, 0.3, 1e-5), (5e6, 0.001, 0.02)] {
        let fit = fitted(&lawful(gamma, alpha, beta));

        assert!((fit.gamma.estimate / gamma - 1.0).abs() < 1e-9, "{fit:?}");
        assert!((fit.alpha.estimate / alpha - 1.0).abs() < 1e-6, "{fit:?}");
        assert!((fit.beta.estimate / beta - 1.0).abs() < 1e-6, "{fit:?}");
    }
}

#[test]
fn throughput_that_levels_off_has_a_ceiling_and_no_peak() {
    // Amdahl's law with a slight upward curvature, which would need a negative β.
    let mut points = lawful(100.0, 0.05, 0.0);
    points[6].throughput *= 1.02;
    let fit = fitted(&points);

    assert_eq!(
        fit.beta,
        Coefficient {
            estimate: 0.0,
            uncertainty: None
        }
    );
    let Peak::NoneFitted {
        ceiling: Some(ceiling),
    } = fit.peak
    else {
        panic!("{:?}", fit.peak);
    };
    assert!((1900.0..2300.0).contains(&ceiling), "{ceiling}");
    assert_eq!(fit.knee, Some(ceiling / fit.gamma.estimate));
    assert_eq!(fit.degrees_of_freedom, 5);
}

#[test]
fn throughput_in_proportion_to_load_has_neither_peak_nor_knee() {
    // More than proportional, which would need a negative α.
    let fit = fitted(&sweep(&[
        (1.0, 10.0),
        (2.0, 20.5),
        (4.0, 41.5),
        (8.0, 84.0),
    ]));

    assert_eq!(fit.alpha.estimate, 0.0);
    assert_eq!(fit.peak, Peak::NoneFitted { ceiling: None });
    assert_eq!(fit.knee, None);
}

#[test]
fn a_bend_within_the_noise_is_not_a_peak() {
    let fit = fitted(&sweep(&[
        (1.0, 100.0),
        (2.0, 150.0),
        (4.0, 330.0),
        (8.0, 460.0),
        (16.0, 790.0),
        (32.0, 880.0),
    ]));

    let uncertainty = fit.beta.uncertainty.unwrap();
    assert!(
        fit.beta.estimate > 0.0 && uncertainty.interval.contains(0.0),
        "{fit:?}"
    );
    assert_eq!((fit.peak, fit.knee), (Peak::NotShown, None));
}

#[test]
fn a_peak_that_no_measurement_reached_is_marked_as_extrapolated() {
    let fit = fitted(&lawful(100.0, 0.02, 1e-4));

    assert!(
        matches!(fit.peak, Peak::At { beyond_measurements: true, load, .. } if (load - 98.99).abs() < 0.01),
        "{:?}",
        fit.peak
    );
}

#[test]
fn throughput_that_only_falls_has_its_best_at_a_load_of_one() {
    let fit = fitted(&sweep(&[
        (1.0, 100.0),
        (2.0, 90.0),
        (4.0, 70.0),
        (8.0, 45.0),
        (16.0, 26.0),
    ]));

    assert_eq!(fit.peak, Peak::FallsFromTheStart);
    assert_eq!(fit.knee, Some(1.0));
}

#[test]
fn a_flat_sweep_is_fitted_without_a_share_of_variance() {
    let fit = fitted(&sweep(&[
        (1.0, 50.0),
        (2.0, 50.0),
        (4.0, 50.0),
        (8.0, 50.0),
    ]));

    assert!((fit.throughput(3.0) - 50.0).abs() < 1e-6);
    assert_eq!(fit.r_squared, None);
}

#[test]
fn repetitions_are_measurements_of_their_own() {
    let once = lawful(100.0, 0.05, 1e-3);
    let noisy: Vec<LoadPoint> = once
        .iter()
        .flat_map(|point| {
            [-2.0, 0.0, 2.0].map(|off| LoadPoint {
                load: point.load,
                throughput: point.throughput + off,
            })
        })
        .collect();
    let fit = fitted(&noisy);

    assert_eq!((fit.count, fit.degrees_of_freedom), (21, 18));
    assert!((fit.gamma.estimate - 100.0).abs() < 1e-6, "{fit:?}");
    // Σ of squared residuals: seven loads with 4 + 0 + 4.
    assert!((fit.residual_standard_error - (56.0_f64 / 18.0).sqrt()).abs() < 1e-9);
}

#[test]
fn data_that_cannot_be_fitted_are_refused() {
    let three = sweep(&[(1.0, 1.0), (2.0, 2.0), (4.0, 3.0)]);
    assert_eq!(
        fit_scalability(&three, 0.95),
        Err(StatisticsError::TooFewValues {
            needed: 4,
            found: 3
        })
    );
    let two_loads = sweep(&[(1.0, 1.0), (1.0, 1.1), (4.0, 3.0), (4.0, 3.1)]);
    assert_eq!(
        fit_scalability(&two_loads, 0.95),
        Err(StatisticsError::TooFewLoads {
            needed: 3,
            found: 2
        })
    );
    for wrong in [
        (0.5, 1.0),
        (f64::NAN, 1.0),
        (8.0, 0.0),
        (8.0, f64::INFINITY),
    ] {
        let mut points = three.clone();
        points.extend(sweep(&[wrong]));
        assert!(
            matches!(
                fit_scalability(&points, 0.95),
                Err(StatisticsError::ImpossibleMeasurement { .. })
            ),
            "{wrong:?}"
        );
    }
    assert!(fit_scalability(&lawful(1.0, 0.1, 0.1), 95.0).is_err());
}
