//! Nonlinear least squares for a few parameters.

/// The parameters at which the sum of squared residuals is least.
#[derive(Clone, Debug)]
pub(crate) struct LeastSquares {
    pub(crate) parameters: Vec<f64>,
    /// Sum of squared residuals there.
    pub(crate) squares: f64,
    /// Inverse of J′J, J being the Jacobian; times the residual variance, it is the covariance of the
    /// parameters.
    pub(crate) inverse: Vec<Vec<f64>>,
}

/// What a model predicts for one measurement, and the derivative by each parameter.
pub(crate) struct Prediction {
    pub(crate) value: f64,
    pub(crate) gradient: Vec<f64>,
}

/// Most steps. Fits of well-posed data take about ten.
const MOST_STEPS: usize = 500;
/// Smallest relative step; smaller ones do not change the result.
const SMALLEST_STEP: f64 = 1e-13;

/// Levenberg and Marquardt's method, started at `start`.
///
/// `predict` returns `None` where the model is not defined; such parameters are never accepted. `None` if the
/// model is not defined at the start, the parameters cannot be told apart, or no end is reached.
///
/// # References
/// D. W. Marquardt (1963), “An Algorithm for Least-Squares Estimation of Nonlinear Parameters”, SIAM Journal
/// on Applied Mathematics 11(2).
pub(crate) fn least_squares(
    measured: &[f64],
    start: Vec<f64>,
    predict: impl Fn(&[f64]) -> Option<Vec<Prediction>>,
) -> Option<LeastSquares> {
    let scale = measured
        .iter()
        .map(|value| value * value)
        .sum::<f64>()
        .sqrt();
    let mut parameters = start;
    let mut current = Normal::new(measured, &predict(&parameters)?);
    let mut damping = 1e-3;
    for _ in 0..MOST_STEPS {
        let step = current.step(damping)?;
        let moved: Vec<f64> = parameters.iter().zip(&step).map(|(p, s)| p + s).collect();
        let next = predict(&moved).map(|predictions| Normal::new(measured, &predictions));
        let negligible = step
            .iter()
            .zip(current.norms())
            .all(|(step, norm)| (step * norm).abs() <= SMALLEST_STEP * scale);
        match next {
            Some(next) if next.squares <= current.squares => {
                (parameters, current) = (moved, next);
                damping = (damping / 10.0_f64).max(1e-15);
            }
            _ => damping *= 10.0,
        }
        if negligible {
            return Some(LeastSquares {
                inverse: current.inverse()?,
                squares: current.squares,
                parameters,
            });
        }
    }
    None
}

/// The normal equations at a point: J′J, J′·residuals and the sum of squared residuals.
struct Normal {
    matrix: Vec<Vec<f64>>,
    right: Vec<f64>,
    squares: f64,
}

impl Normal {
    fn new(measured: &[f64], predictions: &[Prediction]) -> Self {
        let count = predictions.first().map_or(0, |first| first.gradient.len());
        let mut equations = Self {
            matrix: vec![vec![0.0; count]; count],
            right: vec![0.0; count],
            squares: 0.0,
        };
        for (value, prediction) in measured.iter().zip(predictions) {
            let residual = value - prediction.value;
            equations.squares += residual * residual;
            for (row, by_row) in prediction.gradient.iter().enumerate() {
                equations.right[row] += by_row * residual;
                for (column, by_column) in prediction.gradient.iter().enumerate() {
                    equations.matrix[row][column] += by_row * by_column;
                }
            }
        }
        equations
    }

    /// By how much each parameter moves the predictions.
    fn norms(&self) -> Vec<f64> {
        let diagonal = self.matrix.iter().enumerate();
        diagonal.map(|(index, row)| row[index].sqrt()).collect()
    }

    fn step(&self, damping: f64) -> Option<Vec<f64>> {
        solve(&self.matrix, &self.right, damping)
    }

