//! Tests of the `workbench` command: files in; files, text and exit codes out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod analyze;
mod calibrate;
mod ci;
mod compare;
mod completions;
mod documents;
mod examples;
mod fault_injection;
mod gate;
mod history;
mod import;
mod init;
mod interrupted;
#[cfg(unix)]
mod live;
mod mistakes;
#[cfg(unix)]
mod open;
mod published;
mod replicas;
mod resume;
mod run;
mod segments;
mod series;
mod show;
mod steady;
mod stored;
mod stub;
mod support;
mod sweep;
mod tls;
mod together;
mod try_out;
mod until_decided;
