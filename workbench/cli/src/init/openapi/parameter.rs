//! Parameters of operations, in paths, queries and headers.

use serde_yaml::Value;

use super::example::Example;
use super::operation::Operation;
use crate::init::draft::{Draft, Request, Variable, variable_name};
use crate::init::http::is_secret;
use crate::init::template::Template;
use crate::init::yaml::{Node, scalar_text};

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
        for holder in [self.value, self.item] {
            let list = holder.get("parameters").and_then(Value::as_sequence);
            for value in list.into_iter().flatten() {
                let parameter = self.document.resolve(value).and_then(|value| {
                    Some(Parameter {
                        name: value.get("name")?.as_str()?,
                        within: value.get("in")?.as_str()?,
                        required: value.get("required") == Some(&Value::Bool(true)),
                        value,
                    })
                });
                let Some(parameter) = parameter else {
                    draft.leave(
                        &self.place,
                        "a parameter that is in another file, or is none",
                    );
                    continue;
                };
                let same = |known: &Parameter<'_>| {
                    known.name == parameter.name && known.within == parameter.within
                };
                if !found.iter().any(same) {
                    found.push(parameter);
                }
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
            path = path.and_address(before);
            path = path.and_variable(&self.path_variable(draft, before, name, parameters));
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
        let resource = before
            .trim_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or_default();
        let parameter = parameters
            .iter()
            .find(|it| it.name == name && it.within == "path");
        let example = match parameter {
            Some(parameter) => self.document.example(parameter.value),
            None => Example {
                value: Value::String("1".to_owned()),
                given: false,
            },
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
            let secret = draft.secret(
                &format!("{service} {name}"),
                &format!("{name} of {service}"),
                Some(name),
            );
            return vec![(name.to_owned(), secret)];
        }
        let example = match parameter.value.get("content") {
            Some(Value::Mapping(content)) => {
                let media = content
                    .values()
                    .next()
                    .map(|media| self.document.example(media).value);
                Value::String(serde_json::to_string(&media).unwrap_or_default())
            }
            _ => self.document.example(parameter.value).value,
        };
        let text = |value: &Value| Template::address(&query_part(&plain(value)));
        match &example {
            Value::Sequence(values) if self.explodes(parameter) => values
                .iter()
                .map(|value| (name.to_owned(), text(value)))
                .collect(),
            Value::Sequence(values) => {
                let values: Vec<String> = values.iter().map(plain).collect();
                vec![(
                    name.to_owned(),
                    Template::address(&query_part(&values.join(","))),
                )]
            }
            Value::Mapping(entries) => {
                let deep =
                    parameter.value.get("style").and_then(Value::as_str) == Some("deepObject");
                let entries = entries.iter().map(|(key, value)| {
                    let key = scalar_text(key);
                    (
                        if deep { format!("{name}[{key}]") } else { key },
                        text(value),
                    )
                });
                entries.collect()
            }
            value => vec![(name.to_owned(), text(value))],
        }
    }

    /// Whether the elements of a list are parameters of their own.
    fn explodes(&self, parameter: &Parameter<'_>) -> bool {
        let text = |key: &str| parameter.value.get(key).and_then(Value::as_str);
        if self.document.is_version_2() {
            return text("collectionFormat") == Some("multi");
        }
        let form = text("style").is_none_or(|style| style == "form");
        parameter
            .value
            .get("explode")
            .and_then(Value::as_bool)
            .unwrap_or(form)
    }

    pub(super) fn header(
        &self,
        draft: &mut Draft,
        request: &mut Request,
        parameter: &Parameter<'_>,
    ) {
        // OpenAPI requires these to be ignored as parameters.
        if ["accept", "authorization", "content-type"]
            .contains(&parameter.name.to_ascii_lowercase().as_str())
        {
            return;
        }
        let value = match is_secret(parameter.name) {
            // As in the query: one secret for each name.
            true => parameter.name.to_owned(),
            false => plain(&self.document.example(parameter.value).value),
        };
        let place = self.place.clone();
        draft.add_header(request, parameter.name, &value, &place);
    }
}

/// The name of the variable for a parameter of the path; parameters of one name share it while their examples are the same.
fn variable(draft: &mut Draft, resource: &str, name: &str, example: &Example) -> String {
    let value = match &example.value {
        Value::Number(number) if number.is_i64() => Node::Plain(number.to_string()),
        value => Node::from(&Template::literal(&plain(value))),
    };
    let resource = variable_name(&format!("{}_{name}", super::name(resource)));
    let short = variable_name(name);
    let numbered = (2_u32..).map(|number| format!("{short}_{number}"));
    for name in [short.clone(), resource].into_iter().chain(numbered) {
        match draft.variables.iter().find(|known| known.name == name) {
            Some(known) if known.value == value => return name,
            Some(_) => {}
            None => {
                let comment = match example.given {
                    true => Vec::new(),
                    false => vec![
                        "The description has no examples of these: give them values that exist."
                            .to_owned(),
                    ],
                };
                draft.variables.push(Variable {
                    name: name.clone(),
                    value,
                    comment,
                });
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

/// Encodes a name or value of a query: `&`, `=`, `+`, `#` and `%`.
pub(super) fn query_part(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '%' => "%25".to_owned(),
            '&' => "%26".to_owned(),
            '=' => "%3D".to_owned(),
            '+' => "%2B".to_owned(),
            '?' => "%3F".to_owned(),
            letter => letter.to_string(),
        })
        .collect()
}
