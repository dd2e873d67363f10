//! The `workbench` command as its users meet it: files in, files, text and exit codes out.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod analyze;
mod calibrate;
mod examples;
mod faults;
mod gate;
mod init;
mod life;
mod mistakes;
mod published;
mod replicas;
mod resume;
mod run;
mod series;
mod show;
mod steady;
mod stored;
mod stub;
mod support;
mod sweep;
mod tls;
mod try_out;
