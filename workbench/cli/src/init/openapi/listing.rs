//! Operations that read a list, and those that read one of it: `GET /items`, then `GET /items/{item}`.

use serde_yaml::Value;

use super::operation::{Operation, preference};
use crate::init::draft::{Capture, Draft, Source};
use crate::init::template::Template;
use crate::init::yaml::Node;

impl Operation<'_> {
    /// The capture of an id from this operation's list, for the operation that reads one element. `None` if the
    /// description does not define its position in the response.
    pub(super) fn capture(&self, draft: &mut Draft) -> Option<Capture> {
        let Some(Value::Mapping(paths)) = self.document.root.get("paths") else {
            return None;
        };
        let (path, item, name) = paths.iter().find_map(|(path, item)| {
            let path = path.as_str()?;
            let rest = path.strip_prefix(self.path)?;
            let name = rest.strip_prefix("/{")?.strip_suffix('}')?;
            Some((path, item, name)).filter(|_| !name.contains('}'))
        })?;
        let item = self.document.resolve(item)?;
        let single = Operation {
            document: self.document,
            method: "get",
            path,
            item,
            value: item.get("get")?,
            place: self.place.clone(),
        };
        let (list, element) = self.list()?;
        // `task_gid` is the `gid` of a task.
        let end = name.rsplit('_').next().unwrap_or(name);
        let mut fields = [name, "id", end].into_iter();
        let field = fields.find(|field| self.document.has_property(element, field))?;
        let parameters = single.parameters(draft);
        let variable = single.path_variable(draft, self.path, name, &parameters);
        let known = draft
            .variables
            .iter()
            .find(|known| known.name == variable)?;
        // An empty list leaves the variable as it is.
        let default = match &known.value {
            Node::Plain(text) | Node::Text(text) => Template::default().and_source(text),
            _ => return None,
        };
        is_simple(field).then(|| Capture {
            variable,
            from: Source::Json(format!("${list}[*].{field}")),
            pick: Some("random"),
            default: Some(default),
        })
    }

    /// The path of the only list in the response, and the schema of its elements.
    fn list(&self) -> Option<(String, &Value)> {
        let responses = self.value.get("responses")?;
        let response = ["200", "2XX", "default"].iter().find_map(|status| {
            let number = status.parse::<u64>().ok();
            let by_number = number.and_then(|number| responses.get(Value::from(number)));
            self.document.resolve(responses.get(*status).or(by_number)?)
        })?;
        let schema = match response.get("content") {
            Some(Value::Mapping(content)) => {
                let mut kinds = content.iter();
                let json =
                    kinds.find(|(kind, _)| kind.as_str().is_some_and(|it| preference(it) < 2));
                json?.1.get("schema")?
            }
            _ => response.get("schema")?,
        };
        let schema = self.document.resolve(schema)?;
        if let Some(items) = schema.get("items") {
            return Some((String::new(), items));
        }
        let Some(Value::Mapping(properties)) = schema.get("properties") else {
            return None;
        };
        let mut lists = properties.iter().filter_map(|(name, property)| {
            let name = name.as_str().filter(|name| is_simple(name))?;
            let items = self.document.resolve(property)?.get("items")?;
            Some((format!(".{name}"), items))
        });
        let only = lists.next()?;
        lists.next().is_none().then_some(only)
    }
}

/// Whether a path into JSON may have the name after a dot.
fn is_simple(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
