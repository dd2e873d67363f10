//! Every figure of runs at the edge of what can happen is drawn without a panic, within its bounds.

use proptest::prelude::*;
use workbench_analysis::{Analysis, Bin, ConfidenceInterval, RunAnalysis, Second};
use workbench_report::{Figure, figures};

use super::{height, of_run};
use crate::fixture;

fn svgs(figures: &[Figure]) -> Vec<String> {
    figures.iter().map(|figure| figure.svg().unwrap()).collect()
}

fn draw(analysis: &Analysis) -> Vec<(Figure, String)> {
    let figures = figures(analysis).into_iter();
    figures
        .map(|figure| {
            let svg = figure.svg().unwrap();
            (figure, svg)
        })
        .collect()
}

/// Every corner of every line of a drawing lies on its paper.
fn stays_on_paper(figure: &Figure, svg: &str) -> Result<(), String> {
    let height = height(svg);
    for line in svg.lines().filter(|line| line.contains("<polyline")) {
        let points = line.split_once("points=\"").unwrap().1;
        for point in points.split('"').next().unwrap().split_whitespace() {
            let (x, y) = point.split_once(',').unwrap();
            let (x, y) = (x.parse::<i64>().unwrap(), y.parse::<i64>().unwrap());
            if !(0..=960 * 4).contains(&x) || !(0..=i64::from(height) * 4).contains(&y) {
                return Err(format!("{point} in {}", figure.name()));
            }
        }
    }
    Ok(())
}

/// A run whose only request took this long.
fn of_one_sample(elapsed_ns: f64) -> RunAnalysis {
    let mut run = fixture::without_users().runs.remove(0);
    run.requests.truncate(1);
    for statistics in run.requests.iter_mut().chain([&mut run.total]) {
        statistics.samples = 1;
        statistics.standard_deviation_ns = 0.0;
        for value in [
            &mut statistics.mean_ns,
            &mut statistics.min_ns,
            &mut statistics.max_ns,
            &mut statistics.p50_ns,
            &mut statistics.p90_ns,
            &mut statistics.p95_ns,
            &mut statistics.p99_ns,
        ] {
            *value = elapsed_ns;
        }
    }
    run.per_second = vec![Second {
        second: 0,
        requests: 1,
        errors: 0,
        completed: 1,
        mean_ns: Some(elapsed_ns),
        p50_ns: Some(elapsed_ns),
        p95_ns: Some(elapsed_ns),
        p99_ns: Some(elapsed_ns),
    }];
    run.histogram = vec![Bin {
        from_ns: elapsed_ns,
        to_ns: elapsed_ns * 1.1,
        count: 1,
    }];
    run
}

#[test]
fn a_run_without_samples_has_no_figures_of_samples() {
    let mut run = fixture::single().runs.remove(0);
    run.total.samples = 0;
    run.requests.clear();
    run.per_second.clear();
    run.histogram.clear();
    let figures = of_run(run);
    let names: Vec<_> = figures.iter().map(Figure::name).collect();
    assert_eq!(names, ["cpu", "bytes-out", "users"]);
}

#[test]
fn of_thirty_long_labels_the_slowest_are_drawn_one_below_the_other() {
    let svg = super::svg(&fixture::many_long_labels(), "aggregate");
    assert!(svg.contains("…"), "no label was shortened");
    assert_eq!(svg.matches("GET catalog").count(), 20);
}

#[test]
fn no_figure_of_many_runs_is_higher_than_a_page() {
    let mut analysis = fixture::five_runs();
    let runs = analysis.runs.len();
    for copy in 1..8 {
        for index in 0..runs {
            let mut run = analysis.runs[index].clone();
            run.run_id = format!("{}-{copy}", run.run_id);
            let comparison = analysis.comparison.as_mut().unwrap();
            let mut distribution = comparison.distributions[index].clone();
            distribution.run_id.clone_from(&run.run_id);
            comparison.distributions.push(distribution);
            analysis.runs.push(run);
        }
    }
    let figures = draw(&analysis);
    let figures = figures.iter();
    let figures: Vec<_> = figures
        .filter(|(figure, _)| figure.name().starts_with("comparison-"))
        .collect();
    assert_eq!(figures.len(), 5);
    for (figure, svg) in &figures {
        assert!(height(svg) <= 1_357, "{}", figure.name());
    }
    let shown = figures
        .iter()
        .filter(|(it, _)| it.caption().contains(" of 40 runs are drawn."));
    assert_eq!(shown.count(), 3, "the two of means, and the normal plot");
}

#[test]
fn equal_means_are_drawn_without_a_curve() {
    let mut analysis = fixture::five_runs();
    for distribution in &mut analysis.comparison.as_mut().unwrap().distributions {
        distribution.means_ns = vec![distribution.raw_mean_ns; 1000];
        distribution.mean_of_means_ns = distribution.raw_mean_ns;
        distribution.standard_deviation_of_means_ns = 0.0;
    }
    draw(&analysis);
}

