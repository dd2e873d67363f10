//! The points of a sweep, and whether the experiment can be run at each of them.

use super::Check;
use super::load::users;
use super::target::{for_replicas, replicas};
use crate::file::format::{PointsFile, RangeFile, SweepFile};
use crate::file::source::Node;
use crate::plan::{Load, Target};
use crate::sweep::{Parameter, Sweep};

/// Most points of a sweep. More are taken for a mistake in the step.
const MOST_POINTS: usize = 100;

/// Checks a value of the parameter, and notes it if it is not allowed.
type CheckValue = fn(&mut Check<'_>, u32, &Node) -> Option<u32>;

pub(super) fn sweep(
    check: &mut Check<'_>,
    file: &SweepFile,
    (load, target): (Option<Option<&Load>>, Option<&Target>),
    node: &Node,
) -> Option<Sweep> {
    match (&file.users, &file.replicas) {
        (Some(points), None) => over_users(check, points, load, node),
        (None, Some(points)) => over_replicas(check, points, target, node),
        (Some(_), Some(_)) => check.note(
            node.key_place("replicas"),
            "one thing is swept at a time: either \"users\" or \"replicas\"",
        ),
        (None, None) => check.note(
            node.place(),
            "missing key \"users\" or \"replicas\": what is swept",
        ),
    }
}

fn over_users(
    check: &mut Check<'_>,
    file: &PointsFile,
    load: Option<Option<&Load>>,
    node: &Node,
) -> Option<Sweep> {
    let key = node.key_place("users");
    let node = node.get("users");
    let values = points(check, file, node, users);
    let steps = match load? {
        Some(Load::Threads(rows)) if rows.len() > 1 => {
            return check.note(
                key,
                "a sweep needs a single row of \"threads\", or \"concurrency\": of several rows it is not clear \
                 which one grows",
            );
        }
        Some(Load::Threads(_)) => None,
        Some(Load::Concurrency(concurrency)) => concurrency.steps,
        Some(Load::Arrivals(_) | Load::Iterations(_)) | None => {
            return check.note(
                key,
                "a sweep over users needs the experiment's own \"threads\" or \"concurrency\"",
            );
        }
    };
    let values = values?;
    if let Some(steps) = steps
        && let Some(index) = values.iter().position(|users| *users < steps)
    {
        let message = format!(
            "the {steps} steps of \"concurrency\" cannot be taken by so few users as {}",
            values[index]
        );
        // In a range, mistakes are reported at the whole range.
        return check.note(node.index(index).place(), message);
    }
    Some(Sweep {
        parameter: Parameter::Users,
        values,
    })
}

fn over_replicas(
    check: &mut Check<'_>,
    file: &PointsFile,
    target: Option<&Target>,
    node: &Node,
) -> Option<Sweep> {
    let key = node.key_place("replicas");
    let node = node.get("replicas");
    let values = points(check, file, node, replicas);
    let Target::Bookstore(bookstore) = target? else {
        return check.note(
            key,
            "only the bundled bookstore can be started with other replicas: \"urls\" are those that run already",
        );
    };
    let values = values?;
    let largest = values.iter().copied().max()?;
    for_replicas(check, &bookstore.database, largest, key)?;
    Some(Sweep {
        parameter: Parameter::Replicas,
        values,
    })
}

fn points(
    check: &mut Check<'_>,
    file: &PointsFile,
    node: &Node,
    value: CheckValue,
) -> Option<Vec<u32>> {
    match file {
        PointsFile::List(list) => listed(check, list, node, value),
        PointsFile::Range(range) => ranged(check, range, node, value),
    }
}

fn listed(
    check: &mut Check<'_>,
    list: &[u32],
    around: &Node,
    value: CheckValue,
) -> Option<Vec<u32>> {
    if list.is_empty() {
        return check.note(around.place(), "at least one point is needed");
    }
    if list.len() > MOST_POINTS {
        return too_many(check, list.len(), around);
    }
    let mut right = true;
    for (index, &point) in list.iter().enumerate() {
        let node = around.index(index);
        right &= value(check, point, node).is_some();
        let mut before = list[..index].iter().zip(0..);
        if before.any(|(it, at)| *it == point && !around.index(at).is_stand_in()) {
            let message =
                format!("{point} is in the list already; --repetitions repeats every point");
            right &= check.note::<()>(node.place(), message).is_some();
        }
    }
    right.then(|| list.to_vec())
}

fn ranged(
    check: &mut Check<'_>,
    range: &RangeFile,
    node: &Node,
    value: CheckValue,
) -> Option<Vec<u32>> {
    let from = value(check, range.from, node.get("from"));
    let to = value(check, range.to, node.get("to"));
    let (from, to) = (from?, to?);
    if from > to {
        return check.note(
            node.get("from").place(),
            format!("no point from {from} to {to}: the lowest comes first"),
        );
    }
    match (range.factor, range.step) {
        (Some(factor), None) if factor < 2 => check.note(
            node.get("factor").place(),
            "a factor has to be at least 2, or the points do not grow",
        ),
        (Some(factor), None) => {
            let next = |point: &u32| point.checked_mul(factor).filter(|next| *next <= to);
            Some(std::iter::successors(Some(from), next).collect())
        }
        (None, Some(0)) => check.note(
            node.get("step").place(),
            "a step has to be at least 1, or the points do not grow",
        ),
        (None, Some(step)) => {
            let points = ((to - from) / step) as usize + 1;
            if points > MOST_POINTS {
                return too_many(check, points, node);
            }
            Some((from..=to).step_by(step as usize).collect())
        }
        (Some(_), Some(_)) => check.note(
            node.key_place("step"),
            "points grow either by a \"factor\" or by a \"step\", not by both",
        ),
        (None, None) => check.note(
            node.place(),
            "missing key \"factor\" or \"step\": by what the points grow",
        ),
    }
}

fn too_many<T>(check: &mut Check<'_>, points: usize, node: &Node) -> Option<T> {
    check.note(
        node.place(),
        format!("{points} points, and every one is a run; at most {MOST_POINTS} make a sweep"),
    )
}
