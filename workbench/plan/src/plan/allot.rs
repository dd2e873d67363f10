//! Which scenario each user plays, and which replica serves it.

use super::{Plan, Target};

impl Plan {
    /// The scenario, by position, of each of so many users, in the order in which they start.
    ///
    /// Each user goes to the scenario that is furthest behind its share so far, the first of equals. So the numbers
    /// are as close to the weights as whole users can be, not only in the end but at any moment of a ramp.
    #[must_use]
    pub fn allot_scenarios(&self, users: usize) -> Vec<usize> {
        let total: i64 = self.scenarios.iter().map(|it| i64::from(it.weight)).sum();
        let mut behind = vec![0; self.scenarios.len()];
        let next = |_| {
            for (behind, scenario) in behind.iter_mut().zip(&self.scenarios) {
                *behind += i64::from(scenario.weight);
            }
            let first_of_most =
                |best: usize, it: usize| if behind[it] > behind[best] { it } else { best };
            let chosen = (0..behind.len()).fold(0, first_of_most);
            behind[chosen] -= total;
            chosen
        };
        (0..users).map(next).collect()
    }

    /// Names of the scenarios that none of the schedule's users plays: there are fewer users than it takes to reach their
    /// weights.
    #[must_use]
    pub fn scenarios_without_users(&self) -> Vec<&str> {
        let allotted = self.allot_scenarios(self.load.schedule().users().len());
        let scenarios = self.scenarios.iter().enumerate();
        scenarios
            .filter(|(position, _)| !allotted.contains(position))
            .map(|(_, scenario)| scenario.name.as_str())
            .collect()
    }

    /// The replica of the target, from 0, of each of so many users, in the order in which they start.
    ///
    /// Each user keeps to one replica, so that a connection serves all its requests to a service. It goes to the
    /// replica with the fewest users of its scenario so far, of these to the one with the fewest users, and of these
    /// to the first: at any moment every replica has its share of every scenario, as far as whole users allow.
    #[must_use]
    pub fn allot_replicas(&self, users: usize) -> Vec<usize> {
        let replicas = match &self.target {
            Target::Bookstore(bookstore) => bookstore.replicas as usize,
            Target::Urls(_) => 1,
        };
        let mut of_scenario = vec![vec![0_usize; replicas]; self.scenarios.len()];
        let mut of_all = vec![0_usize; replicas];
        let next = |scenario: usize| {
            let chosen = (0..replicas)
                .min_by_key(|&it| (of_scenario[scenario][it], of_all[it]))
                .unwrap_or_default();
            of_scenario[scenario][chosen] += 1;
            of_all[chosen] += 1;
            chosen
        };
        self.allot_scenarios(users).into_iter().map(next).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    /// How many of so many users each scenario gets.
    fn allotted(weights: &[u32], users: usize) -> Vec<usize> {
        let mut text =
            "target: { bookstore: {} }\nconcurrency: { target: 1, hold: 1s }\nscenarios:\n"
                .to_owned();
        for (index, weight) in weights.iter().enumerate() {
            let steps = "steps: [ { request: GET catalog/products } ]";
            text.push_str(&format!(
                "  - {{ name: s{index}, weight: {weight}, {steps} }}\n"
            ));
        }
        let plan = crate::parse(&text, Path::new("weights.yaml")).unwrap();
        let scenarios = plan.allot_scenarios(users);
        (0..weights.len())
            .map(|index| scenarios.iter().filter(|it| **it == index).count())
            .collect()
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
        let text = "target: { bookstore: { database: postgres://localhost/shop, replicas: 3 } }\n\
            concurrency: { target: 1, hold: 1s }\nscenarios:\n\
            - { name: a, weight: 2, steps: [ { request: GET catalog/products } ] }\n\
            - { name: b, weight: 1, steps: [ { request: GET catalog/products } ] }\n";
        let plan = crate::parse(text, Path::new("replicas.yaml")).unwrap();
        assert_eq!(plan.allot_replicas(6), [0, 1, 2, 1, 0, 2]);
        for users in 0..50 {
            let (scenarios, replicas) = (plan.allot_scenarios(users), plan.allot_replicas(users));
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
    fn at_no_moment_is_a_scenario_a_whole_user_away_from_its_share() {
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
