//! Drawn means as a histogram with the normal curve of their mean and standard deviation.

use plotters::style::RGBColor;
use workbench_analysis::CltDistribution;

use super::axis::Axis;
use super::over_time;
use super::palette;
use super::plot::{Series, Stroke};

const BINS: usize = 32;

/// Means of one run, counted in bins of equal width.
#[derive(Clone, Debug)]
pub(super) struct Means {
    pub(super) mean_ns: f64,
    pub(super) standard_deviation_ns: f64,
    pub(super) low_ns: f64,
    pub(super) high_ns: f64,
    width_ns: f64,
    drawn: usize,
    counts: Vec<u32>,
}

impl Means {
    /// `None` without means.
    pub(super) fn of(distribution: &CltDistribution) -> Option<Self> {
        let means = || {
            distribution
                .means_ns
                .iter()
                .copied()
                .filter(|mean| mean.is_finite())
        };
        let (low_ns, high_ns) = (means().reduce(f64::min)?, means().reduce(f64::max)?);
        // Equal means fill one bin of a width that can be seen.
        let width_ns = if high_ns > low_ns {
            (high_ns - low_ns) / BINS as f64
        } else {
            (low_ns.abs() * 0.01).max(1.0)
        };
        let mut counts = vec![0; BINS];
        for mean in means() {
            let bin = ((mean - low_ns) / width_ns) as usize;
            counts[bin.min(BINS - 1)] += 1;
        }
        Some(Self {
            mean_ns: distribution.mean_of_means_ns,
            standard_deviation_ns: distribution.standard_deviation_of_means_ns,
            low_ns,
            high_ns: low_ns.max(high_ns),
            width_ns,
            drawn: means().count(),
            counts,
        })
    }

    /// The highest bar or the top of the curve, whichever is higher.
    pub(super) fn highest(&self) -> f64 {
        let bar = self.counts.iter().copied().max().unwrap_or(0);
        f64::from(bar).max(self.expected(self.mean_ns).unwrap_or(0.0))
    }

    /// Number of means that a normal distribution would put into a bin around `x`:
    /// n·w·φ((x − μ)/σ)/σ for n means and bins of width w; `None` where all means are equal.
    fn expected(&self, x: f64) -> Option<f64> {
        let deviation = self.standard_deviation_ns;
        if deviation.is_nan() || deviation <= 0.0 {
            return None;
        }
        let z = (x - self.mean_ns) / deviation;
        let density = (-0.5 * z * z).exp() / (deviation * std::f64::consts::TAU.sqrt());
        Some(self.drawn as f64 * self.width_ns * density)
    }

    /// Bars, normal curve and mean; every height is divided by `unit` and set on `base`.
    pub(super) fn series(
        &self,
        times: &Axis,
        colour: RGBColor,
        (base, unit): (f64, f64),
    ) -> [Series; 3] {
        let counts = self.counts.iter().enumerate();
        let bars = counts
            .filter(|(_, count)| **count > 0)
            .map(|(index, count)| {
                let from = self.low_ns + index as f64 * self.width_ns;
                let height = base + f64::from(*count) / unit;
                [(from, base), (from + self.width_ns, height)]
            });
        let (from, to) = (
            self.mean_ns - 4.0 * self.standard_deviation_ns,
            self.mean_ns + 4.0 * self.standard_deviation_ns,
        );
        let curve = (0..=120)
            .map(|step| from + (to - from) * f64::from(step) / 120.0)
            .filter(|x| (times.from..=times.to).contains(x))
            .map(|x| (x, self.expected(x).map(|height| base + height / unit)));
        let top = base + self.highest() / unit;
        let mean = vec![[(self.mean_ns, base), (self.mean_ns, top)]];
        [
            Series::Bars(bars.collect(), colour),
            over_time::line(curve.collect(), palette::INK),
            Series::Strokes(mean, Stroke::solid(palette::INK, 1.0)),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;

    fn means(means_ns: Vec<f64>, mean_ns: f64, deviation_ns: f64) -> Means {
        let mut distribution = fixture::five_runs()
            .comparison
            .unwrap()
            .distributions
            .remove(0);
        distribution.means_ns = means_ns;
        distribution.mean_of_means_ns = mean_ns;
        distribution.standard_deviation_of_means_ns = deviation_ns;
        Means::of(&distribution).unwrap()
    }

    #[test]
    fn every_mean_falls_into_a_bin() {
        let means = means((0..1000).map(f64::from).collect(), 499.5, 288.7);
        assert_eq!(means.counts.iter().sum::<u32>(), 1000);
        assert_eq!(means.counts.len(), BINS);
    }

    #[test]
    fn the_curve_holds_as_many_means_as_were_drawn() {
        let means = means((0..1000).map(f64::from).collect(), 499.5, 100.0);
        let held: f64 = (-2000..3000)
            .map(|x| means.expected(f64::from(x)).unwrap() / means.width_ns)
            .sum();
        assert!((held - 1000.0).abs() < 0.01, "{held}");
    }

    #[test]
    fn equal_means_have_no_curve() {
        let means = means(vec![5e6; 10], 5e6, 0.0);
        assert_eq!(means.expected(5e6), None);
        assert_eq!(means.counts[0], 10);
    }
}
