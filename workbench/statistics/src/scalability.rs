//! How throughput grows with load: the Universal Scalability Law, fitted.

use crate::error::StatisticsError;
use crate::interval::{Interval, check_open};
use crate::least_squares::{LeastSquares, Prediction, least_squares, solve};

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
    /// The interval of β contains 0: that throughput ever falls is not shown by these measurements.
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
    #[must_use]
    pub fn throughput(&self, load: f64) -> f64 {
        let coefficients = [self.gamma.estimate, self.alpha.estimate, self.beta.estimate];
        law(coefficients, load)
    }
}

/// Which of γ, α and β are fitted; those that are not are 0.
const ACTIVE: [&[usize]; 4] = [&[0, 1, 2], &[0, 1], &[0, 2], &[0]];

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
/// Assumes independent measurements (each a run of its own, in random order; several per load are welcome) of
/// one variance, in steady state. Where large throughputs vary more than small ones, the standard errors of γ
/// are too large or too small. A fit says nothing of loads far beyond those measured, and intervals at a
/// bound are approximate.
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
    check_open(confidence)?;
    check_points(points)?;
    let (active, fit) = ACTIVE
        .iter()
        .filter_map(|active| Some((*active, fit(points, active)?)))
        .filter(|(_, fit)| {
            fit.parameters[0] > 0.0 && fit.parameters.iter().all(|value| *value >= 0.0)
        })
        // The first of equals is the one with the most coefficients free.
        .min_by(|(_, one), (_, other)| one.squares.total_cmp(&other.squares))
        .ok_or(StatisticsError::NoFit)?;
    Ok(Fitted::new(points, active, &fit, confidence).scalability(points))
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
    let mut loads: Vec<f64> = points.iter().map(|point| point.load).collect();
    loads.sort_unstable_by(f64::total_cmp);
    loads.dedup();
    if loads.len() < 3 {
        return Err(StatisticsError::TooFewLoads {
            needed: 3,
            found: loads.len(),
        });
    }
    if points.len() < 4 {
        return Err(StatisticsError::TooFewValues {
            needed: 4,
            found: points.len(),
        });
    }
    Ok(())
}

fn law([gamma, alpha, beta]: [f64; 3], load: f64) -> f64 {
    gamma * load / slowdown([alpha, beta], load)
}

fn slowdown([alpha, beta]: [f64; 2], load: f64) -> f64 {
    1.0 + (alpha + beta * load) * (load - 1.0)
}

/// Derivatives of the law by γ, α and β.
fn gradient([gamma, alpha, beta]: [f64; 3], load: f64) -> [f64; 3] {
    let slowdown = slowdown([alpha, beta], load);
    let by_gamma = load / slowdown;
    let by_alpha = -gamma * by_gamma * (load - 1.0) / slowdown;
    [by_gamma, by_alpha, by_alpha * load]
}

/// The coefficients with those that are not fitted at 0.
fn complete(parameters: &[f64], active: &[usize]) -> [f64; 3] {
    let mut coefficients = [0.0; 3];
    for (index, value) in active.iter().zip(parameters) {
        coefficients[*index] = *value;
    }
    coefficients
}

fn fit(points: &[LoadPoint], active: &[usize]) -> Option<LeastSquares> {
    let measured: Vec<f64> = points.iter().map(|point| point.throughput).collect();
    let predict = |parameters: &[f64]| {
        let coefficients @ [_, alpha, beta] = complete(parameters, active);
        points
            .iter()
            .map(|point| {
                let by_all = gradient(coefficients, point.load);
                (slowdown([alpha, beta], point.load) > 0.0).then(|| Prediction {
                    value: law(coefficients, point.load),
                    gradient: active.iter().map(|index| by_all[*index]).collect(),
                })
            })
            .collect()
    };
    let linear =
        linearised(points, active).and_then(|start| least_squares(&measured, start, predict));
    linear.or_else(|| least_squares(&measured, rough_start(points, active), predict))
}

/// N/X is linear in 1/γ, α/γ and β/γ; weighted by X²/N, its residuals are about those of X.
fn linearised(points: &[LoadPoint], active: &[usize]) -> Option<Vec<f64>> {
    let count = active.len();
    let mut matrix = vec![vec![0.0; count]; count];
    let mut right = vec![0.0; count];
    for &LoadPoint { load, throughput } in points {
        let weight = throughput * throughput / load;
        let terms = [1.0, load - 1.0, load * (load - 1.0)];
        for (row, &by_row) in active.iter().enumerate() {
            right[row] += weight * terms[by_row] * throughput;
            for (column, &by_column) in active.iter().enumerate() {
                matrix[row][column] += weight * terms[by_row] * weight * terms[by_column];
            }
        }
    }
    let solution = solve(&matrix, &right, 0.0)?;
    let inverse_gamma = solution[0];
    (inverse_gamma > 0.0).then(|| {
        let others = solution[1..].iter().map(|value| value / inverse_gamma);
        [1.0 / inverse_gamma].into_iter().chain(others).collect()
    })
}

