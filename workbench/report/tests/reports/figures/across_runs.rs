//! Figures of several runs: of experiments, of groups and of sweeps.

use workbench_analysis::{Analysis, BetweenRuns, Verdict};

use super::{described, figure, find, svg, texts};
use crate::fixture;

fn between(analysis: &mut Analysis) -> &mut BetweenRuns {
    analysis.between_runs.as_mut().unwrap()
}

#[test]
fn runs_stand_in_the_order_of_their_users() {
    let mut analysis = fixture::five_runs();
    analysis.runs.reverse();
    let users = figure(&analysis, "comparison-effect-of-users");
    insta::assert_snapshot!(described(&users));
}

#[test]
fn runs_of_equally_many_users_show_no_effect_of_users() {
    let mut analysis = fixture::five_runs();
    let users = analysis.runs[0].users.clone();
    for run in &mut analysis.runs {
        run.users.clone_from(&users);
    }
    assert!(find(&analysis, "comparison-effect-of-users").is_none());
}

#[test]
fn only_runs_whose_users_keep_rising_are_ramp_up_studies() {
    let ramp_up = figure(&fixture::five_runs(), "comparison-ramp-up");
    let caption = ramp_up.caption();
    assert!(
        caption.starts_with("rampup-50-steps: planned users rise 50 times"),
        "{caption}"
    );
    assert!(
        caption.contains("; rampup-5-steps: planned users rise 5 times"),
        "{caption}"
    );
    assert!(!caption.contains("scenario"), "{caption}");
}

#[test]
fn one_ramp_up_study_alone_is_not_compared() {
    let mut analysis = fixture::five_runs();
    analysis.runs.pop();
    assert!(find(&analysis, "comparison-ramp-up").is_none());
}

#[test]
fn the_caption_of_the_normal_plot_says_what_it_does_not_show() {
    let qq = figure(&fixture::five_runs(), "comparison-clt-qq");
    let caption = qq.caption();
    assert!(caption.contains("nothing of how another run would differ"));
    assert!(
        caption.contains("scenario1: −0.03 ± 0.08 and −0.12 ± 0.15"),
        "{caption}"
    );
}

fn of_sweep(name: &str) -> String {
    format!("{}-{name}", fixture::sweep().experiment)
}

#[test]
fn every_run_of_a_sweep_is_a_dot_and_every_point_has_its_load() {
    let analysis = fixture::five_runs();
    let svg = svg(&analysis, &of_sweep("effect-of-load"));
    // Seven points of two runs, for each of five metrics.
    assert_eq!(svg.matches("<circle").count(), 7 * 2 * 5);
    for load in ["1", "2", "4", "8", "16", "32", "64"] {
        assert!(texts(&svg).contains(&load), "{load}");
    }
    let described = described(&figure(&analysis, &of_sweep("effect-of-load")));
    assert!(described.contains("x: Axis { scale: Logarithmic"));
}

#[test]
fn loads_close_to_each_other_are_evenly_spaced() {
    let mut analysis = fixture::five_runs();
    analysis.sweeps[0].points.truncate(3);
    let described = described(&figure(&analysis, &of_sweep("effect-of-load")));
    assert!(described.contains("x: Axis { scale: Linear"));
}

#[test]
fn one_point_with_valid_runs_is_no_effect_of_the_load() {
    let mut analysis = fixture::five_runs();
    for point in &mut analysis.sweeps[0].points[1..] {
        point.mean_ns.value = None;
    }
    assert!(find(&analysis, &of_sweep("effect-of-load")).is_none());
}

#[test]
fn the_law_goes_on_dashed_where_measurements_end() {
    let mut analysis = fixture::five_runs();
    let law = figure(&analysis, &of_sweep("law"));
    let svg = law.svg().unwrap();
    // Fourteen runs in two panels, and the one of the legend: each a dot with a rim.
    assert_eq!(svg.matches("<circle").count(), 2 * (2 * 14 + 1));
    assert!(texts(&svg).contains(&"peak"));
    let described = described(&law);
    let lines: Vec<&str> = described
        .lines()
        .filter(|line| line.starts_with("Line(["))
        .collect();
    let end = lines[0].rsplit("Some(").next().unwrap();
    let beginning = lines[1].split("Some(").nth(1).unwrap();
    assert_eq!(end.split(')').next(), beginning.split(')').next());
    assert!(lines[0].contains("dashed: false") && lines[1].contains("dashed: true"));
    analysis.sweeps[0].fit = None;
    assert!(find(&analysis, &of_sweep("law")).is_none());
}

#[test]
fn runs_of_one_block_are_joined() {
    let mut analysis = fixture::two_groups();
    for group in &mut between(&mut analysis).groups {
        let is_p95 = |it: &workbench_analysis::Metric| *it == workbench_analysis::Metric::P95;
        group.statistics.retain(|it| is_p95(&it.metric));
    }
    insta::assert_snapshot!(described(&figure(&analysis, "runs-total")));
}

