//! `workbench init`: writes an experiment file from what people have.
//!
//! Each source is a module with `draft(…) -> anyhow::Result<Draft>`, which reads it; [`draft::Draft`] says what such a
//! module fills in, and writes the file.

mod draft;
mod http;
mod template;
mod yaml;
