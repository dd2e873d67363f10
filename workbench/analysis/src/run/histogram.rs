//! Histogram of elapsed times with logarithmic bins.

use workbench_statistics::{StatisticsError, Summary};

use crate::model::Bin;
use crate::observe::Times;

/// 20 bins a decade: each is 12 % wider than the one before, fine enough to separate two clusters.
const BINS_PER_DECADE: f64 = 20.0;

/// Counts all times in bins from the shortest to the longest, without gaps.
///
/// Bounds are at 10^(i/20) ns, so that histograms of different runs share them. Times of zero, which have no logarithm,
/// are counted in a bin from 0 to 1 ns.
pub(crate) fn histogram(times: &Times<'_>) -> Result<Vec<Bin>, StatisticsError> {
    let Summary { min, max, .. } = times.summary()?;
    let mut bins = Vec::new();
    let mut counted = 0;
    let mut count = |from_ns: f64, to_ns: f64| {
        let below = times.below(to_ns);
        bins.push(Bin {
            from_ns,
            to_ns,
            count: (below - counted) as u64,
        });
        counted = below;
    };
    let mut step = if min < 1.0 {
        count(0.0, bound(0));
        0
    } else {
        first_step(min)
    };
    while bound(step) <= max {
        count(bound(step), bound(step + 1));
        step += 1;
    }
    Ok(bins)
}

fn bound(step: i32) -> f64 {
    10.0_f64.powf(f64::from(step) / BINS_PER_DECADE)
}

/// The last bound that is not above a time of at least 1 ns.
fn first_step(time_ns: f64) -> i32 {
    let step = (time_ns.log10() * BINS_PER_DECADE).floor() as i32;
    // The logarithm may round to the other side of a bound.
    if bound(step) > time_ns {
        step - 1
    } else if bound(step + 1) <= time_ns {
        step + 1
    } else {
        step
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observe::Class;

    fn assert_complete(times_ns: &[f64]) {
        let bins = histogram(&Class::of_test(times_ns).times()).unwrap();

        let counted: u64 = bins.iter().map(|bin| bin.count).sum();
        assert_eq!(counted, times_ns.len() as u64);
        assert!(bins.windows(2).all(|pair| pair[0].to_ns == pair[1].from_ns));
        for bin in &bins {
            let within = |time: &&f64| (bin.from_ns..bin.to_ns).contains(*time);
            assert_eq!(times_ns.iter().filter(within).count() as u64, bin.count);
        }
        assert!(bins.first().unwrap().count > 0);
        assert!(bins.last().unwrap().count > 0);
    }

    #[test]
    fn every_time_is_in_exactly_one_bin() {
        assert_complete(&[1.0]);
        assert_complete(&[0.0, 0.0, 1.0, 7.0]);
        assert_complete(&[1e6, 2e6, 2e6, 3e9]);
        assert_complete(&[1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10]);
        let on_the_bounds: Vec<f64> = (0..200)
            .flat_map(|step| [bound(step).floor(), bound(step).ceil()])
            .collect();
        assert_complete(&on_the_bounds);
    }

    #[test]
    fn a_decade_has_20_bins() {
        let bins = histogram(&Class::of_test(&[1e6, 9.9e6]).times()).unwrap();
        assert_eq!(bins.len(), 20);
    }
}
