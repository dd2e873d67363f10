//! Names of requests, and the services that they are sent to.

use std::collections::HashMap;

use workbench_plan::Plan;

use crate::model::TOTAL;

/// Labels, their numbers by name, and their services.
pub(super) struct Labels {
    pub(super) names: Vec<String>,
    numbers: HashMap<String, u16>,
    /// The name of the requests that are themselves labelled `TOTAL`; see [`without_total`].
    total: Option<String>,
    /// By number of the label: position among `services`; `None` for a label that the plan does not know.
    pub(super) service_of: Vec<Option<usize>>,
    pub(super) services: Vec<String>,
    /// Requests may start later than they are intended to.
    pub(super) may_wait: bool,
}

/// The labels with another name for one that is `TOTAL`, as all requests together are; and that name.
pub(super) fn without_total(mut names: Vec<String>) -> (Vec<String>, Option<String>) {
    let Some(place) = names.iter().position(|name| name == TOTAL) else {
        return (names, None);
    };
    while names.iter().filter(|name| **name == names[place]).count() > 1 || names[place] == TOTAL {
        names[place].push_str(" (label)");
    }
    let total = names[place].clone();
    (names, Some(total))
}

impl Labels {
    /// At most [`MOST_LABELS`](super::tally::MOST_LABELS). A label of several services counts for the one that the plan names first.
    pub(super) fn new(names: Vec<String>, total: Option<String>, plan: &Plan) -> Self {
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
            total,
            service_of,
            services,
            may_wait: !plan.schedule().arrivals().is_empty(),
        }
    }

    pub(super) fn number(&self, label: &str) -> Option<u16> {
        let name = self.total.as_deref().filter(|_| label == TOTAL);
        self.numbers.get(name.unwrap_or(label)).copied()
    }
}
