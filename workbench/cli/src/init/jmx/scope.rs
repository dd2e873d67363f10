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
    pub(super) authorizations: Vec<&'a Element>,
    pub(super) timers: Vec<Applied<'a>>,
    pub(super) assertions: Vec<Applied<'a>>,
    pub(super) extractors: Vec<Applied<'a>>,
    /// Counters and random variables.
    pub(super) draws: Vec<Applied<'a>>,
    pub(super) columns: Vec<Column>,
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

/// A column of a CSV Data Set.
#[derive(Clone, Debug)]
pub(super) struct Column {
    /// The variable of the plan.
    pub(super) variable: String,
    /// `data.column`, or a variable where the file cannot be used.
    pub(super) name: String,
}

impl<'a> Scope<'a> {
    /// The position of an element of this scope.
    pub(super) fn place(&self, element: &Element) -> String {
        let mut path = self.path.join("/");
        if !path.is_empty() {
            path.push('/');
        }
        format!("line {}, {path}{}", element.line, element.name())
    }

    pub(super) fn applied(&self, element: &'a Element, is_own: bool) -> Applied<'a> {
        Applied {
            element,
            place: self.place(element),
            is_own,
        }
    }

    /// The experiment's name of a plan variable that is a file's column.
    pub(super) fn column(&self, variable: &str) -> Option<String> {
        let mut columns = self.columns.iter().rev();
        columns
            .find(|column| column.variable == variable)
            .map(|column| column.name.clone())
    }

    /// The name of the thread group.
    pub(super) fn group(&self) -> &str {
        self.path.first().map_or("", String::as_str)
    }

    /// A property of a request, or of the nearest defaults that have it.
    pub(super) fn property<'b>(&'b self, request: &'b Element, name: &str) -> &'b str {
        let elements = std::iter::once(request).chain(self.defaults.iter().rev().copied());
        elements
            .map(|element| element.property(name))
            .find(|text| !text.trim().is_empty())
            .unwrap_or("")
    }
}

/// Elements that show or store results.
fn is_listener(kind: &str) -> bool {
    let others = [
        "BackendListener",
        "ConsoleStatusLogger",
        "DebugPostProcessor",
        "FlexibleFileWriter",
        "GraphsGeneratorListener",
        "LoadosophiaUploader",
        "ResultSaver",
        "Summariser",
    ];
    kind.ends_with("Collector") || others.contains(&kind)
}

impl<'a> Conversion<'a> {
    /// The scope within these elements: `outer`, and those of them that apply to the others.
    pub(super) fn scoped(&mut self, items: &'a [Item<'a>], outer: &Scope<'a>) -> Scope<'a> {
        let mut scope = outer.clone();
        for item in items {
            let kind = item.element.kind();
            if is_flow(kind) || is_thread_group(kind) {
                continue;
            }
            if !item.element.is_enabled() {
                self.notes.disabled.push(item.element.name().to_owned());
                continue;
            }
            self.apply(item.element, kind, &mut scope, false);
        }
        scope
    }

    /// Adds an element that applies to the requests of a scope.
    pub(super) fn apply(
        &mut self,
        element: &'a Element,
        kind: &str,
        scope: &mut Scope<'a>,
        is_own: bool,
    ) {
        let applied = scope.applied(element, is_own);
        let place = applied.place.clone();
        match kind {
            "Arguments" | "WorkBench" => {}
            "ConfigTestElement"
                if element
                    .attribute("guiclass")
                    .is_some_and(|gui| gui.ends_with("HttpDefaultsGui"))
                    || element.inner("HTTPSampler.domain").is_some() =>
            {
                scope.defaults.push(element);
            }
            "HeaderManager" => scope.headers.push(applied),
            "AuthManager" => scope.authorizations.push(element),
            "CookieManager" => self.cookie_manager(element, &place),
            "CSVDataSet" => self.csv(element, scope, &place),
            "CounterConfig" | "RandomVariableConfig" => scope.draws.push(applied),
            "ConstantTimer"
            | "UniformRandomTimer"
            | "GaussianRandomTimer"
            | "PoissonRandomTimer" => {
                scope.timers.push(applied);
            }
            "ConstantThroughputTimer" | "PreciseThroughputTimer" => {
                let of_one = is_own;
                self.throughput(element, scope.path.len() <= 1, of_one, &place);
            }
            "ResponseAssertion" | "JSONPathAssertion" | "DurationAssertion" => {
                scope.assertions.push(applied);
            }
            "JSONPostProcessor" | "JSONPathExtractor" | "RegexExtractor" | "BoundaryExtractor"
            | "HtmlExtractor" => {
                scope.extractors.push(applied);
            }
            "CacheManager" => self
                .draft
                .leave(place, "responses are not cached: every request is sent"),
            kind if is_listener(kind) => self.notes.listeners += 1,
            kind => self
                .draft
                .leave(place, format!("{kind} has no counterpart")),
        }
    }

    fn cookie_manager(&mut self, element: &Element, place: &str) {
        self.keeps_cookies = true;
        if element.is("CookieManager.clearEachIteration") {
            let what = "cookies are forgotten at each iteration: here each user keeps its own";
            self.draft.leave(place, what);
        }
        for cookie in element.collection("CookieManager.cookies") {
            let name = cookie.attribute("name").unwrap_or_default();
            let what = format!("the cookie {name}, which every user has from the start");
            self.draft.leave(place, what);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_innermost_column_of_a_name_is_taken() {
        let column = |variable: &str, name: &str| Column {
            variable: variable.into(),
            name: name.into(),
        };
        let scope = Scope {
            columns: vec![column("name", "all.name"), column("name", "users.name")],
            ..Scope::default()
        };
        assert_eq!(scope.column("name").as_deref(), Some("users.name"));
        assert_eq!(scope.column("other"), None);
    }
}
