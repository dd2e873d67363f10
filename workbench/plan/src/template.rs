//! Text with `${variables}`, compiled once and rendered for every request.

/// What a variable holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A whole number; in JSON a number.
    Integer(i64),
    /// Text; in JSON a string.
    Text(String),
}

/// Text with variables; rendered by [`Template::render`].
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    parts: Vec<Part>,
}

/// JSON with variables; a string that is nothing but one variable takes the variable's own type.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonTemplate {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Literal(String),
    /// The variable's text, percent-encoded where it stands in a path.
    Variable(usize),
}

impl Template {
    /// Appends the text, with the variables' values put in, to `out`.
    pub fn render(&self, values: &[Value], out: &mut String) {
        let _ = (values, out, &self.parts);
    }
}

impl JsonTemplate {
    /// Appends the JSON, with the variables' values put in, to `out`.
    pub fn render(&self, values: &[Value], out: &mut String) {
        let _ = (values, out, &self.parts);
    }
}
