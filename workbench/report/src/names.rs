//! What runs are called beside each other, and in file names.

use workbench_analysis::{CltDistribution, RunAnalysis};

/// A run's name among those of an analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunName {
    /// The experiment, or the point of its sweep; numbered where there are several runs of it.
    pub(crate) label: String,
    /// The same for file names and anchors; unique, and nothing but letters, digits and hyphens.
    pub(crate) slug: String,
}

/// Names for files and anchors, each given once.
#[derive(Default)]
pub(crate) struct Slugs(Vec<String>);

impl Slugs {
    /// The text as a slug that was not given before.
    pub(crate) fn unique(&mut self, text: &str) -> String {
        let mut slug = slug_of(text);
        while self.0.contains(&slug) {
            slug.push_str("-again");
        }
        self.0.push(slug.clone());
        slug
    }
}

/// One name a run, in the order of the runs.
pub(crate) fn of_runs(runs: &[RunAnalysis]) -> Vec<RunName> {
    let mut names: Vec<RunName> = Vec::with_capacity(runs.len());
    let mut slugs = Slugs::default();
    for (index, run) in runs.iter().enumerate() {
        let experiment = experiment(run);
        let same = |other: &&RunAnalysis| self::experiment(other) == experiment;
        let label = if runs.iter().filter(same).count() > 1 {
            let number = runs[..=index].iter().filter(same).count();
            // `shop#1` has a number already.
            let run = if experiment.contains('#') {
                ", run "
            } else {
                " #"
            };
            format!("{experiment}{run}{number}")
        } else {
            experiment.to_owned()
        };
        let slug = slugs.unique(&label);
        names.push(RunName { label, slug });
    }
    names
}

/// A label and the title of its run in a line; the label alone where the run has no title of its own.
pub(crate) fn heading(label: &str, run: &RunAnalysis) -> String {
    if run.title.is_empty() || run.title == run.experiment {
        return label.to_owned();
    }
    format!("{label}: {}", run.title)
}

/// `scenario1`, `scalability@users=16`, `smoke#2`: what its series calls it.
fn experiment(run: &RunAnalysis) -> &str {
    match &run.series {
        Some(place) => &place.experiment,
        None => &run.experiment,
    }
}

/// The name of the run that a distribution was drawn from.
pub(crate) fn of_distribution<'a>(
    distribution: &CltDistribution,
    runs: &[RunAnalysis],
    names: &'a [RunName],
) -> Option<&'a RunName> {
    let drawn_from = |run: &RunAnalysis| {
        run.run_id == distribution.run_id && run.experiment == distribution.experiment
    };
    runs.iter().position(drawn_from).map(|index| &names[index])
}

/// Nothing but letters, digits and hyphens.
pub(crate) fn slug_of(label: &str) -> String {
    let mut slug = String::new();
    for letter in label.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() {
        "run".to_owned()
    } else {
        slug.to_owned()
    }
}
