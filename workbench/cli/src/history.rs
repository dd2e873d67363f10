//! `workbench history`: a kept history's metrics over sessions, and where they changed.

use std::path::PathBuf;

use workbench_analysis::gate::{Level, Share};
use workbench_analysis::history::{HistoryOptions, read_csv, read_runs, write_csv};
use workbench_report::{Detail, history as report};

use crate::exit::Exit;
use crate::outcome::{self, Format};

/// Show a history's metrics over sessions, and find where they changed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  workbench history baselines/shop                    a history kept by `gate --history DIR --keep`
  workbench history baselines/shop --html shop.html   a page with figures
  workbench history baselines/shop --metric p95,p99 --label 'GET catalog/products' --label TOTAL
  workbench history baselines/shop --fail-on-change   in CI: 10 if a metric got worse in the last 10 sessions
  workbench history baselines/shop --csv shop.csv     for Apache Otava (Hunter), a spreadsheet, a notebook
  workbench history nightly.csv                       results of any tool: a column `time`, and one for each metric

A session is a run, or several runs of one series or less than 10 minutes apart, which make one value. Invalid runs are \
left out. Sessions of another machine, program or experiment, or of another definition of elapsed time, are not compared \
with those before: the history has a break there. A change can be found from the third session after it on, among 11 \
sessions or more that can be compared; of fewer, the output says that they are too few.

In CSV, values are separated by commas or semicolons, and empty ones are missing. `commit` and `environment` are \
attributes, as is every column of text; where `environment` changes, there is a break. Higher is better for \
`throughput`, lower for `typical_time`, `mean`, `p50`, `p95`, `p99` and `error_rate` (a share of 1), also after a label and \
a point, as in `TOTAL.p95`; for other columns neither is assumed.

The exit code is 0 whatever was found, unless --fail-on-change is given, and 14 if every run is invalid. workbench/METHODOLOGY.md has the method, and how \
often it is wrong.")]
pub(crate) struct Arguments {
    /// A history, or any folder of runs, or a CSV file.
    #[arg(value_name = "DIR|FILE.csv")]
    source: PathBuf,
    /// Metrics, or columns of the CSV file [default: all].
    #[arg(long = "metric", value_name = "METRIC", value_delimiter = ',')]
    metrics: Vec<String>,
    /// Name of a request (label); TOTAL is all requests together [default: TOTAL]. Can be given several times.
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
    /// Relative change that does not matter.
    #[arg(long, value_name = "SHARE", default_value = "5%")]
    margin: Share,
    /// Probability of finding change points in a metric that did not change.
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    alpha: Level,
    /// Also compare sessions across breaks, which are still listed.
    #[arg(long)]
    force: bool,
    /// End with 10 if the last change of a metric is for the worse and began in one of the last N sessions; a change whose
    /// direction is not known counts unless it is within the margin. 11 while too few of the newest sessions can be compared.
    #[arg(long, value_name = "N", num_args = 0..=1, default_missing_value = "10")]
    fail_on_change: Option<usize>,
    /// What is printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Also write the history as a page with figures.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Also write the values as CSV.
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
}

pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<Exit> {
    let options = HistoryOptions {
        alpha: arguments.alpha.fraction(),
        margin: arguments.margin.fraction(),
        labels: arguments.labels.clone(),
        metrics: arguments.metrics.clone(),
        across_breaks: arguments.force,
    };
    let history = if arguments.source.is_file() {
        if !arguments.labels.is_empty() {
            crate::run::wrong_usage(
                "--label is for runs; columns of a CSV file are chosen by --metric",
            );
        }
        read_csv(&arguments.source, &options)?
    } else {
        read_runs(&arguments.source, &options)?
    };
    if let Some(file) = &arguments.html {
        report::write_page(&history, file)?;
    }
    if let Some(file) = &arguments.csv {
        write_csv(&history, file)?;
    }
    outcome::print(&match arguments.format {
        Format::Text => report::document(&history).text(outcome::text_options(Detail::Brief)),
        Format::Json => outcome::json(&history)?,
        Format::Markdown => report::document(&history).markdown(),
    })?;
    let sessions = arguments.fail_on_change.unwrap_or(0);
    if !history.newest_regressions(sessions).is_empty() {
        return Ok(Exit::ThresholdMissed);
    }
    if arguments.fail_on_change.is_some() && !history.can_show_new_changes() {
        outcome::note(&format!(
            "no change can be found yet: fewer than {} of the newest sessions can be compared with each other",
            history.fewest_sessions
        ));
        return Ok(Exit::Inconclusive);
    }
    Ok(Exit::Pass)
}
