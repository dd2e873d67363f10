//! Fits the Universal Scalability Law to throughput by load.

mod fit;
mod inference;
mod least_squares;

use crate::doubles::ascending;
use crate::error::{StatisticsError, check_count, check_open_probability};
use crate::interval::Interval;

use fit::{best_fit, law};
use inference::Inference;

/// The throughput measured at a load, in one run.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadPoint {
    /// Users, threads or replicas, at least 1.
    pub load: f64,
    /// Completed work per time, positive.
    pub throughput: f64,
}

/// A coefficient of the law.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coefficient {
    /// Its estimate, never negative.
    pub estimate: f64,
    /// Standard error and interval; `None` where the estimate sits on its bound 0. The interval may
    /// reach below 0.
    pub uncertainty: Option<Uncertainty>,
}

/// How uncertain an estimate is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Uncertainty {
    /// Standard error.
    pub standard_error: f64,
    /// Interval by Student's t.
    pub interval: Interval,
}

/// The load of the highest throughput, where there is one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Peak {
    /// Throughput falls beyond a load.
    At {
        /// The load, √((1 − α)/β).
        load: f64,
        /// Interval of the load.
        load_interval: Interval,
        /// The throughput there.
        throughput: f64,
        /// Interval of the throughput.
        throughput_interval: Interval,
        /// Whether the load is above all that were measured, so that the peak is extrapolated.
        beyond_measurements: bool,
    },
    /// β is on its bound: throughput levels off and never falls.
    NoneFitted {
        /// What the throughput tends to, γ/α; `None` where it grows without limit.
        ceiling: Option<f64>,
    },
    /// The interval of β contains 0: these measurements do not show that throughput ever falls.
    NotShown,
    /// Throughput falls from a load of 1 on.
    FallsFromTheStart,
}

/// The Universal Scalability Law fitted to measurements.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalability {
    /// γ, the throughput at a load of 1.
    pub gamma: Coefficient,
    /// α, the share of the work that waits for its turn (contention).
    pub alpha: Coefficient,
    /// β, the cost of keeping each pair of users consistent (coherency).
    pub beta: Coefficient,
    /// The load of the highest throughput.
    pub peak: Peak,
    /// The load at which the straight line γN of no waiting reaches the highest throughput, be it that of the
    /// peak or the ceiling; beyond it, load mostly adds waiting. `None` where there is no such throughput.
    pub knee: Option<f64>,
    /// Number of measurements.
    pub count: usize,
    /// Measurements less coefficients that were free to vary.
    pub degrees_of_freedom: usize,
    /// Standard deviation of the measurements around the curve.
    pub residual_standard_error: f64,
    /// Share of the variance that the curve explains; `None` where throughput did not vary.
    pub r_squared: Option<f64>,
}

impl Scalability {
    /// The throughput that the fitted curve has at a load.
    ///
    /// # Examples
    /// ```
    /// use workbench_statistics::{LoadPoint, fit_scalability};
    ///
    /// let points = [1.0, 2.0, 4.0, 8.0].map(|load| LoadPoint { load, throughput: 50.0 * load });
    /// let fit = fit_scalability(&points, 0.95)?;
    /// assert!((fit.throughput(16.0) - 800.0).abs() < 1e-6);
    /// # Ok::<(), workbench_statistics::StatisticsError>(())
    /// ```
    #[must_use]
    pub fn throughput(&self, load: f64) -> f64 {
        let coefficients = [self.gamma.estimate, self.alpha.estimate, self.beta.estimate];
        law(coefficients, load)
    }
}

/// Fits the Universal Scalability Law to throughputs at several loads.
///
/// X(N) = γN/(1 + α(N − 1) + βN(N − 1)) with γ > 0, α ≥ 0 and β ≥ 0, by least squares over the throughputs
/// (Levenberg and Marquardt's method, once with all coefficients free and once with each combination of α and
/// β on its bound; the best of the fits that keep the bounds). Standard errors come from the Jacobian,
/// intervals from Student's t. The peak is at √((1 − α)/β) and its intervals are by the delta method, that of
/// the load on the logarithm. The knee is where the asymptotes of light and heavy load meet, the highest
/// throughput divided by γ.
///
/// Other definitions of the knee exist: `optimal.scalability` of the R package `usl` takes the ceiling γ/α
/// that there would be without β.
///
/// Assumes independent measurements (each a run of its own, in random order; several per load are welcome) of one
/// variance, in steady state. Where large throughputs vary more than small ones, the standard errors of γ are too large
/// or too small. Where β is so small that few sweeps show a peak, those that do overstate it: in simulations in which
/// 27% of sweeps showed one, the interval of its load covered in 74% of these. A fit is not valid for loads far beyond
/// the measured ones, and intervals at a bound are approximate.
///
/// # Errors
/// Fewer than 4 measurements or 3 different loads, a load below 1 or not finite, a throughput that is not
/// positive, a confidence that is not strictly between 0 and 1, or no fit.
///
/// # References
/// - N. J. Gunther (2007), “Guerrilla Capacity Planning”, equation 4.33 (the peak); with γ: N. J. Gunther, P.
///   Puglia, K. Tomasette (2015), “Hadoop Superlinear Scalability”, Communications of the ACM 58(4).
/// - D. M. Bates, D. G. Watts (1988), “Nonlinear Regression Analysis and Its Applications”, section 2.3
///   (standard errors).
/// - E. D. Lazowska, J. Zahorjan, G. S. Graham, K. C. Sevcik (1984), “Quantitative System Performance”,
///   section 5.2 (the knee as the meeting point of asymptotic bounds).
///
/// # Examples
/// ```
/// use workbench_statistics::{LoadPoint, Peak, fit_scalability};
///
/// // SPEC SDM91 on a Sun, as published with the R package `usl`.
/// let points = [(1.0, 64.9), (18.0, 995.9), (36.0, 1652.4), (72.0, 1853.2), (108.0, 1828.9), (144.0, 1775.0), (216.0, 1702.2)]
///     .map(|(load, throughput)| LoadPoint { load, throughput });
/// let fit = fit_scalability(&points, 0.95)?;
/// assert!((fit.alpha.estimate - 0.027_728_4).abs() < 1e-7);
/// assert!(matches!(fit.peak, Peak::At { load, .. } if (load - 96.52).abs() < 0.01));
/// # Ok::<(), workbench_statistics::StatisticsError>(())
/// ```
pub fn fit_scalability(
    points: &[LoadPoint],
    confidence: f64,
) -> Result<Scalability, StatisticsError> {
    check_open_probability(confidence)?;
    check_points(points)?;
    let (active, fit) = best_fit(points).ok_or(StatisticsError::NoFit)?;
    Ok(Inference::new(points, active, &fit, confidence)?.scalability(points))
}

fn check_points(points: &[LoadPoint]) -> Result<(), StatisticsError> {
    let refused = |quantity, value| Err(StatisticsError::ImpossibleMeasurement { quantity, value });
    for point in points {
        if !(point.load.is_finite() && point.load >= 1.0) {
            return refused("load", point.load);
        }
        if !(point.throughput.is_finite() && point.throughput > 0.0) {
            return refused("throughput", point.throughput);
        }
    }
    let mut loads = ascending(points.iter().map(|point| point.load).collect());
    loads.dedup();
    if loads.len() < 3 {
        return Err(StatisticsError::TooFewLoads {
            needed: 3,
            found: loads.len(),
        });
    }
    check_count(points.len(), 4)
}
