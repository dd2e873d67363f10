//! The elements that apply to a request: those beside it and beside every enclosing controller.

use super::Conversion;
use super::load::is_thread_group;
use super::tree::{Element, Item};
use super::walk::is_flow;

/// Elements that apply, the outermost first.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope<'a> {
    /// Names of the elements around, the outermost first.
    pub(super) path: Vec<String>,
    /// HTTP Request Defaults.
    pub(super) defaults: Vec<&'a Element>,
    pub(super) headers: Vec<Applied<'a>>,
    pub(super) authorizations: Vec<Applied<'a>>,
    pub(super) timers: Vec<Applied<'a>>,
    pub(super) assertions: Vec<Applied<'a>>,
    pub(super) extractors: Vec<Applied<'a>>,
    /// Counters and random variables.
    pub(super) draws: Vec<Applied<'a>>,
    /// Variables of the plan that are columns of a CSV Data Set: `data.column` in the experiment.
    pub(super) columns: Vec<(String, String)>,
    /// The name of the request.
    pub(super) sampler: String,
}

/// An element and its position.
#[derive(Clone, Debug)]
pub(super) struct Applied<'a> {
    pub(super) element: &'a Element,
    pub(super) place: String,
    /// It is a child of a request, and applies only to that.
    pub(super) is_own: bool,
}

impl<'a> Scope<'a> {
    /// The position of an element of this scope.
    pub(super) fn place(&self, element: &Element) -> String {
        let around: String = self.path.iter().map(|name| format!("{name}/")).collect();
        format!("line {}, {around}{}", element.line, element.name())
    }

    /// The experiment's name of a plan variable that is a file's column.
    pub(super) fn column(&self, variable: &str) -> Option<String> {
        let found = self.columns.iter().rfind(|(name, _)| name == variable);
        found.map(|(_, column)| column.clone())
    }

    /// A property of a request, or of the nearest defaults that have it.
    pub(super) fn property(&self, request: &'a Element, name: &str) -> &'a str {
        let elements = std::iter::once(request).chain(self.defaults.iter().rev().copied());
        let mut texts = elements.map(|element| element.property(name));
        texts.find(|text| !text.is_empty()).unwrap_or("")
    }
}

/// Elements that show or store results.
fn is_listener(kind: &str) -> bool {
    const OTHERS: &str = "BackendListener ConsoleStatusLogger DebugPostProcessor FlexibleFileWriter GraphsGeneratorListener \
        LoadosophiaUploader ResultSaver Summariser";
    kind.ends_with("Collector") || OTHERS.split(' ').any(|other| other == kind)
}

impl<'a> Conversion<'a> {
    /// Does this in the scope within an element.
    pub(super) fn inside<T>(&mut self, item: &'a Item<'a>, run: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.scope.clone();
        self.scope.path.push(item.element.name().to_owned());
        self.apply_all(&item.below);
        let result = run(self);
        self.scope = outer;
        result
    }

    /// Adds those of these elements that apply to the others.
    pub(super) fn apply_all(&mut self, items: &'a [Item<'a>]) {
        let applies = |kind: &str| !is_flow(kind) && !is_thread_group(kind);
        for item in items.iter().filter(|item| applies(item.element.kind())) {
            self.apply(item.element, false);
        }
    }

    /// Adds an element that applies to the requests of the scope.
    pub(super) fn apply(&mut self, element: &'a Element, is_own: bool) {
        if !element.is_enabled() {
            return self.notes.disabled.push(element.name().to_owned());
        }
        let place = self.scope.place(element);
        let applied = Applied {
            element,
            place: place.clone(),
            is_own,
        };
        self.at(place, |conversion| conversion.apply_here(applied));
    }

    fn apply_here(&mut self, applied: Applied<'a>) {
        let element = applied.element;
        let gui = element.attribute("guiclass").unwrap_or_default();
        let scope = &mut self.scope;
        match element.kind() {
            "Arguments" | "WorkBench" => {}
            "ConfigTestElement"
                if gui.ends_with("HttpDefaultsGui")
                    || element.inner("HTTPSampler.domain").is_some() =>
            {
                scope.defaults.push(element);
            }
            "HeaderManager" => scope.headers.push(applied),
            "AuthManager" => scope.authorizations.push(applied),
            "CookieManager" => self.cookie_manager(element),
            "CSVDataSet" => self.csv(element),
            "CounterConfig" | "RandomVariableConfig" => scope.draws.push(applied),
            "ConstantTimer"
            | "UniformRandomTimer"
            | "GaussianRandomTimer"
            | "PoissonRandomTimer" => scope.timers.push(applied),
            "ConstantThroughputTimer" | "PreciseThroughputTimer" => self.throughput(&applied),
            "ResponseAssertion" | "JSONPathAssertion" | "DurationAssertion" => {
                scope.assertions.push(applied);
            }
            "JSONPostProcessor" | "JSONPathExtractor" | "RegexExtractor" | "BoundaryExtractor"
            | "HtmlExtractor" => scope.extractors.push(applied),
            "CacheManager" => self.leave("responses are not cached: every request is sent"),
            kind if is_listener(kind) => self.notes.listeners += 1,
            kind => self.leave(format!("{kind} has no counterpart")),
        }
    }

    fn cookie_manager(&mut self, element: &Element) {
        self.keeps_cookies = true;
        if element.is("CookieManager.clearEachIteration") {
            self.leave("cookies are forgotten at each iteration: here each user keeps its own");
        }
        for cookie in element.collection("CookieManager.cookies") {
            let name = cookie.attribute("name").unwrap_or_default();
            self.leave(format!(
                "the cookie {name}, which every user has from the start"
            ));
        }
    }
}
