//! The law itself, and its coefficients by least squares within their bounds.

use super::LoadPoint;
use super::least_squares::{LeastSquares, Prediction, least_squares, solve};

/// Which of γ, α and β are fitted; those that are not are 0.
const ACTIVE: [&[usize]; 4] = [&[0, 1, 2], &[0, 1], &[0, 2], &[0]];

/// The best of the fits that keep the bounds, and which coefficients it left free.
pub(super) fn best_fit(points: &[LoadPoint]) -> Option<(&'static [usize], LeastSquares)> {
    ACTIVE
        .into_iter()
        .filter_map(|active| Some((active, fit(points, active)?)))
        .filter(|(_, fit)| {
            fit.parameters[0] > 0.0 && fit.parameters.iter().all(|value| *value >= 0.0)
        })
        // The first of equals is the one with the most coefficients free.
        .min_by(|(_, one), (_, other)| one.squares.total_cmp(&other.squares))
}

pub(super) fn law([gamma, alpha, beta]: [f64; 3], load: f64) -> f64 {
    gamma * load / slowdown([alpha, beta], load)
}

fn slowdown([alpha, beta]: [f64; 2], load: f64) -> f64 {
    1.0 + (alpha + beta * load) * (load - 1.0)
}

/// Derivatives of the law by γ, α and β.
pub(super) fn gradient([gamma, alpha, beta]: [f64; 3], load: f64) -> [f64; 3] {
    let slowdown = slowdown([alpha, beta], load);
    let by_gamma = load / slowdown;
    let by_alpha = -gamma * by_gamma * (load - 1.0) / slowdown;
    [by_gamma, by_alpha, by_alpha * load]
}

/// The coefficients with those that are not fitted at 0.
pub(super) fn all_parameters(parameters: &[f64], active: &[usize]) -> [f64; 3] {
    let mut coefficients = [0.0; 3];
    for (index, value) in active.iter().zip(parameters) {
        coefficients[*index] = *value;
    }
    coefficients
}

fn fit(points: &[LoadPoint], active: &[usize]) -> Option<LeastSquares> {
    let measured: Vec<f64> = points.iter().map(|point| point.throughput).collect();
    let predict = |parameters: &[f64]| {
        let coefficients @ [_, alpha, beta] = all_parameters(parameters, active);
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
