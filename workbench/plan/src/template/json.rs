//! JSON bodies with variables.

use serde_yaml::Value as Yaml;

use super::{Encoding, Part, Resolve, Segment, render, segments};
use crate::diagnostic::Diagnostic;

/// The parts of a body as written in a file; keys stay in their order.
pub(super) fn parts(body: &Yaml, resolve: &Resolve<'_>) -> Result<Vec<Part>, Diagnostic> {
    let mut writer = Writer {
        parts: Vec::new(),
        literal: String::new(),
        resolve,
    };
    writer.value(body)?;
    writer.end_literal();
    Ok(writer.parts)
}

struct Writer<'a> {
    parts: Vec<Part>,
    literal: String,
    resolve: &'a Resolve<'a>,
}

impl Writer<'_> {
    fn value(&mut self, value: &Yaml) -> Result<(), Diagnostic> {
        match value {
            Yaml::Null => self.literal.push_str("null"),
            Yaml::Bool(truth) => self.literal.push_str(if *truth { "true" } else { "false" }),
            Yaml::Number(number) => {
                if number.as_f64().is_some_and(|float| !float.is_finite()) {
                    return Err(Diagnostic::at(
                        &number.to_string(),
                        "JSON has no such number",
                    ));
                }
                self.literal.push_str(&number.to_string());
            }
            Yaml::String(text) => self.string(text)?,
            Yaml::Sequence(values) => {
                self.literal.push('[');
                for (index, value) in values.iter().enumerate() {
                    self.comma(index);
                    self.value(value)?;
                }
                self.literal.push(']');
            }
            Yaml::Mapping(entries) => {
                self.literal.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    self.comma(index);
                    let key = key.as_str();
                    let key = key
                        .ok_or_else(|| Diagnostic::new("a key of a JSON object has to be text"))?;
                    self.inside_string(key)?;
                    self.literal.push(':');
                    self.value(value)?;
                }
                self.literal.push('}');
            }
            Yaml::Tagged(tagged) => {
                return Err(Diagnostic::at(&tagged.tag.to_string(), "JSON has no tags"));
            }
        }
        Ok(())
    }

    fn comma(&mut self, index: usize) {
        if index > 0 {
            self.literal.push(',');
        }
    }

    fn string(&mut self, text: &str) -> Result<(), Diagnostic> {
        match segments(text)?.as_slice() {
            [Segment::Variable(name)] => self.variable(name, Encoding::Json),
            _ => self.inside_string(text),
        }
    }

    fn inside_string(&mut self, text: &str) -> Result<(), Diagnostic> {
        self.literal.push('"');
        for segment in segments(text)? {
            match segment {
                Segment::Literal(text) => render::escape_json(&text, &mut self.literal),
                Segment::Variable(name) => self.variable(name, Encoding::InsideJsonString)?,
            }
        }
        self.literal.push('"');
        Ok(())
    }

    fn variable(&mut self, name: &str, encoding: Encoding) -> Result<(), Diagnostic> {
        let position = (self.resolve)(name)?;
        self.end_literal();
        self.parts.push(Part::Variable { position, encoding });
        Ok(())
    }

    fn end_literal(&mut self) {
        if !self.literal.is_empty() {
            self.parts
                .push(Part::Literal(std::mem::take(&mut self.literal)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Template, Value};
    use super::*;

    fn position(name: &str) -> Result<usize, Diagnostic> {
        ["id", "name"]
            .iter()
            .position(|&known| known == name)
            .ok_or(Diagnostic::new("unknown"))
    }

    fn compile(yaml: &str) -> Result<Template, Diagnostic> {
        Template::json(&serde_yaml::from_str(yaml).unwrap(), &position)
    }

    fn rendered(template: &Template) -> String {
        let mut out = String::new();
        template.render(
            &[Value::Integer(42), Value::Text("\"Ann\"\n".into())],
            &mut out,
        );
        out
    }

    #[test]
    fn a_string_that_is_one_variable_takes_its_type() {
        let template = compile("{ product_id: '${id}', name: '${name}', quantity: 1 }").unwrap();
        assert_eq!(
            rendered(&template),
            r#"{"product_id":42,"name":"\"Ann\"\n","quantity":1}"#
        );
    }

    #[test]
    fn a_variable_among_text_stays_text() {
        let template = compile("{ '${name}': 'no. ${id} of ${name}', tag: '1' }").unwrap();
        assert_eq!(
            rendered(&template),
            r#"{"\"Ann\"\n":"no. 42 of \"Ann\"\n","tag":"1"}"#
        );
    }

    #[test]
    fn everything_that_json_knows_can_be_written() {
        let template =
            compile("[1, -2.5, true, null, [], {}, \"a\\tb\", 18446744073709551615]").unwrap();
        let expected = r#"[1,-2.5,true,null,[],{},"a\tb",18446744073709551615]"#;
        assert_eq!(rendered(&template), expected);
    }

    #[test]
    fn values_without_a_json_form_are_refused() {
        assert_eq!(compile("a: .nan").unwrap_err().offending, ".nan");
        assert_eq!(compile("a: !celsius 3").unwrap_err().offending, "!celsius");
        assert!(
            compile("1: a")
                .unwrap_err()
                .message
                .contains("has to be text")
        );
    }
}