#[test]
fn a_second_alone_between_silent_ones_is_a_dot() {
    let mut run = of_one_sample(5e6);
    let silent = |second| Second {
        second,
        requests: 0,
        completed: 0,
        mean_ns: None,
        p50_ns: None,
        p95_ns: None,
        p99_ns: None,
        ..run.per_second[0]
    };
    run.per_second = vec![
        silent(0),
        Second {
            second: 1,
            ..run.per_second[0]
        },
        silent(2),
    ];
    let svg = of_run(run)[0].svg().unwrap();
    assert_eq!(svg.matches("<circle").count(), 3);
}

#[test]
fn a_name_cannot_break_out_of_a_figure() {
    for (_, svg) in draw(&fixture::hostile()) {
        assert!(!svg.contains("<img"));
    }
}

#[test]
fn a_group_cannot_break_out_of_a_figure() {
    let mut analysis = fixture::two_groups();
    let between = analysis.between_runs.as_mut().unwrap();
    let evil = "<img src=x>\n\u{1b}[31m".to_owned();
    between.groups[0].name.clone_from(&evil);
    between.comparisons[0].baseline.clone_from(&evil);
    for row in &mut between.comparisons[0].rows {
        row.request.clone_from(&evil);
    }
    for (figure, svg) in draw(&analysis) {
        assert!(
            !svg.contains("<img") && !svg.contains('\u{1b}'),
            "{}",
            figure.name()
        );
        assert!(
            figure
                .name()
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || it == '-')
        );
    }
}

#[test]
fn equal_runs_without_any_spread_can_be_drawn() {
    let mut analysis = fixture::two_groups();
    let between = analysis.between_runs.as_mut().unwrap();
    for group in &mut between.groups {
        for statistic in &mut group.statistics {
            for value in &mut statistic.values {
                *value = Some(0.0);
            }
            statistic.mean = Some(0.0);
            statistic.interval = None;
        }
    }
    for row in &mut between.comparisons[0].rows {
        row.change = Some(0.0);
        row.interval = None;
    }
    for (figure, svg) in draw(&analysis) {
        assert!(!svg.contains("NaN"), "{}", figure.name());
        stays_on_paper(&figure, &svg).unwrap();
    }
}

#[test]
fn a_caption_says_what_is_seen() {
    let of_one = figures(&fixture::single());
    let across = figures(&fixture::five_runs());
    let across = across
        .iter()
        .filter(|it| it.name().starts_with("comparison-"));
    insta::assert_snapshot!(captions(of_one.iter().chain(across)));
}

#[test]
fn figures_between_runs_say_what_is_seen() {
    insta::assert_snapshot!(captions(figures(&fixture::two_groups()).iter()));
}

fn captions<'a>(figures: impl Iterator<Item = &'a Figure>) -> String {
    let captions = figures.map(|it| format!("{}: {}\n{}", it.name(), it.title(), it.caption()));
    captions.collect::<Vec<_>>().join("\n\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_single_time_from_nanoseconds_to_hours_can_be_drawn(exponent in 0.0..13.0) {
        let run = of_one_sample(10_f64.powf(exponent));
        for svg in svgs(&of_run(run)) {
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf"), "{}", svg);
        }
    }

    #[test]
    fn any_spread_of_times_stays_within_the_figure(low in 1e4..1e6, ratio in 1.0..6e6) {
        let mut run = fixture::single().runs.remove(0);
        for (index, second) in run.per_second.iter_mut().enumerate() {
            second.p99_ns = Some(if index % 7 == 0 { low * ratio } else { low });
        }
        for statistics in &mut run.requests {
            statistics.min_ns = low;
            statistics.max_ns = low * ratio;
        }
        for figure in of_run(run) {
            let drawn = stays_on_paper(&figure, &figure.svg().unwrap());
            prop_assert!(drawn.is_ok(), "{:?}", drawn);
        }
    }

    #[test]
    fn any_change_can_be_drawn(exponent in -7.0..7.0, width in 0.0..9.0, open in any::<bool>()) {
        let mut analysis = fixture::two_groups();
        let between = analysis.between_runs.as_mut().unwrap();
        let ratio = 10_f64.powf(exponent);
        for row in between.comparisons[0].rows.iter_mut().take(7) {
            row.change = Some(ratio - 1.0);
            row.interval = Some(ConfidenceInterval {
                lower: ratio / 10_f64.powf(width) - 1.0,
                upper: (!open).then(|| ratio * 10_f64.powf(width) - 1.0),
                confidence: 0.9,
            });
        }
        for statistic in &mut between.groups[1].statistics {
            statistic.values[0] = statistic.values[0].map(|value| value * ratio);
        }
        for (figure, svg) in draw(&analysis) {
            prop_assert!(!svg.contains("NaN") && !svg.contains("inf\""), "{}", svg);
            let drawn = stays_on_paper(&figure, &svg);
            prop_assert!(drawn.is_ok(), "{:?}", drawn);
        }
    }
}
