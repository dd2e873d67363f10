//! Describes the segments of a plan.

use crate::file::format_duration;
use crate::plan::{Plan, Target};
use crate::schedule::{Schedule, Work};
use crate::segment::{Segment, SegmentError};

use super::{counted, steps};

/// One line, or several, for each of `of` segments.
///
/// # Errors
/// The plan cannot be run in this many segments; the error says why.
pub fn describe_segments(plan: &Plan, of: u32) -> Result<String, SegmentError> {
    plan.check_segments(of)?;
    let whole = plan.schedule();
    let mut lines = vec![format!("{}:", counted(of, "segment", "segments"))];
    for segment in Segment::all(of) {
        let text = format!("  {segment}  {}", one(plan, &whole.segment(segment)));
        lines.extend(steps::wrapped(&text));
    }
    match &plan.target {
        Target::Bookstore(_) if of > 1 => lines.push(
            "  Each starts a bookstore of its own; name its services in target: urls to load one from all.".to_owned(),
        ),
        Target::Urls(urls) if !urls.reset.is_empty() => {
            lines.push(format!("  Segment 1/{of} resets the target."));
        }
        _ => {}
    }
    Ok(lines
        .iter()
        .fold(String::new(), |text, line| text + line + "\n"))
}

fn one(plan: &Plan, schedule: &Schedule) -> String {
    let users = || {
        let users = schedule.users().iter();
        users.filter(|user| !matches!(user.work, Work::Arrivals(_)))
    };
    let mut parts = Vec::new();
    if let (Some(first), Some(last)) = (users().next(), users().next_back()) {
        let by_scenario = plan
            .scenarios
            .iter()
            .enumerate()
            .filter_map(|(position, scenario)| {
                let count = users().filter(|user| user.scenario == position).count();
                (count > 0).then(|| format!("{count} {}", scenario.name))
            });
        parts.push(format!(
            "{}, number {} (from {} on) to {} (from {} on), of {}",
            counted(users().count(), "user", "users"),
            first.position + 1,
            format_duration(first.start),
            last.position + 1,
            format_duration(last.start),
            by_scenario.collect::<Vec<_>>().join(" and ")
        ));
    }
    for stream in schedule.arrivals() {
        let names: Vec<&str> = stream
            .played()
            .map(|position| plan.scenarios[position].name.as_str())
            .collect();
        parts.push(format!(
            "about {:.0} arrivals of {}, up to {} at once",
            stream.expected(),
            names.join(" and "),
            counted(stream.max_users(), "user", "users")
        ));
    }
    parts.join("; ")
}
