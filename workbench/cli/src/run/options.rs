//! Options of `run` for series: order and end.

use clap::ValueEnum;
use workbench_samples::{SeriesOrder, UntilDecided};

use super::{Arguments, wrong_usage};
use crate::{policy, series};

/// Names of the orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum OrderName {
    /// Every second block is the mirror of the one before.
    Abba,
    /// Each block is a random permutation.
    Random,
    /// All runs of a block at the same time, so that they share what disturbs this machine.
    Together,
}

impl Arguments {
    /// A series that has begun keeps its number of blocks, its looks and its policy. Changing them after seeing results
    /// would increase the rate of false alarms.
    pub(super) fn refuse_to_change_what_is_fixed(&self) {
        if let Some(repetitions) = self.repetitions {
            wrong_usage(&format!(
                "a series keeps the number of repetitions that it began with: adding runs after a look at its \
                 results raises the rate of false alarms. Begin a new series with --repetitions {repetitions}, \
                 or one with planned interim analyses, which ends as soon as it is decided: --until-decided --most {repetitions}"
            ));
        }
        if self.until_decided || self.most.is_some() || self.policy.is_some() {
            wrong_usage(
                "a series keeps the interim analyses and the policy that it began with, or none: the rate of false alarms holds for these \
                 only. Begin a new series",
            );
        }
    }

    /// The looks and the policy of `--until-decided`.
    pub(super) fn until_decided(
        &self,
        experiments: usize,
        swept: bool,
    ) -> anyhow::Result<Option<UntilDecided>> {
        if !self.until_decided {
            if self.most.is_some() || self.policy.is_some() {
                wrong_usage("--most and --policy are for --until-decided");
            }
            return Ok(None);
        }
        if experiments != 2 || swept {
            wrong_usage(
                "--until-decided needs two experiments without a sweep: the baseline and the candidate",
            );
        }
        let most = self.most.unwrap_or(20);
        if let Err(why) = series::looks(most) {
            wrong_usage(&why);
        }
        let policy = policy::read_policy(self.policy.as_deref())?.policy();
        series::until_decided(most, &policy).map(Some)
    }

    /// The first given option that only a series has. Whether there is a series is known only from the files.
    pub(super) fn option_of_series(&self) -> Option<&'static str> {
        [
            ("--order", self.order.is_some()),
            ("--order-seed", self.order_seed.is_some()),
            ("--pause", self.pause.is_some()),
            ("--stop-on-invalid", self.stop_on_invalid),
        ]
        .into_iter()
        .find_map(|(option, given)| given.then_some(option))
    }
}

/// With points in ascending order, drift would look like an effect of the users.
pub(super) fn order(arguments: &Arguments, swept: bool) -> anyhow::Result<SeriesOrder> {
    let by_default = if swept {
        OrderName::Random
    } else {
        OrderName::Abba
    };
    let name = arguments.order.unwrap_or(by_default);
    if name == OrderName::Abba && arguments.order_seed.is_some() {
        wrong_usage("--order-seed is for --order random and --order together");
    }
    let seed = || arguments.order_seed.map_or_else(draw_seed, Ok);
    Ok(match name {
        OrderName::Abba => SeriesOrder::Abba,
        OrderName::Random => SeriesOrder::Random { seed: seed()? },
        OrderName::Together => SeriesOrder::Together { seed: seed()? },
    })
}

/// At most 2⁵³, so that every JSON parser keeps it exact.
pub(crate) fn draw_seed() -> anyhow::Result<u64> {
    let seed = getrandom::u32().map_err(|error| anyhow::anyhow!("cannot draw a seed: {error}"))?;
    Ok(seed.into())
}
