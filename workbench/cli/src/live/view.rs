//! The terminal view of running runs: key figures of the last second, and the last minute as sparklines. Long, because all
//! that is drawn shares the layout, and a fifth are its tests.

use std::time::Duration;

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Modifier, Style};
use ratatui_core::symbols::bar::NINE_LEVELS;
use ratatui_core::text::{Line, Span};
use ratatui_core::widgets::Widget;
use workbench_load::{Live, LiveLatency};
use workbench_samples::{Check, CheckStatus};

use super::{Course, MINUTE, Side, milliseconds};

/// Columns of a row's name and of its value, each with a space behind it.
const NAME: u16 = 9;
const VALUE: u16 = 12;
/// Columns of the largest value of a sparkline, where there is room for it.
const LARGEST: u16 = 16;
/// Fewest columns for the view.
const LEAST_WIDTH: u16 = 44;
/// Rows kept free for text above the view.
const ROOM_ABOVE: u16 = 2;
/// Most checks shown for a run.
const CHECKS: usize = 3;

/// The view for a terminal of this size; `None` if it does not fit.
pub(crate) fn lines(course: &Course, (rows, columns): (u16, u16)) -> Option<Vec<String>> {
    // The last column stays free: a character there makes some terminals begin a new row.
    let width = columns.saturating_sub(1);
    let height = height(course);
    if width < LEAST_WIDTH || height + ROOM_ABOVE > rows {
        return None;
    }
    Some(ansi(&drawn(course, Rect::new(0, 0, width, height))))
}

fn height(course: &Course) -> u16 {
    let sides = course
        .sides
        .iter()
        .map(|side| rows(side).len() + checks(side).len());
    let titles = course.sides.len();
    let series = usize::from(course.series.is_some());
    let height = 1 + titles + sides.sum::<usize>() + series;
    u16::try_from(height).unwrap_or(u16::MAX)
}

fn drawn(course: &Course, area: Rect) -> Buffer {
    let mut buffer = Buffer::empty(area);
    let mut y = 0;
    let mut row = || {
        let row = Rect::new(0, y, area.width, 1);
        y += 1;
        row
    };
    for (place, side) in course.sides.iter().enumerate() {
        title(course, side, place == 0, row(), &mut buffer);
        if place == 0 {
            gauge(course, row(), &mut buffer);
        }
        for it in rows(side) {
            it.draw(row(), &mut buffer);
        }
        for (text, style) in checks(side) {
            let name = Span::raw(format!("{:<1$}", "validity", usize::from(NAME)));
            Line::from(vec![name, Span::styled(text, style)]).render(row(), &mut buffer);
        }
    }
    if let Some(series) = course.series {
        let left = course.newest().map_or(Duration::ZERO, remaining);
        let text = series.place(left);
        Line::styled(text, muted()).render(row(), &mut buffer);
    }
    buffer
}

/// Name and title, and on the right the progress of the first run.
fn title(course: &Course, side: &Side, is_first: bool, area: Rect, buffer: &mut Buffer) {
    let right = match (course.newest(), is_first) {
        (_, false) => String::new(),
        (None, true) => course.waiting.clone(),
        (Some(live), true) if live.elapsed >= live.planned => {
            "waiting for the last responses".to_owned()
        }
        (Some(live), true) => format!(
            "{} of {} s, {} s left",
            live.elapsed.as_secs(),
            live.planned.as_secs(),
            remaining(live).as_secs()
        ),
    };
    let at = area
        .width
        .saturating_sub(u16::try_from(right.len()).unwrap_or(u16::MAX));
    let left = Rect::new(area.x, area.y, at.saturating_sub(1), 1);
    let name = Span::styled(side.name.clone(), Style::new().add_modifier(Modifier::BOLD));
    let title = Span::raw(if side.title.is_empty() || side.title == side.name {
        String::new()
    } else {
        format!(": {}", side.title)
    });
    Line::from(vec![name, title]).render(left, buffer);
    buffer.set_string(at, area.y, right, Style::new());
}

fn gauge(course: &Course, area: Rect, buffer: &mut Buffer) {
    let done = course.newest().map_or(0.0, |live| {
        let planned = live.planned.as_secs_f64().max(f64::EPSILON);
        (live.elapsed.as_secs_f64() / planned).min(1.0)
    });
    let filled = (f64::from(area.width) * done).round() as u16;
    let line = |columns: u16| "━".repeat(columns.into());
    Line::from(vec![
        Span::styled(line(filled), Style::new().fg(Color::Cyan)),
        Span::styled(line(area.width - filled), muted()),
    ])
    .render(area, buffer);
}

/// A key figure with its last minute.
struct Row {
    name: &'static str,
    value: String,
    style: Style,
    /// Of each second, oldest first; `None` where there was nothing to measure.
    minute: Vec<Option<u64>>,
    /// Formats the largest value.
    words: fn(u64) -> String,
}

