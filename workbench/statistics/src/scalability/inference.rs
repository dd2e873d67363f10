//! Estimates and intervals of the coefficients, the peak and the knee.

use super::fit::{all_parameters, gradient, law};
use super::least_squares::LeastSquares;
use super::{Coefficient, LoadPoint, Peak, Scalability, Uncertainty};
use crate::distribution::student_t_reach;
use crate::error::StatisticsError;
use crate::interval::Interval;

/// The chosen fit with its covariance, from which everything else follows.
pub(super) struct Inference {
    coefficients: [f64; 3],
    free: [bool; 3],
    covariance: [[f64; 3]; 3],
    degrees_of_freedom: usize,
    squares: f64,
    confidence: f64,
    /// How many standard errors intervals reach.
    reach: f64,
}

impl Inference {
    pub(super) fn new(
        points: &[LoadPoint],
        active: &[usize],
        fit: &LeastSquares,
        confidence: f64,
    ) -> Result<Self, StatisticsError> {
        let degrees_of_freedom = points.len() - active.len();
        let variance = fit.squares / degrees_of_freedom as f64;
        let mut covariance = [[0.0; 3]; 3];
        for (row, &by_row) in active.iter().enumerate() {
            for (column, &by_column) in active.iter().enumerate() {
                covariance[by_row][by_column] = variance * fit.inverse[row][column];
            }
        }
        Ok(Self {
            coefficients: all_parameters(&fit.parameters, active),
            free: [0, 1, 2].map(|index| active.contains(&index)),
            covariance,
            degrees_of_freedom,
            squares: fit.squares,
            confidence,
            reach: student_t_reach(confidence, degrees_of_freedom as f64)?,
        })
    }

    pub(super) fn scalability(&self, points: &[LoadPoint]) -> Scalability {
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
            load_interval: logarithm.map(f64::exp),
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
        Interval::around(estimate, self.reach * standard_error, self.confidence)
    }
}