#[test]
fn runs_of_no_series_are_not_joined() {
    let svg = svg(&fixture::three_groups(), "runs-total");
    assert!(!texts(&svg).contains(&"same block"));
}

#[test]
fn a_run_without_a_value_has_no_dot() {
    let mut analysis = fixture::two_groups();
    let all = svg(&analysis, "runs-total");
    for statistic in &mut between(&mut analysis).groups[1].statistics {
        statistic.values[2] = None;
    }
    let but_one = svg(&analysis, "runs-total");
    let missing = |element: &str| all.matches(element).count() - but_one.matches(element).count();
    // Of seven metrics a dot with its rim, and the line to its partner.
    assert_eq!((missing("<circle"), missing("<polyline")), (14, 7));
}

#[test]
fn an_interval_of_two_runs_does_not_flatten_them() {
    let mut analysis = fixture::two_groups();
    let before = figure(&analysis, "runs-total");
    assert!(!before.caption().contains("goes on beyond"));
    for statistic in &mut between(&mut analysis).groups[0].statistics {
        if let Some(interval) = &mut statistic.interval {
            interval.upper = interval.upper.map(|upper| upper * 50.0);
        }
    }
    let after = figure(&analysis, "runs-total");
    assert!(after.caption().contains("goes on beyond"));
    assert!(texts(&after.svg().unwrap()).contains(&"interval goes on"));
    let widest = |figure: &workbench_report::Figure| {
        let described = described(figure);
        let axis = described
            .lines()
            .find(|line| line.starts_with("y: Axis"))
            .unwrap();
        let to = axis
            .split("to: ")
            .nth(1)
            .unwrap()
            .split(',')
            .next()
            .unwrap();
        to.parse::<f64>().unwrap()
    };
    assert!(widest(&after) < 1.5 * widest(&before));
}

#[test]
fn single_runs_have_neither_changes_nor_spread_to_draw() {
    let analysis = fixture::single_runs();
    assert!(find(&analysis, "runs-total").is_none());
    let figures = workbench_report::figures(&analysis);
    assert!(figures.iter().all(|it| !it.name().starts_with("changes")));
}

#[test]
fn all_requests_come_first_and_error_rates_have_their_own_axis() {
    let changes = figure(&fixture::two_groups(), "changes-main-candidate");
    insta::assert_snapshot!(described(&changes));
}

#[test]
fn of_many_comparisons_only_all_requests_together_are_shown() {
    let figures = workbench_report::figures(&fixture::sixty_runs());
    let changes = figures.iter().filter(|it| it.name().starts_with("changes"));
    for svg in changes.map(|it| it.svg().unwrap()) {
        assert!(svg.contains("TOTAL") && !svg.contains("GET catalog"));
    }
}

#[test]
fn of_many_labels_those_that_changed_are_drawn() {
    let mut analysis = fixture::two_groups();
    let rows = &mut between(&mut analysis).comparisons[0].rows;
    let equivalent = rows[0].clone();
    for number in 0..20 {
        let mut row = equivalent.clone();
        row.request = format!("GET /{number}");
        row.verdict = match number {
            7 => Verdict::Improved,
            _ => Verdict::Equivalent,
        };
        rows.push(row);
    }
    let changes = figure(&analysis, "changes-main-candidate");
    let svg = changes.svg().unwrap();
    let labels = [
        "TOTAL",
        "GET catalog/products",
        "POST orders/orders",
        "GET /1",
        "GET /7",
    ];
    let drawn: Vec<_> = texts(&svg)
        .into_iter()
        .filter(|it| labels.contains(it))
        .collect();
    assert_eq!(drawn[..3], ["TOTAL", "POST orders/orders", "GET /7"]);
    assert!(changes.caption().contains("only such as changed"));
}

#[test]
fn the_caption_names_nothing_that_may_not_have_changed() {
    let mut analysis = fixture::two_groups();
    for row in &mut between(&mut analysis).comparisons[0].rows {
        let changed = matches!(row.verdict, Verdict::Regressed | Verdict::Improved);
        row.change = row.change.map(|_| if changed { 0.07 } else { 0.9 });
    }
    let changes = figure(&analysis, "changes-main-candidate");
    let caption = changes.caption();
    assert!(caption.starts_with("Of what changed, furthest: ") && caption.contains("+7.0%"));
    for row in &mut between(&mut analysis).comparisons[0].rows {
        row.verdict = Verdict::Inconclusive;
    }
    let changes = figure(&analysis, "changes-main-candidate");
    let caption = changes.caption();
    assert!(caption.starts_with("The lines are intervals"), "{caption}");
}
