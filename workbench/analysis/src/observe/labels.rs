//! Names of requests, and the services that they are sent to.

use std::collections::HashMap;

use workbench_plan::Plan;

/// Labels, their numbers by name, and their services.
pub(super) struct Labels {
    pub(super) names: Vec<String>,
    numbers: HashMap<String, u16>,
    /// By number of the label: position among `services`; `None` for a label that the plan does not know.
    pub(super) service_of: Vec<Option<usize>>,
    pub(super) services: Vec<String>,
    /// Requests may start later than they are intended to.
    pub(super) may_wait: bool,
}

impl Labels {
    /// At most [`MOST_LABELS`](super::tally::MOST_LABELS). A label of several services counts for the one that the plan names first.
    pub(super) fn new(names: Vec<String>, plan: &Plan) -> Self {
        let numbers: HashMap<_, _> = names.iter().cloned().zip(0..).collect();
        let mut service_of = vec![None; names.len()];
        let mut services: Vec<String> = Vec::new();
        for step in plan.scenarios.iter().flat_map(|scenario| &scenario.steps) {
            let Some(number) = numbers.get(&step.label) else {
                continue;
            };
            let known = services.iter().position(|service| *service == step.service);
            let service = known.unwrap_or_else(|| {
                services.push(step.service.clone());
                services.len() - 1
            });
            service_of[usize::from(*number)].get_or_insert(service);
        }
        Self {
            names,
            numbers,
            service_of,
            services,
            may_wait: !plan.schedule().arrivals().is_empty(),
        }
    }

    pub(super) fn number(&self, label: &str) -> Option<u16> {
        self.numbers.get(label).copied()
    }
}
