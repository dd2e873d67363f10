//! Parameters of operations, in paths, queries and headers.

use serde_yaml::Value;

use super::document::list;
use super::operation::Operation;
use crate::init::draft::{Draft, Request, is_secret, name as plain_name, variable_name};
use crate::init::template::Template;
use crate::init::yaml::{Item, Node, scalar_text};

/// A parameter, resolved.
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    /// `path`, `query`, `header`, `cookie`; in version 2 also `body`, `formData`.
    pub(super) within: &'a str,
    pub(super) required: bool,
    pub(super) value: &'a Value,
}

impl Operation<'_> {
    /// Those of the operation, and those of its path that the operation does not replace.
    pub(super) fn parameters(&self, draft: &mut Draft) -> Vec<Parameter<'_>> {
        let mut found: Vec<Parameter<'_>> = Vec::new();
        let holders = [self.value, self.item].into_iter();
        for value in holders.flat_map(|holder| list(&holder["parameters"])) {
            let parameter = self.document.resolve(value).and_then(|value| {
                let (name, within) = (value["name"].as_str()?, value["in"].as_str()?);
                let required = value["required"] == true;
                Some(Parameter {
                    name,
                    within,
                    required,
                    value,
                })
            });
            let Some(parameter) = parameter else {
                draft.leave("a parameter that is in another file, or is none");
                continue;
            };
            let (name, within) = (parameter.name, parameter.within);
            if !found
                .iter()
                .any(|known| (known.name, known.within) == (name, within))
            {
                found.push(parameter);
            }
        }
        found
    }

    /// The path, with a variable for each of its parameters.
    pub(super) fn request_path(&self, draft: &mut Draft, parameters: &[Parameter<'_>]) -> Template {
        let mut path = Template::default();
        let mut rest = self.path;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else {
                break;
            };
            let variable = self.path_variable(draft, before, name, parameters);
            path = path.and_address(before).and_variable(&variable);
            rest = after;
        }
        path.and_address(rest)
    }

    /// The variable for a parameter of the path, which stands after `before`.
    pub(super) fn path_variable(
        &self,
        draft: &mut Draft,
        before: &str,
        name: &str,
        parameters: &[Parameter<'_>],
    ) -> String {
        let resource = before.trim_matches('/').rsplit('/').next();
        let resource = resource.unwrap_or_default();
        let mut parameter = parameters.iter();
        let parameter = parameter.find(|it| it.name == name && it.within == "path");
        let example = match parameter {
            Some(parameter) => self.document.example(parameter.value),
            None => (Value::from("1"), false),
        };
        variable(draft, resource, name, &example)
    }

    /// A required parameter of the query.
    pub(super) fn query(
        &self,
        draft: &mut Draft,
        service: &str,
        parameter: &Parameter<'_>,
    ) -> Vec<(String, Template)> {
        let name = parameter.name;
        if is_secret(name) && name != "key" {
            // One secret for each name.
            return vec![(name.to_owned(), draft.hidden(service, name, name))];
        }
        let example = match parameter.value["content"].as_mapping() {
            Some(content) => {
                let media = content.values().next();
                let media = media.map(|media| self.document.example(media).0);
                Value::from(serde_json::to_string(&media).unwrap_or_default())
            }
            None => self.document.example(parameter.value).0,
        };
        let text = |value: &Value| Template::address(&query_part(&plain(value)));
        match &example {
            Value::Sequence(values) if self.explodes(parameter) => values
                .iter()
                .map(|value| (name.to_owned(), text(value)))
                .collect(),
            Value::Sequence(values) => {
                let values: Vec<String> = values.iter().map(plain).collect();
                vec![(name.to_owned(), text(&Value::from(values.join(","))))]
            }
            Value::Mapping(entries) => {
                let is_deep = parameter.value["style"] == "deepObject";
                let entries = entries.iter().map(|(key, value)| {
                    let mut key = scalar_text(key);
                    if is_deep {
                        key = format!("{name}[{key}]");
                    }
                    (key, text(value))
                });
                entries.collect()
            }
            value => vec![(name.to_owned(), text(value))],
        }
    }

    /// Whether the elements of a list are parameters of their own.
    fn explodes(&self, parameter: &Parameter<'_>) -> bool {
        if self.document.is_version_2() {
            return parameter.value["collectionFormat"] == "multi";
        }
        let form = parameter.value["style"].as_str();
        let form = form.is_none_or(|style| style == "form");
        parameter.value["explode"].as_bool().unwrap_or(form)
    }

    pub(super) fn header(
        &self,
        draft: &mut Draft,
        request: &mut Request,
        parameter: &Parameter<'_>,
    ) {
        let name = parameter.name;
        // OpenAPI requires these to be ignored as parameters.
        let ignored = ["accept", "authorization", "content-type"];
        if ignored.contains(&name.to_ascii_lowercase().as_str()) {
            return;
        }
        let value = match is_secret(name) {
            // As in the query: one secret for each name.
            true => name.to_owned(),
            false => plain(&self.document.example(parameter.value).0),
        };
        draft.add_header(request, name, &value);
    }
}

/// The name of the variable for a parameter of the path; parameters of one name share it while their examples are the same.
fn variable(
    draft: &mut Draft,
    resource: &str,
    name: &str,
    (example, is_given): &(Value, bool),
) -> String {
    let value = match example {
        Value::Number(number) if number.is_i64() => Node::Plain(number.to_string()),
        value => Node::from(&Template::literal(&plain(value))),
    };
    let long = variable_name(&format!("{}_{name}", plain_name(resource)));
    let short = variable_name(name);
    let numbered = (2_u32..).map(|number| format!("{short}_{number}"));
    for name in [short.clone(), long].into_iter().chain(numbered) {
        match draft.variables.iter().find(|(known, _)| *known == name) {
            Some((_, known)) if known.node == value => return name,
            Some(_) => {}
            None => {
                let what = "The description has no examples of these: give them values that exist.";
                let comment = (!is_given).then(|| what.to_owned()).into_iter();
                let comment = comment.collect();
                let item = Item::commented(value, comment);
                draft.variables.push((name.clone(), item));
                return name;
            }
        }
    }
    short
}

/// A value as text: of a parameter, or of a field of a form.
pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::Sequence(_) | Value::Mapping(_) => serde_json::to_string(value).unwrap_or_default(),
        value => scalar_text(value),
    }
}

/// Encodes what has a meaning in a name or value of a query; [`Template::address`] does the rest.
pub(super) fn query_part(text: &str) -> String {
    let text = text.replace('%', "%25").replace('&', "%26");
    let text = text.replace('=', "%3D");
    text.replace('+', "%2B").replace('?', "%3F")
}
