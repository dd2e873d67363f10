//! Operations that read a list, and those that read one of it: `GET /items`, then `GET /items/{item}`.

use serde_yaml::Value;

use super::document::entries;
use super::example::DEPTH;
use super::operation::{Operation, preference};
use crate::init::draft::{Draft, is_word};
use crate::init::template::Template;
use crate::init::values::capture;
use crate::init::yaml::Node;

impl Operation<'_> {
    /// The capture of an id from this operation's list, for the operation that reads one element. `None` if the
    /// description does not define its position in the response.
    pub(super) fn capture(&self, draft: &mut Draft) -> Option<(String, Node)> {
        let document = self.document;
        let (path, item, name) = entries(&document.root["paths"]).find_map(|(path, item)| {
            let rest = path.strip_prefix(self.path)?;
            let name = rest.strip_prefix("/{")?.strip_suffix('}')?;
            Some((path, item, name)).filter(|_| !name.contains('}'))
        })?;
        let item = document.resolve(item)?;
        let value = item.get("get")?;
        let single = Operation::new(document, "get", (path, item), value);
        let (list, element) = self.list()?;
        // `task_gid` is the `gid` of a task.
        let end = name.rsplit('_').next().unwrap_or(name);
        let mut fields = [name, "id", end].into_iter();
        let field = fields.find(|field| document.has_property(element, field, DEPTH))?;
        let parameters = single.parameters(draft);
        let variable = single.path_variable(draft, self.path, name, &parameters);
        let mut known = draft.variables.iter();
        let (_, known) = known.find(|(known, _)| *known == variable)?;
        // An empty list leaves the variable as it is.
        let default = match &known.node {
            Node::Plain(text) | Node::Text(text) => Template::default().and_source(text),
            _ => return None,
        };
        let from = vec![("json", format!("${list}[*].{field}"))];
        is_word(field).then(|| (variable, capture(&from, Some("random"), Some(&default))))
    }

    /// The path of the only list in the response, and the schema of its elements.
    fn list(&self) -> Option<(String, &Value)> {
        let responses = &self.value["responses"];
        let [ok, any, other] = ["200", "2XX", "default"].map(|status| &responses[status]);
        let found = [ok, &responses[200], any, other].into_iter();
        let mut found = found.filter(|response| !response.is_null());
        let response = found.find_map(|response| self.document.resolve(response))?;
        let schema = match response["content"].is_mapping() {
            true => {
                let mut kinds = entries(&response["content"]);
                let (_, media) = kinds.find(|(kind, _)| preference(kind) < 2)?;
                media.get("schema")?
            }
            false => response.get("schema")?,
        };
        let schema = self.document.resolve(schema)?;
        if let Some(items) = schema.get("items") {
            return Some((String::new(), items));
        }
        let mut lists = entries(&schema["properties"]).filter_map(|(name, property)| {
            let items = self.document.resolve(property)?.get("items")?;
            is_word(name).then(|| (format!(".{name}"), items))
        });
        let only = lists.next()?;
        lists.next().is_none().then_some(only)
    }
}