impl Row {
    fn draw(self, area: Rect, buffer: &mut Buffer) {
        buffer.set_stringn(0, area.y, self.name, NAME.into(), Style::new());
        let columns = usize::from(VALUE - 1);
        buffer.set_stringn(NAME, area.y, self.value, columns, self.style);
        let left = area.width - NAME - VALUE;
        let minute = MINUTE as u16;
        let width = if left >= minute + LARGEST {
            minute
        } else {
            left.min(minute)
        };
        // Narrow terminals show only the newest part of the minute.
        let hidden = self.minute.len().saturating_sub(width.into());
        let shown = &self.minute[hidden..];
        let largest = shown.iter().flatten().max().copied().unwrap_or(0);
        let style = self
            .style
            .patch(Style::new().fg(self.style.fg.unwrap_or(Color::Cyan)));
        let bars: String = shown.iter().map(|value| bar(*value, largest)).collect();
        buffer.set_string(NAME + VALUE, area.y, bars, style);
        if left >= width + LARGEST && largest > 0 {
            let text = format!(" up to {}", (self.words)(largest));
            let at = NAME + VALUE + width;
            buffer.set_stringn(at, area.y, text, LARGEST.into(), muted());
        }
    }
}

/// A value as a bar of the height of a row, in eighths.
fn bar(value: Option<u64>, largest: u64) -> &'static str {
    let bars = [
        NINE_LEVELS.empty,
        NINE_LEVELS.one_eighth,
        NINE_LEVELS.one_quarter,
        NINE_LEVELS.three_eighths,
        NINE_LEVELS.half,
        NINE_LEVELS.five_eighths,
        NINE_LEVELS.three_quarters,
        NINE_LEVELS.seven_eighths,
        NINE_LEVELS.full,
    ];
    let share = value.unwrap_or(0) as f64 / largest.max(1) as f64;
    bars[(share * 8.0).ceil().min(8.0) as usize]
}

fn rows(side: &Side) -> Vec<Row> {
    let newest = side.seconds.back();
    let row = |name, value: Option<String>, of: &dyn Fn(&Live) -> Option<u64>, words| Row {
        name,
        value: value.unwrap_or_else(|| "–".to_owned()),
        style: Style::new(),
        minute: side.seconds.iter().map(of).collect(),
        words,
    };
    let number = |number: u64| number.to_string();
    let users = newest.map(|live| match live.planned_arrivals {
        // With arrivals, users are those who serve one.
        Some(_) => live.users.to_string(),
        None => format!("{}/{}", live.users, live.planned_users),
    });
    let mut rows = vec![row("users", users, &|live| Some(live.users.into()), number)];
    let is_open = newest.is_some_and(|live| live.planned_arrivals.is_some());
    if is_open {
        let planned = newest.and_then(|live| live.planned_arrivals);
        rows.push(row(
            "planned",
            planned.map(|rate| format!("{rate:.0}/s")),
            &|live| live.planned_arrivals.map(|rate| rate.round() as u64),
            |rate| format!("{rate}/s"),
        ));
        let waiting = newest.and_then(|live| live.waiting_arrivals);
        let mut row = row(
            "waiting",
            waiting.map(|waiting| waiting.to_string()),
            &|live| live.waiting_arrivals,
            number,
        );
        row.style = warned(waiting.unwrap_or(0) > 0);
        rows.push(row);
    }
    rows.push(row(
        "requests",
        newest.map(|live| format!("{}/s", live.requests)),
        &|live| Some(live.requests),
        |rate| format!("{rate}/s"),
    ));
    type Quantile = fn(&LiveLatency) -> Duration;
    let quantiles: [(&str, Quantile); 3] = [
        ("p50", |it| it.p50),
        ("p95", |it| it.p95),
        ("p99", |it| it.p99),
    ];
    for (name, of) in quantiles {
        let at = move |live: &Live| live.latency.as_ref().map(of);
        let value = newest.and_then(at).map(milliseconds);
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        rows.push(row(name, value, &|live| at(live).map(micros), |micros| {
            milliseconds(Duration::from_micros(micros))
        }));
    }
    let mut errors = row(
        "errors",
        newest.map(errors),
        &|live| Some(live.errors),
        |errors| format!("{errors}/s"),
    );
    errors.style = warned(newest.is_some_and(|live| live.total_errors > 0));
    rows.push(errors);
    rows
}

/// Since the start.
fn errors(live: &Live) -> String {
    let share = live.total_errors as f64 / live.total_requests.max(1) as f64 * 100.0;
    match live.total_errors {
        0 => "0".to_owned(),
        errors => format!("{errors} ({share:.1} %)"),
    }
}

/// Failed checks and warnings so far, the worst first; or a line that there are none.
fn checks(side: &Side) -> Vec<(String, Style)> {
    let Some(live) = side.seconds.back() else {
        return vec![("–".to_owned(), Style::new())];
    };
    let mut checks: Vec<&Check> = live.checks.iter().collect();
    checks.sort_by_key(|check| std::cmp::Reverse(check.status));
    let shown = checks.iter().take(CHECKS).map(|check| {
        let (word, color) = match check.status {
            CheckStatus::Failed => ("INVALID", Color::Red),
            _ => ("warning", Color::Yellow),
        };
        let text = format!("{word}: {}: {}", check.name, check.finding);
        (text, Style::new().fg(color))
    });
    let shown: Vec<_> = shown.collect();
    if shown.is_empty() {
        let text = "no check has failed so far".to_owned();
        return vec![(text, Style::new().fg(Color::Green))];
    }
    shown
}

