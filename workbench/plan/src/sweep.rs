//! Sweeps: one experiment with several numbers of users, or of replicas of the bookstore.

use std::fmt;

use crate::plan::Plan;

/// Values of one parameter that an experiment is run with, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// The swept parameter.
    pub parameter: Parameter,
    /// In the order of the file; never empty, and none of them twice.
    pub values: Vec<u32>,
}

/// A parameter that can be swept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parameter {
    /// The number of users.
    Users,
    /// The number of processes that are the bundled bookstore.
    Replicas,
}

impl Parameter {
    /// Its key in the experiment file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Replicas => "replicas",
        }
    }
}

/// A point of a sweep.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// The swept parameter.
    pub parameter: Parameter,
    /// Its value.
    pub value: u32,
}

impl fmt::Display for Point {
    /// Such as `users=10`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.parameter.as_str(), self.value)
    }
}

impl Plan {
    /// The plans to run: one for each point of the sweep, in the order of the file. The plan itself if it has no sweep.
    ///
    /// A point's plan differs in its number of users, or of replicas, and has no sweep. A number of users takes the
    /// place of the concurrency's target, or of the users in the only row of threads; all times stay, so that all
    /// points last equally long. As the seed stays too, user k draws the same values at every point.
    ///
    /// # Examples
    /// ```
    /// let text = "
    /// target: { bookstore: {} }
    /// concurrency: { target: 1, hold: 10s }
    /// sweep: { users: [1, 10] }
    /// scenarios: [ { name: reader, steps: [ request: GET catalog/products ] } ]
    /// ";
    /// let plan = workbench_plan::parse(text, std::path::Path::new("sweep.yaml"))?;
    /// let peaks: Vec<usize> = plan
    ///     .points()
    ///     .iter()
    ///     .map(|(_, plan)| plan.schedule().peak_users())
    ///     .collect();
    /// assert_eq!(peaks, [1, 10]);
    /// # Ok::<(), workbench_plan::PlanError>(())
    /// ```
    #[must_use]
    pub fn points(&self) -> Vec<(Option<Point>, Self)> {
        let Some(sweep) = &self.sweep else {
            return vec![(None, self.clone())];
        };
        let parameter = sweep.parameter;
        let at = |&value: &u32| {
            let point = Point { parameter, value };
            (Some(point), self.at(point))
        };
        sweep.values.iter().map(at).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn plan(load: &str) -> Plan {
        let text = format!(
            "target: {{ bookstore: {{}} }}\n{load}\n\
             scenarios: [ {{ name: one, steps: [ request: GET catalog/products ] }} ]\n"
        );
        crate::parse(&text, Path::new("sweep.yaml")).unwrap_or_else(|error| panic!("{error}"))
    }

    fn swept(users: &str) -> Vec<u32> {
        let load = format!("concurrency: {{ target: 1, hold: 1s }}\nsweep: {{ users: {users} }}");
        plan(&load).sweep.unwrap().values
    }

    #[test]
    fn a_point_is_the_experiment_with_another_number_of_users() {
        for (load, at_7) in [
            (
                "concurrency: { target: 20, ramp_up: 4s, steps: 2, hold: 1s }",
                "concurrency: { target: 7, ramp_up: 4s, steps: 2, hold: 1s }",
            ),
            (
                "threads: [ { start: 20, initial_delay: 1s, startup: 2s, hold: 3s, shutdown: 4s } ]",
                "threads: [ { start: 7, initial_delay: 1s, startup: 2s, hold: 3s, shutdown: 4s } ]",
            ),
        ] {
            let points = plan(&format!("{load}\nsweep: {{ users: [20, 7] }}")).points();
            let points: [_; 2] = points.try_into().unwrap();
            let names = points
                .each_ref()
                .map(|(point, _)| point.unwrap().to_string());
            assert_eq!(names, ["users=20", "users=7"]);
            assert_eq!(points[0].1, plan(load));
            assert_eq!(points[1].1, plan(at_7));
            let ends = points.map(|(_, plan)| plan.schedule().end());
            assert_eq!(ends[0], ends[1]);
        }
    }

    #[test]
    fn a_point_may_be_the_experiment_with_another_number_of_replicas() {
        let with = |replicas: u32, sweep: &str| {
            let text = format!(
                "target: {{ bookstore: {{ database: postgres://localhost/shop, replicas: {replicas} }} }}\n\
                 concurrency: {{ target: 8, hold: 1s }}\n{sweep}\n\
                 scenarios: [ {{ name: one, steps: [ request: GET catalog/products ] }} ]\n"
            );
            crate::parse(&text, Path::new("sweep.yaml")).unwrap_or_else(|error| panic!("{error}"))
        };
        let points = with(1, "sweep: { replicas: [3, 1] }").points();
        let named: Vec<_> = points
            .iter()
            .map(|(point, _)| point.unwrap().to_string())
            .collect();
        assert_eq!(named, ["replicas=3", "replicas=1"]);
        assert_eq!(points[0].1, with(3, ""));
        assert_eq!(points[1].1, with(1, ""));
    }

    #[test]
    fn a_plan_without_a_sweep_has_itself_as_its_only_point() {
        let plan = plan("concurrency: { target: 5, hold: 1s }");
        assert_eq!(plan.points(), [(None, plan.clone())]);
    }

    #[test]
    fn points_are_listed_or_grow_by_a_factor_or_a_step_up_to_the_last_that_fits() {
        assert_eq!(swept("[50, 1, 10]"), [50, 1, 10]);
        assert_eq!(swept("{ from: 1, to: 16, factor: 2 }"), [1, 2, 4, 8, 16]);
        assert_eq!(swept("{ from: 5, to: 100, factor: 3 }"), [5, 15, 45]);
        assert_eq!(swept("{ from: 10, to: 40, step: 10 }"), [10, 20, 30, 40]);
        assert_eq!(swept("{ from: 3, to: 10, step: 4 }"), [3, 7]);
        assert_eq!(swept("{ from: 9, to: 9, step: 1 }"), [9]);
        assert_eq!(swept("{ from: 1, to: 100, step: 1 }").len(), 100);
        let most = "{ from: 500000, to: 1000000, factor: 4294967295 }";
        assert_eq!(swept(most), [500_000]);
    }

    #[test]
    fn a_sweep_is_written_back_as_it_is() {
        let plan = plan(
            "concurrency: { target: 1, hold: 1s }\nsweep: { users: { from: 1, to: 4, factor: 2 } }",
        );
        let again = crate::parse(&plan.to_yaml(), Path::new("x.yaml")).unwrap();
        assert_eq!(again, plan);
        assert_eq!(again.sweep, plan.sweep);
    }
}
