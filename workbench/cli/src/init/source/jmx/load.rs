//! Thread groups of JMeter and of its plugins as loads.

use std::time::Duration;

use super::tree::Element;
use super::{Conversion, milliseconds};
use crate::init::draft::{Load, ThreadRow};
use crate::init::yaml::{Entries, Item, Node};

/// Hold of a load without an end in the test plan. Our choice.
const ENDLESS: Duration = Duration::from_secs(600);

/// The most users of an experiment.
const MOST_USERS: u64 = 1_000_000;

/// Whether an element is a group of threads.
pub(super) fn is_thread_group(kind: &str) -> bool {
    kind.ends_with("ThreadGroup")
}

impl Conversion<'_> {
    /// The load of a thread group. `place` is its position in the plan.
    pub(super) fn load(&mut self, group: &Element) -> Load {
        match group.kind() {
            "ThreadGroup" | "SetupThreadGroup" | "PostThreadGroup" => self.threads(group),
            "UltimateThreadGroup" => self.ultimate(group),
            "ConcurrencyThreadGroup" => self.concurrency(group),
            "ArrivalsThreadGroup" => self.arrivals(group),
            "FreeFormArrivalsThreadGroup" => self.stages(group),
            "SteppingThreadGroup" => self.stepping(group),
            kind => {
                let what = format!("the load of a {kind}: one user for 10 minutes in its place");
                self.leave(what);
                Load::threads(&[ThreadRow::constant(1, ENDLESS)])
            }
        }
    }

    /// A number of a thread group. If it is not known before the run, `otherwise` is used and noted.
    fn setting(&mut self, group: &Element, property: &str, otherwise: f64) -> f64 {
        self.setting_of(group.property(property), property, otherwise)
    }

    fn setting_of(&mut self, raw: &str, what: &str, otherwise: f64) -> f64 {
        let number = self.number(raw).filter(|number| *number >= 0.0);
        if number.is_none() && !raw.is_empty() {
            let what = what.rsplit('.').next().unwrap_or_default();
            self.leave(format!("{what} = {raw}: {otherwise} in its place"));
        }
        number.unwrap_or(otherwise)
    }

    fn users(&mut self, raw: &str) -> u64 {
        whole(self.setting_of(raw, "number of threads", 1.0)).clamp(1, MOST_USERS)
    }

    fn time(&mut self, group: &Element, property: &str, unit: f64) -> Duration {
        seconds(self.setting(group, property, 0.0) * unit)
    }

    fn threads(&mut self, group: &Element) -> Load {
        let mut row = ThreadRow {
            start: self.users(group.property("ThreadGroup.num_threads")),
            startup: self.time(group, "ThreadGroup.ramp_time", 1.0),
            initial_delay: self.time(group, "ThreadGroup.delay", 1.0),
            hold: ENDLESS,
            ..ThreadRow::default()
        };
        let main = group.inner("ThreadGroup.main_controller");
        let loops = main.map_or("", |main| main.property("LoopController.loops"));
        let forever = main.is_some_and(|main| main.is("LoopController.continue_forever"));
        let is_endless = forever && loops.is_empty() || loops.starts_with('-');
        let has_duration = !group.property("ThreadGroup.duration").is_empty();
        if group.is("ThreadGroup.scheduler") && has_duration {
            let duration = self.time(group, "ThreadGroup.duration", 1.0);
            if !is_endless && !loops.is_empty() {
                let what = format!(
                    "each thread ends after {loops} loops, or after the duration: here after the duration"
                );
                self.leave(what);
            }
            self.limit(&mut row, duration);
            return Load::threads(&[row]);
        }
        if is_endless || loops.is_empty() {
            let what = "the threads run until somebody stops them: here for 10 minutes";
            self.leave(what);
            return Load::threads(&[row]);
        }
        let users = row.start;
        let loops = whole(self.setting_of(loops, "loops", 1.0)).max(1);
        if users > 1 && !row.startup.is_zero() {
            let what = format!(
                "{users} threads start within {}: users with a number of iterations all start at once",
                workbench_plan::format_duration(row.startup)
            );
            self.leave(what);
        }
        if !row.initial_delay.is_zero() {
            self.leave("the delay before the threads start");
        }
        let mut parts = Entries::default();
        let total = users.saturating_mul(loops).min(u64::from(u32::MAX));
        parts.put("total", total);
        parts.put("users", users);
        let comment = vec![format!("{users} threads, {loops} loops each.")];
        Load::new("iterations", Item::commented(parts, comment), users)
    }

    /// Lets the threads of a row all stop at one instant.
    fn limit(&mut self, row: &mut ThreadRow, duration: Duration) {
        row.hold = duration.saturating_sub(row.startup);
        if row.startup > duration {
            // Threads that would start after the end are left out.
            let users = row.start;
            let started = users as f64 * duration.as_secs_f64() / row.startup.as_secs_f64();
            row.start = (started as u64).clamp(1, users);
            row.startup = duration;
            let late = users - row.start;
            let what = format!("{late} of its {users} threads would start only after its end");
            self.leave(what);
        }
        if duration.is_zero() {
            self.leave("its duration is 0: here 10 minutes");
            row.hold = ENDLESS;
        }
    }

    fn ultimate(&mut self, group: &Element) -> Load {
        const TIMES: [&str; 4] = [
            "initial delay",
            "startup time",
            "hold load for",
            "shutdown time",
        ];
        let data = match group.collection("ultimatethreadgroupdata") {
            // The property of old versions of the plugin.
            [] => group.collection("threads_schedule"),
            data => data,
        };
        let mut rows = Vec::new();
        for (at, row) in data.iter().enumerate() {
            let place = format!("{}, row {}", self.draft.at, at + 1);
            let mut setting = |position: usize, what: &str| {
                let raw = row.children.get(position);
                let raw = raw.map_or("", |cell| cell.text.trim());
                self.at(place.clone(), |conversion| {
                    conversion.setting_of(raw, what, 0.0)
                })
            };
            let users = setting(0, "start threads count");
            let times: [f64; 4] = std::array::from_fn(|at| setting(at + 1, TIMES[at]));
            let [initial_delay, startup, hold, shutdown] = times.map(seconds);
            if users >= 1.0 {
                rows.push(ThreadRow {
                    start: whole(users).min(MOST_USERS),
                    initial_delay,
                    startup,
                    hold,
                    shutdown,
                });
            }
        }
        if rows.is_empty() {
            let what = "its schedule has no threads: one user for 10 minutes in its place";
            self.leave(what);
            rows.push(ThreadRow::constant(1, ENDLESS));
        }
        Load::threads(&rows)
    }

    fn concurrency(&mut self, group: &Element) -> Load {
        self.note_iterations(group);
        let (unit, _) = unit(group);
        let steps = whole(self.setting(group, "Steps", 0.0));
        let users = self.users(group.property("TargetLevel"));
        let ramp_up = self.time(group, "RampUp", unit);
        let mut parts = Entries::default();
        parts.put("target", users);
        parts.put_some("ramp_up", (!ramp_up.is_zero()).then_some(ramp_up));
        parts.put_some("steps", (steps > 0).then_some(steps));
        parts.put("hold", self.time(group, "Hold", unit));
        Load::new("concurrency", parts, users)
    }

    fn arrivals(&mut self, group: &Element) -> Load {
        self.note_iterations(group);
        let (unit, letter) = unit(group);
        if whole(self.setting(group, "Steps", 0.0)) > 0 {
            self.leave("the steps in which its rate grows: here it grows evenly");
        }
        let rate = self.setting(group, "TargetLevel", 1.0).max(0.001);
        let ramp_up = self.time(group, "RampUp", unit);
        let mut parts = Entries::default();
        parts.put("rate", format!("{rate}/{letter}").as_str());
        parts.put_some("ramp_up", (!ramp_up.is_zero()).then_some(ramp_up));
        parts.put("hold", self.time(group, "Hold", unit));
        parts.put_some("max_users", self.most_users(group));
        Load::new("arrivals", parts, 0)
    }

    /// Rows of a rate at the start, one at the end, and the time between them.
    fn stages(&mut self, group: &Element) -> Load {
        self.note_iterations(group);
        let (unit, letter) = unit(group);
        let rate_of = |rate: f64| format!("{rate}/{letter}");
        let mut stages = Vec::new();
        let (mut before, mut has_arrivals) = (0.0, false);
        for (at, row) in group.collection("Schedule").iter().enumerate() {
            let place = format!("{}, row {}", self.draft.at, at + 1);
            let mut number = |position: usize, what: &str| {
                let raw = row.children.get(position);
                let raw = raw.map_or("", |cell| cell.text.trim());
                self.at(place.clone(), |conversion| {
                    conversion.setting_of(raw, what, 0.0)
                })
            };
            let from = number(0, "start value");
            let to = number(1, "end value");
            let time = seconds(number(2, "duration") * unit);
            if time.is_zero() {
                continue;
            }
            let mut stage = Entries::default();
            if from != to && from != before {
                stage.put("from", rate_of(from).as_str());
            }
            stage.put("rate", rate_of(to).as_str());
            stage.put(if from == to { "hold" } else { "ramp" }, time);
            stages.push(Item::from(stage));
            before = to;
            has_arrivals |= from > 0.0 || to > 0.0;
        }
        if !has_arrivals {
            self.leave("its schedule has no arrivals: one user for 10 minutes in its place");
            return Load::threads(&[ThreadRow::constant(1, ENDLESS)]);
        }
        let mut parts = Entries::default();
        parts.put("stages", Node::List(stages).block());
        parts.put_some("max_users", self.most_users(group));
        Load::new("arrivals", parts.block(), 0)
    }

    /// The most users at once, if the group says.
    fn most_users(&mut self, group: &Element) -> Option<u64> {
        let limit = whole(self.setting(group, "ConcurrencyLimit", 0.0));
        (limit > 0).then_some(limit.min(MOST_USERS))
    }

    fn note_iterations(&mut self, group: &Element) {
        let iterations = group.property("Iterations");
        if !["", "0"].contains(&iterations) {
            let what =
                format!("each thread ends after {iterations} iterations: here with the load");
            self.leave(what);
        }
    }

    /// Threads that start in groups and stop in groups: a row for every run of threads of one start and one stop.
    ///
    /// As `SteppingThreadGroup.scheduleThread` of the jpgc plugin has it.
    fn stepping(&mut self, group: &Element) -> Load {
        let users = self.users(group.property("ThreadGroup.num_threads"));
        let mut setting = |name| whole(self.setting(group, name, 0.0));
        let positive = |number: u64, otherwise: u64| if number == 0 { otherwise } else { number };
        let start_count = positive(setting("Start users count"), users);
        let stop_count = positive(setting("Stop users count"), users);
        let burst = setting("Start users count burst").min(users);
        let burst = positive(burst, start_count.min(users));
        let delay = setting("Threads initial delay");
        let start_period = setting("Start users period");
        let stop_period = setting("Stop users period");
        let flight = setting("flighttime");
        let startup = setting("rampUp");
        let rest = users - burst;
        let later_groups = rest.div_ceil(start_count);
        let last_count = positive(rest % start_count, start_count);
        let period = start_period + startup;
        let descent = delay as f64
            + (later_groups * period) as f64
            + startup as f64 * last_count as f64 / start_count as f64
            + flight as f64;
        let mut rows: Vec<ThreadRow> = Vec::new();
        let mut thread = 0;
        while thread < users && rows.len() < 10_000 {
            let (group_number, first, size) = match thread < burst {
                true => (0, 0, burst),
                false => {
                    let number = 1 + (thread - burst) / start_count;
                    (number, burst + (number - 1) * start_count, start_count)
                }
            };
            let stops = thread / stop_count;
            let end = (first + size).min(users).min((stops + 1) * stop_count);
            let begin = (delay + group_number * period) as f64
                + startup as f64 * (thread - first) as f64 / size as f64;
            let within = startup as f64 * (end - thread) as f64 / size as f64;
            let stop = descent + (stop_period * stops) as f64;
            rows.push(ThreadRow {
                start: end - thread,
                initial_delay: seconds(begin),
                startup: seconds(within),
                hold: seconds((stop - begin - within).max(0.0)),
                shutdown: Duration::ZERO,
            });
            thread = end;
        }
        Load::threads(&rows)
    }
}

/// The unit of the Concurrency and the Arrivals Thread Group: its seconds, and its letter.
fn unit(group: &Element) -> (f64, &'static str) {
    match group.property("Unit") {
        "S" => (1.0, "s"),
        _ => (60.0, "m"),
    }
}

fn whole(number: f64) -> u64 {
    number.round() as u64
}

/// To the millisecond, as JMeter counts.
fn seconds(number: f64) -> Duration {
    milliseconds((number * 1000.0).round())
}
