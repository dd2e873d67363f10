//! Writes the gate's report to stdout, files, and GitHub.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use url::Url;
use workbench_analysis::gate::{AuditReport, GateReport, PlanReport};
use workbench_report::{Document, gate as report};

use crate::outcome::{self, Format, Verbosity};

/// What is printed and written.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Outputs {
    /// What is printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    #[command(flatten)]
    verbosity: Verbosity,
    /// Also write the report as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Also write the report as Markdown.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Also write the report as an HTML page. That of a series is in its folder as well: verdict.html, and verdict.json.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Also write the report as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Also write a short report for a comment on a pull request. Its first line is a hidden marker, by which a later
    /// comment replaces it.
    #[arg(long, value_name = "FILE")]
    comment: Option<PathBuf>,
    /// Name in the marker of the comment; each gate of a pull request needs its own.
    #[arg(long, value_name = "NAME", requires = "comment", default_value = "gate", value_parser = comment_name)]
    comment_name: String,
    /// Link of the comment to the whole report.
    #[arg(long, value_name = "URL", requires = "comment")]
    link: Option<Url>,
}

fn comment_name(name: &str) -> Result<String, String> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
    if !name.is_empty() && name.chars().all(fits) {
        Ok(name.to_owned())
    } else {
        Err("a name has letters, digits, '.', '_' and '-'".to_owned())
    }
}

impl Outputs {
    pub(crate) fn gate(&self, gate: &GateReport, made: &report::Made<'_>) -> anyhow::Result<()> {
        let document = report::document(gate);
        let json = outcome::json(gate)?;
        self.show(&document, &json)?;
        // The verdict does not depend on whether a folder can be written that nobody asked to be written.
        match report::write_verdict(gate, made) {
            Ok(Some(page)) => outcome::note(&format!("verdict: {}", page.display())),
            Ok(None) => {}
            Err(error) => {
                let error = anyhow::Error::from(error);
                outcome::note(&format!("the verdict is not kept: cannot {error:#}"));
            }
        }
        // After the verdict is shown and kept: a path that cannot be written takes none of it away.
        if let Some(path) = &self.html {
            write(path, &report::page(gate, made)?)?;
        }
        if let Some(path) = &self.junit {
            let xml = report::junit(gate).context("cannot make the JUnit report")?;
            write(path, &xml)?;
        }
        if let Some(path) = &self.comment {
            let link = self.link.as_ref().map(Url::as_str);
            write(path, &report::comment(gate, &self.comment_name, link))?;
        }
        self.write(&document, &json)?;
        if std::env::var_os("GITHUB_ACTIONS").is_some() {
            let annotations = report::annotations(gate);
            // GitHub reads both streams, so annotations go to stderr if stdout is for programs.
            match self.format {
                Format::Json => outcome::note(annotations.trim_end()),
                Format::Text | Format::Markdown => outcome::print(&annotations)?,
            }
        }
        Ok(())
    }

    /// Writes the error in place of a verdict to the outputs that CI reads.
    pub(crate) fn no_verdict(&self, error: &anyhow::Error) -> anyhow::Result<()> {
        let why = format!("{error:#}");
        if let Some(path) = &self.junit {
            let xml =
                report::junit_without_verdict(&why).context("cannot make the JUnit report")?;
            write(path, &xml)?;
        }
        if let Some(path) = &self.comment {
            let link = self.link.as_ref().map(Url::as_str);
            let comment = report::comment_without_verdict(&why, &self.comment_name, link);
            write(path, &comment)?;
        }
        if std::env::var_os("GITHUB_ACTIONS").is_some() {
            outcome::note(report::annotation_without_verdict(&why).trim_end());
        }
        Ok(())
    }

    pub(crate) fn audit(&self, audit: &AuditReport) -> anyhow::Result<()> {
        self.print(&report::audit(audit), &outcome::json(audit)?)
    }

    pub(crate) fn plan(&self, plan: &PlanReport) -> anyhow::Result<()> {
        self.print(&report::plan(plan), &outcome::json(plan)?)
    }

    fn print(&self, document: &Document, json: &str) -> anyhow::Result<()> {
        self.show(document, json)?;
        self.write(document, json)
    }

    fn write(&self, document: &Document, json: &str) -> anyhow::Result<()> {
        let markdown = document.markdown();
        if let Some(path) = &self.json {
            write(path, json)?;
        }
        if let Some(path) = &self.markdown {
            write(path, &markdown)?;
        }
        if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
            append(Path::new(&path), &markdown)?;
        }
        Ok(())
    }

    fn show(&self, document: &Document, json: &str) -> anyhow::Result<()> {
        outcome::print(&match self.format {
            Format::Text => document.text(outcome::text_options(self.verbosity.detail())),
            Format::Json => json.to_owned(),
            Format::Markdown => document.markdown(),
        })
    }
}

/// The command line as a shell takes it, without user names and passwords in URLs. `series` completes a `--series` that
/// names none.
pub(crate) fn command_line(series: Option<&Path>) -> String {
    let mut words = vec!["workbench".to_owned()];
    let arguments = std::env::args_os().skip(1);
    let mut arguments = arguments
        .map(|it| it.to_string_lossy().into_owned())
        .peekable();
    while let Some(argument) = arguments.next() {
        words.push(workbench_report::quoted(&without_credentials(&argument)));
        let is_value = |next: &String| !next.starts_with('-');
        if let Some(series) = series
            && argument == "--series"
            && !arguments.peek().is_some_and(is_value)
        {
            words.push(workbench_report::quoted(&series.display().to_string()));
        }
    }
    words.join(" ")
}

fn without_credentials(argument: &str) -> String {
    let Some((scheme, rest)) = argument.split_once("://") else {
        return argument.to_owned();
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => argument.to_owned(),
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// Appends, because all steps of a job share one summary.
fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_in_a_url_are_not_part_of_a_command() {
        let without = without_credentials("shop=http://me:secret@shop.test:81/a@b");
        assert_eq!(without, "shop=http://shop.test:81/a@b");
        assert_eq!(
            without_credentials("http://shop.test/@"),
            "http://shop.test/@"
        );
        assert_eq!(without_credentials("results/a@b"), "results/a@b");
    }
}
