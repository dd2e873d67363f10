//! Prometheus' text format, version 0.0.4.

use std::fmt::{Display, Write};

/// A page of metrics of one service.
pub(crate) struct Text {
    service: &'static str,
    page: String,
}

impl Text {
    /// An empty page.
    pub(crate) fn new(service: &'static str) -> Self {
        Self {
            service,
            page: String::with_capacity(16 * 1024),
        }
    }

    /// Begins a family of samples, which come right after it.
    pub(crate) fn family(&mut self, name: &str, kind: &str, help: &str) {
        write!(self.page, "# HELP {name} {help}\n# TYPE {name} {kind}\n")
            .expect("writing to a string does not fail");
    }

    /// A sample of this service. Labels hold no quotes, backslashes or line ends: they are names
    /// of ours.
    pub(crate) fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        let service = self.service;
        write!(self.page, "{name}{{service=\"{service}\"").expect("a string takes everything");
        for (label, text) in labels {
            write!(self.page, ",{label}=\"{text}\"").expect("a string takes everything");
        }
        writeln!(self.page, "}} {value}").expect("a string takes everything");
    }

    /// A sample of the whole process, whichever of its services is asked.
    pub(crate) fn process_sample(
        &mut self,
        name: &str,
        kind: &str,
        help: &str,
        value: impl Display,
    ) {
        self.family(name, kind, help);
        writeln!(self.page, "{name} {value}").expect("a string takes everything");
    }

    /// The page.
    pub(crate) fn finish(self) -> String {
        self.page
    }
}
