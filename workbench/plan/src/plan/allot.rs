//! Assigns users to scenarios and to replicas.

use std::collections::BTreeMap;

use super::{Load, Plan, Target};
use crate::schedule::{Schedule, Work};

/// The loads of an experiment: the shared one, and the scenarios' own ones. Each comes with the positions and weights
/// of its scenarios. `scenarios` gives each scenario's weight and own load.
pub(crate) fn loads<'a>(
    shared: Option<&'a Load>,
    scenarios: &[(u32, Option<&'a Load>)],
) -> Vec<(&'a Load, Vec<(usize, u32)>)> {
    let scenarios = || scenarios.iter().enumerate();
    let shared = shared.map(|load| {
        let sharing = scenarios().filter(|(_, (_, own))| own.is_none());
        let weights = sharing.map(|(position, (weight, _))| (position, *weight));
        (load, weights.collect())
    });
    let own = scenarios()
        .filter_map(|(position, (weight, load))| Some(((*load)?, vec![(position, *weight)])));
    shared.into_iter().chain(own).collect()
}

impl Plan {
    /// Each load with the positions and weights of the scenarios that share it.
    pub(crate) fn loads(&self) -> Vec<(&Load, Vec<(usize, u32)>)> {
        let scenarios = self.scenarios.iter();
        let scenarios: Vec<_> = scenarios.map(|it| (it.weight, it.load.as_ref())).collect();
        loads(self.load.as_ref(), &scenarios)
    }

    /// The instants at which users start and stop, and iterations arrive.
    #[must_use]
    pub fn schedule(&self) -> Schedule {
        Schedule::of(&self.loads())
    }

    /// Names of the scenarios without users: there are too few users, or arrivals, for their weights.
    #[must_use]
    pub fn scenarios_without_users(&self) -> Vec<&str> {
        let schedule = self.schedule();
        let mut played = vec![false; self.scenarios.len()];
        for user in schedule.users() {
            played[user.scenario] |= !matches!(user.work, Work::Arrivals(_));
        }
        for arrivals in schedule.arrivals() {
            let most = arrivals.expected().ceil().min(100_000.0) as usize;
            arrivals
                .scenarios()
                .take(most)
                .for_each(|it| played[it] = true);
        }
        let scenarios = self.scenarios.iter().zip(played);
        scenarios
            .filter(|(_, played)| !played)
            .map(|(scenario, _)| scenario.name.as_str())
            .collect()
    }

    /// The replica of the target, from 0, of each user of the schedule.
    ///
    /// Each user keeps to one replica, so that a connection serves all its requests to a service; see [`shared_out`].
    #[must_use]
    pub fn allot_replicas(&self, schedule: &Schedule) -> Vec<usize> {
        let replicas = match &self.target {
            Target::Bookstore(bookstore) => bookstore.replicas as usize,
            Target::Urls(_) => 1,
        };
        let users = schedule.users().iter().map(|user| user.scenario);
        shared_out(users, replicas)
    }
}

/// Assigns each user to one of `of` shares, numbered from 0, given the scenarios of all users in order.
///
/// A user goes to the share with the fewest users of its scenario so far. Ties go to the share with the fewest users,
/// then to the first. So at any moment every share has its part of every scenario, up to whole users.
pub(crate) fn shared_out(scenarios: impl Iterator<Item = usize>, shares: usize) -> Vec<usize> {
    let mut of_scenario: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut of_all = vec![0_usize; shares];
    let next = |scenario: usize| {
        let of_scenario = of_scenario
            .entry(scenario)
            .or_insert_with(|| vec![0; shares]);
        let chosen = (0..shares)
            .min_by_key(|&it| (of_scenario[it], of_all[it]))
            .unwrap_or_default();
        of_scenario[chosen] += 1;
        of_all[chosen] += 1;
        chosen
    };
    scenarios.map(next).collect()
}

/// The position of the weight that each user, or arrival, is assigned to. The sequence is infinite.
///
/// Each goes to the weight that is furthest behind its share so far; ties go to the first. So the numbers are as close
/// to the weights as whole numbers allow, at any moment.
pub(crate) fn allotted(weights: &[u32]) -> impl Iterator<Item = usize> + Clone + use<> {
    let weights: Vec<i64> = weights.iter().copied().map(i64::from).collect();
    let total: i64 = weights.iter().sum();
    let mut behind = vec![0; weights.len()];
    std::iter::repeat_with(move || {
        for (behind, weight) in behind.iter_mut().zip(&weights) {
            *behind += weight;
        }
        let first_of_most =
            |best: usize, it: usize| if behind[it] > behind[best] { it } else { best };
        let chosen = (0..behind.len()).fold(0, first_of_most);
        behind[chosen] -= total;
        chosen
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::allotted as allot;

    /// How many of `users` users each weight gets.
    fn allotted(weights: &[u32], users: usize) -> Vec<usize> {
        let mut counts = vec![0; weights.len()];
        allot(weights)
            .take(users)
            .for_each(|position| counts[position] += 1);
        counts
    }

    #[test]
    fn users_are_shared_out_by_weight_even_when_there_are_fewer_users_than_weights() {
        assert_eq!(allotted(&[3, 1], 12), [9, 3]);
        assert_eq!(allotted(&[1, 9, 90], 20), [0, 2, 18]);
        assert_eq!(allotted(&[1, 1_000, 1], 2), [0, 2, 0]);
        assert_eq!(allotted(&[1, 1, 8], 5), [1, 0, 4]);
    }

    #[test]
    fn a_scenario_that_the_users_do_not_reach_is_named() {
        let text = "target: { bookstore: {} }\nconcurrency: { target: 2, hold: 1s }\nscenarios:\n\
            - { name: often, weight: 9, steps: [ { request: GET catalog/products } ] }\n\
            - { name: seldom, weight: 1, steps: [ { request: GET catalog/products } ] }\n";
        let mut plan = crate::parse(text, Path::new("weights.yaml")).unwrap();
        assert_eq!(plan.scenarios_without_users(), ["seldom"]);
        plan.scenarios[1].weight = 9;
        assert_eq!(plan.scenarios_without_users(), [] as [&str; 0]);
    }

    #[test]
    fn every_replica_has_its_share_of_every_scenario_at_any_moment() {
        let plan = |users: usize| {
            let text = format!(
                "target: {{ bookstore: {{ database: postgres://localhost/shop, replicas: 3 }} }}\n\
                concurrency: {{ target: {users}, hold: 1s }}\nscenarios:\n\
                - {{ name: a, weight: 2, steps: [ {{ request: GET catalog/products }} ] }}\n\
                - {{ name: b, weight: 1, steps: [ {{ request: GET catalog/products }} ] }}\n"
            );
            let plan = crate::parse(&text, Path::new("replicas.yaml")).unwrap();
            let schedule = plan.schedule();
            let scenarios: Vec<usize> = schedule.users().iter().map(|user| user.scenario).collect();
            (scenarios, plan.allot_replicas(&schedule))
        };
        assert_eq!(plan(6).1, [0, 1, 2, 1, 0, 2]);
        for users in 1..50 {
            let (scenarios, replicas) = plan(users);
            let count = |scenario: Option<usize>, replica: usize| {
                let both = scenarios.iter().zip(&replicas);
                both.filter(|(of, at)| **at == replica && scenario.is_none_or(|it| it == **of))
                    .count()
            };
            for (scenario, off) in [(Some(0), 1), (Some(1), 1), (None, 1)] {
                let counts = [0, 1, 2].map(|replica| count(scenario, replica));
                let (least, most) = (counts.iter().min(), counts.iter().max());
                assert!(
                    most <= least.map(|it| it + off).as_ref(),
                    "{users}: {counts:?}"
                );
            }
        }
    }

    #[test]
    fn a_scenario_is_never_a_whole_user_away_from_its_share() {
        let weights = [7, 2, 1];
        for users in 1..=40 {
            for (count, weight) in allotted(&weights, users).into_iter().zip(weights) {
                let share = users as f64 * f64::from(weight) / 10.0;
                assert!(
                    (count as f64 - share).abs() < 1.0,
                    "{count} of {users} at weight {weight}"
                );
            }
        }
    }
}
