//! Roots of monotone functions.

/// The x between `low` and `high` at which a decreasing function crosses 0, to the last digits of a double.
///
/// The Illinois variant of the false position, which halves the weight of an end that stays. A root outside the
/// bracket gives the nearer end.
///
/// # References
/// M. Dowell, P. Jarratt (1971), “A Modified Regula Falsi Method for Computing the Root of an Equation”,
/// BIT 11.
pub(crate) fn root_of_decreasing(
    mut low: f64,
    mut high: f64,
    function: impl Fn(f64) -> f64,
) -> f64 {
    let mut at_low = function(low);
    let mut at_high = function(high);
    if at_low <= 0.0 {
        return low;
    }
    if at_high >= 0.0 {
        return high;
    }
    let mut stayed_high = None;
    // A bisection now and then bounds the number of steps where a function has a sharp bend.
    for step in 0..200 {
        let secant = low + (high - low) * (at_low / (at_low - at_high));
        let inside = secant > low && secant < high;
        let next = if step % 8 == 7 || !inside {
            f64::midpoint(low, high)
        } else {
            secant
        };
        let value = function(next);
        if value == 0.0 {
            return next;
        }
        let moves_low = value > 0.0;
        if moves_low {
            (low, at_low) = (next, value);
            if stayed_high == Some(true) {
                at_high /= 2.0;
            }
        } else {
            (high, at_high) = (next, value);
            if stayed_high == Some(false) {
                at_low /= 2.0;
            }
        }
        stayed_high = Some(moves_low);
        if high - low <= 4.0 * f64::EPSILON * low.abs().max(high.abs()) {
            break;
        }
    }
    f64::midpoint(low, high)
}
