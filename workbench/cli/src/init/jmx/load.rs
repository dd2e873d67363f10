//! Thread groups of JMeter and of its plugins as loads.

use std::time::Duration;

use super::Conversion;
use super::tree::Element;
use crate::init::draft::{Load, Stage, ThreadRow};

/// Hold of a load without an end in the test plan. Our choice.
const ENDLESS: Duration = Duration::from_secs(600);

/// Whether an element is a group of threads.
pub(super) fn is_thread_group(kind: &str) -> bool {
    kind.ends_with("ThreadGroup") || kind == "ThreadGroup"
}

impl Conversion<'_> {
    /// The load of a thread group. `place` is its position in the plan.
    pub(super) fn load(&mut self, group: &Element, place: &str) -> Load {
        match group.kind() {
            "ThreadGroup" | "SetupThreadGroup" | "PostThreadGroup" => self.threads(group, place),
            "UltimateThreadGroup" => self.ultimate(group, place),
            "ConcurrencyThreadGroup" => self.concurrency(group, place),
            "ArrivalsThreadGroup" => self.arrivals(group, place),
            "FreeFormArrivalsThreadGroup" => self.stages(group, place),
            "SteppingThreadGroup" => self.stepping(group, place),
            kind => {
                let what = format!("the load of a {kind}: one user for 10 minutes in its place");
                self.draft.leave(place, what);
                Load::Threads(vec![ThreadRow {
                    start: 1,
                    hold: ENDLESS,
                    ..ThreadRow::default()
                }])
            }
        }
    }

    /// A number of a thread group. If it is not known before the run, `otherwise` is used and noted.
    fn setting(&mut self, group: &Element, property: &str, otherwise: f64, place: &str) -> f64 {
        let raw = group.property(property).trim().to_owned();
        self.setting_of(&raw, property, otherwise, place)
    }

    fn setting_of(&mut self, raw: &str, what: &str, otherwise: f64, place: &str) -> f64 {
        if raw.is_empty() {
            return otherwise;
        }
        match self.number(raw) {
            Some(number) if number >= 0.0 => number,
            _ => {
                let what = what.rsplit('.').next().unwrap_or_default();
                let what = format!("{what} = {raw}: {otherwise} in its place");
                self.draft.leave(place, what);
                otherwise
            }
        }
    }

    fn users(&mut self, raw: &str, place: &str) -> u64 {
        whole(self.setting_of(raw.trim(), "number of threads", 1.0, place)).clamp(1, 1_000_000)
    }

    fn time(&mut self, group: &Element, property: &str, unit: f64, place: &str) -> Duration {
        seconds(self.setting(group, property, 0.0, place) * unit)
    }

    fn threads(&mut self, group: &Element, place: &str) -> Load {
        let users = self.users(group.property("ThreadGroup.num_threads"), place);
        let startup = self.time(group, "ThreadGroup.ramp_time", 1.0, place);
        let delay = self.time(group, "ThreadGroup.delay", 1.0, place);
        let main = group.inner("ThreadGroup.main_controller");
        let loops = main
            .map_or("", |main| main.property("LoopController.loops"))
            .trim()
            .to_owned();
        let is_endless = main.is_some_and(|main| main.is("LoopController.continue_forever"))
            && loops.is_empty()
            || loops.starts_with('-');
        let is_timed = group.is("ThreadGroup.scheduler")
            && !group.property("ThreadGroup.duration").trim().is_empty();
        if is_timed {
            let duration = self.time(group, "ThreadGroup.duration", 1.0, place);
            if !is_endless && !loops.is_empty() {
                let what = format!(
                    "each thread ends after {loops} loops, or after the duration: here after the duration"
                );
                self.draft.leave(place, what);
            }
            return self.timed(users, delay, startup, duration, place);
        }
        if is_endless || loops.is_empty() {
            self.draft.leave(
                place,
                "the threads run until somebody stops them: here for 10 minutes",
            );
            return Load::Threads(vec![ThreadRow {
                start: users,
                initial_delay: delay,
                startup,
                hold: ENDLESS,
                ..ThreadRow::default()
            }]);
        }
        let loops = whole(self.setting_of(&loops, "loops", 1.0, place)).max(1);
        if users > 1 && !startup.is_zero() {
            let what = format!(
                "{users} threads start within {}: users with a number of iterations all start at once",
                workbench_plan::format_duration(startup)
            );
            self.draft.leave(place, what);
        }
        if !delay.is_zero() {
            self.draft
                .leave(place, "the delay before the threads start");
        }
        Load::Iterations {
            total: users.saturating_mul(loops).min(u64::from(u32::MAX)),
            users,
            max_duration: None,
            comment: vec![format!("{users} threads, {loops} loops each.")],
        }
    }

    /// Threads that start within a time, and all stop at one instant.
    fn timed(
        &mut self,
        users: u64,
        delay: Duration,
        startup: Duration,
        duration: Duration,
        place: &str,
    ) -> Load {
        let mut row = ThreadRow {
            start: users,
            initial_delay: delay,
            startup,
            hold: duration.saturating_sub(startup),
            ..ThreadRow::default()
        };
        if startup > duration && !startup.is_zero() {
            // Threads that would start after the end are left out.
            let started = users as f64 * duration.as_secs_f64() / startup.as_secs_f64();
            row.start = (started as u64).clamp(1, users);
            row.startup = duration;
            let what = format!(
                "{} of its {users} threads would start only after its end",
                users - row.start
            );
            self.draft.leave(place, what);
        }
        if duration.is_zero() {
            self.draft
                .leave(place, "its duration is 0: here 10 minutes");
            row.hold = ENDLESS;
        }
        Load::Threads(vec![row])
    }

    fn ultimate(&mut self, group: &Element, place: &str) -> Load {
        let mut rows = Vec::new();
        let data = match group.collection("ultimatethreadgroupdata") {
            // The property of old versions of the plugin.
            [] => group.collection("threads_schedule"),
            data => data,
        };
        for (at, row) in data.iter().enumerate() {
            let place = format!("{place}, row {}", at + 1);
            let text = |position: usize| {
                row.children
                    .get(position)
                    .map_or("", |cell| cell.text.trim())
                    .to_owned()
            };
            let users = self.setting_of(&text(0), "start threads count", 0.0, &place);
            let times: Vec<Duration> = [
                "initial delay",
                "startup time",
                "hold load for",
                "shutdown time",
            ]
            .into_iter()
            .enumerate()
            .map(|(at, what)| seconds(self.setting_of(&text(at + 1), what, 0.0, &place)))
            .collect();
            if users >= 1.0 {
                rows.push(ThreadRow {
                    start: whole(users).min(1_000_000),
                    initial_delay: times[0],
                    startup: times[1],
                    hold: times[2],
                    shutdown: times[3],
                    comment: Vec::new(),
                });
            }
        }
        if rows.is_empty() {
            self.draft.leave(
                place,
                "its schedule has no threads: one user for 10 minutes in its place",
            );
            rows.push(ThreadRow {
                start: 1,
                hold: ENDLESS,
                ..ThreadRow::default()
            });
        }
        Load::Threads(rows)
    }

    /// Seconds of one unit of the Concurrency and the Arrivals Thread Group.
    fn unit(group: &Element) -> f64 {
        match group.property("Unit").trim() {
            "S" => 1.0,
            _ => 60.0,
        }
    }

    fn concurrency(&mut self, group: &Element, place: &str) -> Load {
        let unit = Self::unit(group);
        self.note_iterations(group, place);
        let steps = whole(self.setting(group, "Steps", 0.0, place));
        Load::Concurrency {
            target: self.users(group.property("TargetLevel"), place),
            ramp_up: self.time(group, "RampUp", unit, place),
            steps: (steps > 0).then_some(steps),
            hold: self.time(group, "Hold", unit, place),
            comment: Vec::new(),
        }
    }

    fn arrivals(&mut self, group: &Element, place: &str) -> Load {
        let unit = Self::unit(group);
        self.note_iterations(group, place);
        if whole(self.setting(group, "Steps", 0.0, place)) > 0 {
            self.draft.leave(
                place,
                "the steps in which its rate grows: here it grows evenly",
            );
        }
        let rate = self.setting(group, "TargetLevel", 1.0, place).max(0.001);
        Load::Arrivals {
            rate: rate_of(rate, unit),
            ramp_up: self.time(group, "RampUp", unit, place),
            hold: self.time(group, "Hold", unit, place),
            max_users: self.limit(group, place),
            comment: Vec::new(),
        }
    }

    /// Rows of a rate at the start, one at the end, and the time between them.
    fn stages(&mut self, group: &Element, place: &str) -> Load {
        let unit = Self::unit(group);
        self.note_iterations(group, place);
        let mut stages = Vec::new();
        let (mut before, mut has_arrivals) = (0.0, false);
        for (at, row) in group.collection("Schedule").iter().enumerate() {
            let place = format!("{place}, row {}", at + 1);
            let number = |conversion: &mut Self, position: usize, what| {
                let cell = row.children.get(position);
                let raw = cell.map_or("", |cell| cell.text.trim());
                conversion.setting_of(raw, what, 0.0, &place)
            };
            let from = number(self, 0, "start value");
            let to = number(self, 1, "end value");
            let time = seconds(number(self, 2, "duration") * unit);
            if time.is_zero() {
                continue;
            }
            let (ramp, hold) = match from == to {
                true => (Duration::ZERO, time),
                false => (time, Duration::ZERO),
            };
            stages.push(Stage {
                from: (from != to && from != before).then(|| rate_of(from, unit)),
                rate: rate_of(to, unit),
                ramp,
                hold,
            });
            before = to;
            has_arrivals |= from > 0.0 || to > 0.0;
        }
        if !has_arrivals {
            let what = "its schedule has no arrivals: one user for 10 minutes in its place";
            self.draft.leave(place, what);
            return Load::Threads(vec![ThreadRow {
                start: 1,
                hold: ENDLESS,
                ..ThreadRow::default()
            }]);
        }
        Load::Stages {
            stages,
            max_users: self.limit(group, place),
            comment: Vec::new(),
        }
    }

    /// The most users at once, if the group says.
    fn limit(&mut self, group: &Element, place: &str) -> Option<u64> {
        let limit = whole(self.setting(group, "ConcurrencyLimit", 0.0, place));
        (limit > 0).then_some(limit.min(1_000_000))
    }

    fn note_iterations(&mut self, group: &Element, place: &str) {
        let iterations = group.property("Iterations").trim();
        if !iterations.is_empty() && iterations != "0" {
            let what =
                format!("each thread ends after {iterations} iterations: here with the load");
            self.draft.leave(place, what);
        }
    }

    /// Threads that start in groups and stop in groups: a row for every run of threads of one start and one stop.
    ///
    /// As `SteppingThreadGroup.scheduleThread` of the jpgc plugin has it.
    fn stepping(&mut self, group: &Element, place: &str) -> Load {
        let users = self.users(group.property("ThreadGroup.num_threads"), place);
        let setting =
            |conversion: &mut Self, name| whole(conversion.setting(group, name, 0.0, place));
        let positive = |number: u64, otherwise: u64| if number == 0 { otherwise } else { number };
        let start_count = positive(setting(self, "Start users count"), users);
        let stop_count = positive(setting(self, "Stop users count"), users);
        let burst = positive(
            setting(self, "Start users count burst").min(users),
            start_count.min(users),
        );
        let delay = setting(self, "Threads initial delay");
        let start_period = setting(self, "Start users period");
        let stop_period = setting(self, "Stop users period");
        let flight = setting(self, "flighttime");
        let startup = setting(self, "rampUp");
        let rest = users - burst;
        let later_groups = rest.div_ceil(start_count);
        let last_count = match rest % start_count {
            0 => start_count,
            some => some,
        };
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
            let end = (first + size)
                .min(users)
                .min((thread / stop_count + 1) * stop_count);
            let begin = (delay + group_number * period) as f64
                + startup as f64 * (thread - first) as f64 / size as f64;
            let within = startup as f64 * (end - thread) as f64 / size as f64;
            let stop = descent + (stop_period * (thread / stop_count)) as f64;
            rows.push(ThreadRow {
                start: end - thread,
                initial_delay: seconds(begin),
                startup: seconds(within),
                hold: seconds((stop - begin - within).max(0.0)),
                ..ThreadRow::default()
            });
            thread = end;
        }
        Load::Threads(rows)
    }
}

/// A rate per second or, where the unit is longer, per minute.
fn rate_of(rate: f64, unit: f64) -> String {
    let letter = if unit > 1.0 { "m" } else { "s" };
    format!("{rate}/{letter}")
}

/// The most users at once, if the load gives it.
pub(super) fn users(load: &Load) -> u64 {
    match load {
        Load::Threads(rows) => rows.iter().map(|row| row.start).sum(),
        Load::Concurrency { target, .. } => *target,
        Load::Iterations { users, .. } => *users,
        Load::Arrivals { .. } | Load::Stages { .. } => 0,
    }
}

fn whole(number: f64) -> u64 {
    number.round() as u64
}

fn seconds(number: f64) -> Duration {
    /// A year: what a time in an experiment may be.
    const LONGEST: f64 = 365.0 * 24.0 * 60.0 * 60.0;
    // To the millisecond, as JMeter counts.
    Duration::from_millis((number.clamp(0.0, LONGEST) * 1000.0).round() as u64)
}
