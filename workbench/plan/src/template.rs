//! Text with `${variables}`, compiled once and rendered for every request.

mod json;
mod render;

use std::borrow::Cow;

use crate::diagnostic::Diagnostic;

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number; in JSON a number.
    Integer(i64),
    /// Text; in JSON a string.
    Text(String),
    /// JSON of another type, such as `1.5`, `true` or `[1, 2]`; in JSON itself.
    Json(String),
}

impl Value {
    /// Becomes equal to `other`; a text reuses the memory of the text before.
    pub(crate) fn set(&mut self, other: &Self) {
        match (self, other) {
            (Self::Text(text), Self::Text(other)) | (Self::Json(text), Self::Json(other)) => {
                text.clone_from(other);
            }
            (value, other) => *value = other.clone(),
        }
    }

    /// It as text.
    #[must_use]
    pub fn to_text(&self) -> Cow<'_, str> {
        match self {
            Self::Integer(integer) => integer.to_string().into(),
            Self::Text(text) | Self::Json(text) => text.into(),
        }
    }

    /// Its length in bytes when percent-encoded in a path.
    pub(crate) fn bytes_in_path(&self) -> usize {
        let mut text = String::new();
        let part = Part::Variable {
            position: 0,
            encoding: Encoding::Percent,
        };
        render::render(&[part], std::slice::from_ref(self), &mut text);
        text.len()
    }
}

/// Text with variables; rendered by [`Template::render`].
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Literal(String),
    Variable { position: usize, encoding: Encoding },
}

/// How a variable's value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    /// As it is.
    Plain,
    /// As one segment or query value of a URL.
    Percent,
    /// As a name or value of a form.
    Form,
    /// As a JSON value of its own type.
    Json,
    /// As a part of a JSON string.
    InsideJsonString,
    /// As a name in double quotes in the head of a part of a form.
    Quoted,
}

/// Turns a variable's name into its position.
pub(crate) type Resolve<'a> = dyn Fn(&str) -> Result<usize, Diagnostic> + 'a;

impl Template {
    /// Appends the text, with the variables' values put in, to `out`.
    ///
    /// `values` holds the scenario's variables in the order of [`crate::Scenario::variables`].
    pub fn render(&self, values: &[Value], out: &mut String) {
        render::render(&self.parts, values, out);
    }

    /// Text in which variables appear as they are.
    pub(crate) fn plain(text: &str, resolve: &Resolve<'_>) -> Result<Self, Diagnostic> {
        Self::compile(text, Encoding::Plain, resolve)
    }

    /// A path, in which variables appear percent-encoded.
    pub(crate) fn path(text: &str, resolve: &Resolve<'_>) -> Result<Self, Diagnostic> {
        Self::compile(text, Encoding::Percent, resolve)
    }

    /// JSON in which a string that is nothing but one variable takes the variable's own type; keys stay in their order.
    pub(crate) fn json(
        body: &serde_yaml::Value,
        resolve: &Resolve<'_>,
    ) -> Result<Self, Diagnostic> {
        json::parts(body, resolve).map(|parts| Self { parts })
    }

    /// The names and values of a form.
    pub(crate) fn form<'a>(
        fields: impl IntoIterator<Item = (&'a str, &'a str)>,
        resolve: &Resolve<'_>,
    ) -> Result<Self, Diagnostic> {
        let mut parts = Vec::new();
        for (name, value) in fields {
            if !parts.is_empty() {
                parts.push(Part::Literal("&".to_owned()));
            }
            parts.extend(Self::compile(name, Encoding::Form, resolve)?.parts);
            parts.push(Part::Literal("=".to_owned()));
            parts.extend(Self::compile(value, Encoding::Form, resolve)?.parts);
        }
        Ok(Self { parts })
    }

    /// The name of a part of a form, or of a file in it.
    pub(crate) fn quoted(text: &str, resolve: &Resolve<'_>) -> Result<Self, Diagnostic> {
        Self::compile(text, Encoding::Quoted, resolve)
    }

    /// A text as it stands.
    pub(crate) fn literal(text: &str) -> Self {
        Self {
            parts: vec![Part::Literal(text.to_owned())],
        }
    }

    /// One text after the other.
    pub(crate) fn joined(templates: impl IntoIterator<Item = Self>) -> Self {
        Self {
            parts: templates.into_iter().flat_map(|it| it.parts).collect(),
        }
    }

    fn compile(text: &str, encoding: Encoding, resolve: &Resolve<'_>) -> Result<Self, Diagnostic> {
        let mut parts = Vec::new();
        for segment in segments(text)? {
            parts.push(match segment {
                // The path's own text is as it is written.
                Segment::Literal(text) => Part::Literal(match encoding {
                    Encoding::Form => render::form(&text),
                    Encoding::Quoted => render::quoted(&text),
                    _ => text,
                }),
                Segment::Variable(name) => Part::Variable {
                    position: resolve(name)?,
                    encoding,
                },
            });
        }
        Ok(Self { parts })
    }

    /// The text, where there is no variable in it.
    pub(crate) fn constant(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The text between the variables.
    pub(crate) fn literals(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(text) => Some(text.as_str()),
            Part::Variable { .. } => None,
        })
    }

    /// Positions of the variables in it.
    pub(crate) fn variables(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().filter_map(|part| match part {
            Part::Literal(_) => None,
            Part::Variable { position, .. } => Some(*position),
        })
    }
}

