//! Where the gate's report goes: stdout, files, and GitHub.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::Context;
use workbench_analysis::gate::{AuditReport, GateReport};
use workbench_report::gate as report;

use crate::outcome::{self, Format};

/// What is printed and written.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Outputs {
    /// What is printed.
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
    /// Write the report as JSON, too.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the report as Markdown, too.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write the report as JUnit XML, too.
    #[arg(long, value_name = "FILE", conflicts_with = "audit")]
    junit: Option<PathBuf>,
}

impl Outputs {
    pub(super) fn gate(&self, gate: &GateReport) -> anyhow::Result<()> {
        let markdown = report::markdown(gate);
        let json = outcome::json(gate)?;
        if let Some(path) = &self.junit {
            let xml = report::junit(gate).context("cannot make the JUnit report")?;
            write(path, &xml)?;
        }
        let text = report::text(gate, outcome::text_options());
        self.tell(&text, &json, &markdown)?;
        if std::env::var_os("GITHUB_ACTIONS").is_some() {
            let annotations = report::annotations(gate);
            // GitHub reads both streams; what programs read stays whole.
            match self.format {
                Format::Json => outcome::note(annotations.trim_end()),
                Format::Text | Format::Markdown => outcome::print(&annotations)?,
            }
        }
        Ok(())
    }

    pub(super) fn audit(&self, audit: &AuditReport) -> anyhow::Result<()> {
        let text = report::audit_text(audit, outcome::text_options());
        self.tell(
            &text,
            &outcome::json(audit)?,
            &report::audit_markdown(audit),
        )
    }

    fn tell(&self, text: &str, json: &str, markdown: &str) -> anyhow::Result<()> {
        if let Some(path) = &self.json {
            write(path, json)?;
        }
        if let Some(path) = &self.markdown {
            write(path, markdown)?;
        }
        if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY") {
            append(Path::new(&path), markdown)?;
        }
        outcome::print(match self.format {
            Format::Text => text,
            Format::Json => json,
            Format::Markdown => markdown,
        })
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// A job has one summary for all of its steps' commands.
fn append(path: &Path, text: &str) -> anyhow::Result<()> {
    let file = std::fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("cannot write {}", path.display()))
}