    fn inverse(&self) -> Option<Vec<Vec<f64>>> {
        let count = self.right.len();
        (0..count)
            .map(|index| {
                let unit: Vec<f64> = (0..count)
                    .map(|i| f64::from(u8::from(i == index)))
                    .collect();
                solve(&self.matrix, &unit, 0.0)
            })
            .collect()
    }
}

/// Solves (A + damping · diag A)x = b for a symmetric positive A by Cholesky's method, in units in which the
/// diagonal of A is 1, so that parameters of very different size lose no digits to each other.
pub(crate) fn solve(matrix: &[Vec<f64>], right: &[f64], damping: f64) -> Option<Vec<f64>> {
    /// Below this, what a parameter adds to the others is rounding.
    const SINGULAR: f64 = 1e-13;
    let count = right.len();
    let units: Vec<f64> = (0..count).map(|i| matrix[i][i].sqrt()).collect();
    if !units.iter().all(|unit| unit.is_finite() && *unit > 0.0) {
        return None;
    }
    let mut factor = vec![vec![0.0; count]; count];
    for row in 0..count {
        for column in 0..=row {
            let known: f64 = (0..column)
                .map(|k| factor[row][k] * factor[column][k])
                .sum();
            let scaled = matrix[row][column] / (units[row] * units[column]);
            if row == column {
                let left = 1.0 + damping - known;
                if left < SINGULAR {
                    return None;
                }
                factor[row][row] = left.sqrt();
            } else {
                factor[row][column] = (scaled - known) / factor[column][column];
            }
        }
    }
    let mut solution: Vec<f64> = right.iter().zip(&units).map(|(b, unit)| b / unit).collect();
    for row in 0..count {
        let known: f64 = (0..row).map(|k| factor[row][k] * solution[k]).sum();
        solution[row] = (solution[row] - known) / factor[row][row];
    }
    for row in (0..count).rev() {
        let known: f64 = (row + 1..count).map(|k| factor[k][row] * solution[k]).sum();
        solution[row] = (solution[row] - known) / factor[row][row];
    }
    Some(
        solution
            .iter()
            .zip(&units)
            .map(|(x, unit)| x / unit)
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// NIST's Misra1a, y = b₁(1 − exp(−b₂x)), of lower difficulty, from the first of its two starts.
    #[test]
    fn least_squares_gives_the_certified_values_of_nist_misra1a() {
        let x = [
            77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1,
            689.1, 760.0,
        ];
        let y = [
            10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40,
            75.47, 81.78,
        ];

        let fit = least_squares(&y, vec![500.0, 0.0001], |b| {
            let predict = |x: &f64| Prediction {
                value: b[0] * (1.0 - (-b[1] * x).exp()),
                gradient: vec![1.0 - (-b[1] * x).exp(), b[0] * x * (-b[1] * x).exp()],
            };
            Some(x.iter().map(predict).collect())
        })
        .unwrap();

        let certified = [238.942_129_18, 5.501_564_318_1e-4];
        for (found, certified) in fit.parameters.iter().zip(certified) {
            assert!((found / certified - 1.0).abs() < 1e-9, "{fit:?}");
        }
        assert!(
            (fit.squares / 0.124_551_388_94 - 1.0).abs() < 1e-9,
            "{fit:?}"
        );
        let variance = fit.squares / 12.0;
        let error = (variance * fit.inverse[0][0]).sqrt();
        assert!((error / 2.707_007_524_1 - 1.0).abs() < 1e-7, "{error}");
    }

    #[test]
    fn unidentifiable_parameters_are_not_fitted() {
        let fit = least_squares(&[1.0, 2.0], vec![1.0, 1.0], |b| {
            let prediction = || Prediction {
                value: b[0] + b[1],
                gradient: vec![1.0, 1.0],
            };
            Some(vec![prediction(), prediction()])
        });

        assert!(fit.is_none());
    }
}