/// The canonical form of a text: every dollar sign that does not begin a variable is doubled.
pub(crate) fn canonical(text: &str) -> String {
    let Ok(segments) = segments(text) else {
        return text.to_owned();
    };
    let write = |segment: &Segment<'_>| match segment {
        Segment::Literal(text) => text.replace('$', "$$"),
        Segment::Variable(name) => format!("${{{name}}}"),
    };
    segments.iter().map(write).collect()
}

/// Names of the variables in a text.
pub(crate) fn variables_in(text: &str) -> Vec<&str> {
    let segments = segments(text).unwrap_or_default();
    let names = segments.into_iter().filter_map(|segment| match segment {
        Segment::Literal(_) => None,
        Segment::Variable(name) => Some(name),
    });
    names.collect()
}

/// Refuses variables in texts that are used before variables have values.
pub(crate) fn without_variables(text: &str, what: &str) -> Result<(), Diagnostic> {
    let Some(at) = text.find("${") else {
        return Ok(());
    };
    let end = text[at..].find('}').map_or(text.len(), |end| at + end + 1);
    Err(Diagnostic::at(
        &text[at..end],
        format!("there are no variables in {what}"),
    ))
}

#[derive(Debug, PartialEq)]
enum Segment<'a> {
    Literal(String),
    Variable(&'a str),
}

/// Splits text at its variables; `$$` stands for one dollar sign.
fn segments(text: &str) -> Result<Vec<Segment<'_>>, Diagnostic> {
    let mut segments = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        literal.push_str(&rest[..dollar]);
        rest = &rest[dollar..];
        if let Some(after) = rest.strip_prefix("${") {
            let Some(end) = after.find('}') else {
                return Err(Diagnostic::at(
                    rest,
                    "\"${\" without its \"}\"; a dollar sign is written $$",
                ));
            };
            let name = &after[..end];
            if !is_reference(name) {
                let written = &rest[..end + 3];
                return Err(Diagnostic::at(
                    written,
                    format!("\"{name}\" cannot be a variable: {NAME_RULE}"),
                ));
            }
            if !literal.is_empty() {
                segments.push(Segment::Literal(std::mem::take(&mut literal)));
            }
            segments.push(Segment::Variable(name));
            rest = &after[end + 1..];
        } else {
            literal.push('$');
            rest = rest.strip_prefix("$$").unwrap_or(&rest[1..]);
        }
    }
    literal.push_str(rest);
    if !literal.is_empty() {
        segments.push(Segment::Literal(literal));
    }
    Ok(segments)
}

/// The rule for names of variables, for messages.
pub(crate) const NAME_RULE: &str = "names are letters, digits and _, and begin with no digit";

/// Whether a variable may have this name.
pub(crate) fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Prefix of environment variables: `${env.NAME}`.
pub(crate) const ENVIRONMENT: &str = "env";

/// Whether `${…}` may hold this: the name of a variable, `env.NAME`, or the name of a data file and of its column.
fn is_reference(text: &str) -> bool {
    match text.split_once('.') {
        None => is_name(text),
        Some((ENVIRONMENT, name)) => is_name(name),
        // Names of columns are those of the file.
        Some((data, column)) => is_name(data) && !column.is_empty() && !column.contains(['{', '$']),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn position(name: &str) -> Result<usize, Diagnostic> {
        ["user", "name"]
            .iter()
            .position(|&known| known == name)
            .ok_or(Diagnostic::new("unknown"))
    }

    fn rendered(template: &Template) -> String {
        let mut out = String::from("> ");
        template.render(
            &[Value::Integer(-7), Value::Text("a/b c€".into())],
            &mut out,
        );
        out
    }

    #[test]
    fn values_are_appended_as_they_are_in_plain_text() {
        let template = Template::plain("${user}: ${name}!", &position).unwrap();
        assert_eq!(rendered(&template), "> -7: a/b c€!");
    }

    #[test]
    fn values_are_percent_encoded_in_paths_and_the_path_itself_is_not() {
        let template = Template::path("/carts/${name}?of=${user}", &position).unwrap();
        assert_eq!(rendered(&template), "> /carts/a%2Fb%20c%E2%82%AC?of=-7");
    }

    #[test]
    fn two_dollar_signs_are_one_and_a_single_one_is_literal() {
        let template = Template::plain("$$${user} costs $5 or $${user}, $", &position).unwrap();
        assert_eq!(rendered(&template), "> $-7 costs $5 or ${user}, $");
    }

    #[test]
    fn an_open_brace_and_an_invalid_name_are_reported_with_their_text() {
        let diagnostic = Template::plain("a ${user", &position).unwrap_err();
        assert_eq!(diagnostic.offending, "${user");
        let diagnostic = Template::plain("a ${us er} b", &position).unwrap_err();
        assert_eq!(diagnostic.offending, "${us er}");
        assert_eq!(
            Template::plain("${}", &position).unwrap_err().offending,
            "${}"
        );
    }
}