/// A curve through the best throughput per user that halves it at the largest load.
fn rough_start(points: &[LoadPoint], active: &[usize]) -> Vec<f64> {
    let per_user = points.iter().map(|point| point.throughput / point.load);
    let largest = points.iter().map(|point| point.load).fold(1.0, f64::max);
    let start = [
        per_user.fold(0.0, f64::max),
        0.5 / largest,
        0.5 / (largest * largest),
    ];
    active.iter().map(|index| start[*index]).collect()
}

/// The chosen fit with its covariance, from which everything else follows.
struct Fitted {
    coefficients: [f64; 3],
    free: [bool; 3],
    covariance: [[f64; 3]; 3],
    degrees_of_freedom: usize,
    squares: f64,
    confidence: f64,
}

impl Fitted {
    fn new(points: &[LoadPoint], active: &[usize], fit: &LeastSquares, confidence: f64) -> Self {
        let degrees_of_freedom = points.len() - active.len();
        let variance = fit.squares / degrees_of_freedom as f64;
        let mut covariance = [[0.0; 3]; 3];
        for (row, &by_row) in active.iter().enumerate() {
            for (column, &by_column) in active.iter().enumerate() {
                covariance[by_row][by_column] = variance * fit.inverse[row][column];
            }
        }
        Self {
            coefficients: complete(&fit.parameters, active),
            free: [0, 1, 2].map(|index| active.contains(&index)),
            covariance,
            degrees_of_freedom,
            squares: fit.squares,
            confidence,
        }
    }

    fn scalability(&self, points: &[LoadPoint]) -> Scalability {
        let [gamma, ..] = self.coefficients;
        let peak = self.peak(points);
        let highest = match peak {
            Peak::At { throughput, .. } => Some(throughput),
            Peak::NoneFitted { ceiling } => ceiling,
            Peak::FallsFromTheStart => Some(gamma),
            Peak::NotShown => None,
        };
        let n = points.len() as f64;
        let mean = points.iter().map(|point| point.throughput).sum::<f64>() / n;
        let total: f64 = points
            .iter()
            .map(|point| (point.throughput - mean).powi(2))
            .sum();
        Scalability {
            gamma: self.coefficient(0),
            alpha: self.coefficient(1),
            beta: self.coefficient(2),
            peak,
            knee: highest.map(|throughput| throughput / gamma),
            count: points.len(),
            degrees_of_freedom: self.degrees_of_freedom,
            residual_standard_error: (self.squares / self.degrees_of_freedom as f64).sqrt(),
            r_squared: (total > 0.0).then(|| 1.0 - self.squares / total),
        }
    }

    fn coefficient(&self, index: usize) -> Coefficient {
        let estimate = self.coefficients[index];
        let standard_error = self.covariance[index][index].sqrt();
        Coefficient {
            estimate,
            uncertainty: self.free[index].then(|| Uncertainty {
                standard_error,
                interval: self.interval(estimate, standard_error),
            }),
        }
    }

    fn peak(&self, points: &[LoadPoint]) -> Peak {
        let [gamma, alpha, beta] = self.coefficients;
        if alpha >= 1.0 || beta >= 1.0 - alpha {
            return Peak::FallsFromTheStart;
        }
        let Some(uncertainty) = self.coefficient(2).uncertainty else {
            return Peak::NoneFitted {
                ceiling: self.free[1].then(|| gamma / alpha),
            };
        };
        if uncertainty.interval.contains(0.0) {
            return Peak::NotShown;
        }
        let load = ((1.0 - alpha) / beta).sqrt();
        let of_logarithm = self.standard_error([0.0, -0.5 / (1.0 - alpha), -0.5 / beta]);
        let logarithm = self.interval(load.ln(), of_logarithm);
        let throughput = law(self.coefficients, load);
        // At the peak the curve is level, so that the uncertainty of its place does not matter.
        let of_throughput = self.standard_error(gradient(self.coefficients, load));
        Peak::At {
            load,
            load_interval: Interval {
                lower: logarithm.lower.exp(),
                upper: logarithm.upper.exp(),
                confidence: self.confidence,
            },
            throughput,
            throughput_interval: self.interval(throughput, of_throughput),
            beyond_measurements: points.iter().all(|point| point.load < load),
        }
    }

    /// Of a quantity with these derivatives by γ, α and β.
    fn standard_error(&self, gradient: [f64; 3]) -> f64 {
        let rows = self.covariance.iter().zip(gradient).map(|(row, by_row)| {
            let columns = row
                .iter()
                .zip(gradient)
                .map(|(value, by_column)| value * by_column);
            by_row * columns.sum::<f64>()
        });
        rows.sum::<f64>().max(0.0).sqrt()
    }

    fn interval(&self, estimate: f64, standard_error: f64) -> Interval {
        let degrees_of_freedom = self.degrees_of_freedom as f64;
        Interval::student(
            estimate,
            standard_error,
            degrees_of_freedom,
            self.confidence,
        )
    }
}