fn remaining(live: &Live) -> Duration {
    live.planned.saturating_sub(live.elapsed)
}

fn muted() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

fn warned(is_warned: bool) -> Style {
    if is_warned {
        Style::new().fg(Color::Yellow)
    } else {
        Style::new()
    }
}

/// The rows of a buffer with the escape sequences of their colours.
fn ansi(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width).max(1);
    buffer
        .content
        .chunks(width)
        .map(|cells| {
            let mut line = String::new();
            let mut style = (Color::Reset, Modifier::empty());
            let mut hidden = 0;
            for cell in cells {
                if hidden > 0 {
                    // The second column of a wide character.
                    hidden -= 1;
                    continue;
                }
                hidden = console::measure_text_width(cell.symbol()).saturating_sub(1);
                let wanted = (cell.fg, cell.modifier);
                if wanted != style {
                    line.push_str(&sequence(wanted));
                    style = wanted;
                }
                line.push_str(cell.symbol());
            }
            if style != (Color::Reset, Modifier::empty()) {
                line.push_str("\x1b[0m");
            }
            line.truncate(line.trim_end().len());
            line
        })
        .collect()
}

/// Of the colours that are used here.
fn sequence((color, modifier): (Color, Modifier)) -> String {
    let mut sequence = String::from("\x1b[0");
    for (is_wanted, code) in [
        (modifier.contains(Modifier::BOLD), ";1"),
        (modifier.contains(Modifier::DIM), ";2"),
        (color == Color::Red, ";31"),
        (color == Color::Green, ";32"),
        (color == Color::Yellow, ";33"),
        (color == Color::Cyan, ";36"),
    ] {
        if is_wanted {
            sequence.push_str(code);
        }
    }
    sequence + "m"
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{course, live};
    use super::*;
    use crate::live::InSeries;

    /// As it looks, without colours.
    fn plain(course: &Course, rows: u16, columns: u16) -> String {
        let lines = lines(course, (rows, columns)).unwrap();
        let lines: Vec<_> = lines
            .iter()
            .map(|line| console::strip_ansi_codes(line).trim_end().to_owned())
            .collect();
        for line in &lines {
            assert!(console::measure_text_width(line) < columns.into(), "{line}");
        }
        lines.join("\n")
    }

    #[test]
    fn a_run_is_shown_with_its_last_minute() {
        insta::assert_snapshot!(plain(&course(&["scenario3"], 75), 24, 80));
    }

    #[test]
    fn a_wide_terminal_shows_the_value_of_the_highest_bar() {
        insta::assert_snapshot!(plain(&course(&["scenario3"], 20), 24, 120));
    }

    #[test]
    fn before_the_start_the_view_shows_the_reason_for_waiting() {
        let text = plain(&course(&["scenario3"], 0), 24, 60);
        assert!(text.starts_with("scenario3: Heavy load"), "{text}");
        assert!(
            text.lines()
                .next()
                .unwrap()
                .ends_with("starting the target"),
            "{text}"
        );
    }

    #[test]
    fn arrivals_that_wait_and_checks_that_failed_are_shown() {
        let mut course = course(&["open"], 3);
        let mut last = live(4);
        last.planned_arrivals = Some(500.0);
        last.waiting_arrivals = Some(37);
        last.checks = [
            ("users", CheckStatus::Warning),
            ("processors", CheckStatus::Failed),
        ]
        .map(|(name, status)| Check {
            name: name.to_owned(),
            status,
            finding: "so it is".to_owned(),
        })
        .into();
        course.add(0, &last);
        let text = plain(&course, 24, 80);
        let [first, second] = ["INVALID: processors: so it is", "warning: users: so it is"]
            .map(|line| text.find(line).unwrap());
        assert!(first < second);
        assert!(text.contains("waiting  37 "), "{text}");
        assert!(text.contains("planned  500/s "), "{text}");
    }

    #[test]
    fn simultaneous_runs_are_shown_below_each_other_with_their_series() {
        let mut course = course(&["a", "b"], 12);
        course.series = Some(InSeries {
            what: "block",
            position: 3,
            of: 10,
            afterwards: Duration::from_secs(7 * 80),
        });
        insta::assert_snapshot!(plain(&course, 24, 60));
    }

    #[test]
    fn parts_that_do_not_fit_are_not_shown() {
        let course = course(&["a", "b"], 12);
        assert!(lines(&course, (24, 40)).is_none());
        assert!(lines(&course, (12, 80)).is_none());
    }

    #[test]
    fn wide_characters_take_the_columns_that_they_are_wide() {
        let mut course = course(&["店"], 3);
        course.sides[0].title = "負荷試験".repeat(20);
        plain(&course, 24, 60);
    }
}
