//! JMeter's texts: literal parts, `${variables}` and `${__functions(…)}`.

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Literal(String),
    Variable(String),
    Call(Call),
}

/// A call of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// Without the underscores.
    pub(super) name: String,
    pub(super) arguments: Vec<String>,
    /// As written.
    pub(super) source: String,
}

impl Call {
    /// An argument without spaces around it; empty where there is none.
    pub(super) fn argument(&self, position: usize) -> &str {
        self.arguments.get(position).map_or("", |text| text.trim())
    }
}

/// Parses a text. Unclosed references are literal, as in JMeter.
pub(super) fn parse(text: &str) -> Vec<Part> {
    let has_variables = text.contains("${");
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(escaped) = escaped(rest).filter(|_| has_variables) {
            literal.push(escaped);
            rest = &rest[2..];
        } else if let Some(inner) = rest.strip_prefix("${").and_then(reference) {
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(part(inner));
            rest = &rest[inner.len() + 3..];
        } else {
            literal.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    parts
}

/// In a text with variables a backslash makes a dollar sign, a comma and a backslash literal.
fn escaped(text: &str) -> Option<char> {
    let escaped = text.strip_prefix('\\')?.chars().next()?;
    matches!(escaped, '$' | ',' | '\\').then_some(escaped)
}

/// The text before the closing brace of the current reference.
fn reference(text: &str) -> Option<&str> {
    let mut depth = 0_usize;
    // Braces of code in parentheses are its own.
    let mut parentheses = 0_usize;
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => {
                letters.next();
            }
            '(' => parentheses += 1,
            ')' => parentheses = parentheses.saturating_sub(1),
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' if parentheses == 0 || !text.starts_with("__") => return Some(&text[..at]),
            _ => {}
        }
    }
    None
}

fn part(inner: &str) -> Part {
    let Some(call) = inner.trim().strip_prefix("__") else {
        return Part::Variable(inner.trim().to_owned());
    };
    let (name, arguments) = match call.split_once('(') {
        Some((name, rest)) => (name, arguments(rest.strip_suffix(')').unwrap_or(rest))),
        None => (call, Vec::new()),
    };
    let (name, source) = (name.trim().to_owned(), format!("${{{inner}}}"));
    Part::Call(Call {
        name,
        arguments,
        source,
    })
}

/// Splits at the commas that are not within parentheses, braces or quotes of a nested call.
fn arguments(text: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut argument = String::new();
    let mut depth = 0_usize;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if depth == 0 && letters.next_if_eq(&',').is_some() => {
                argument.push(',');
                continue;
            }
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                arguments.push(std::mem::take(&mut argument));
                continue;
            }
            _ => {}
        }
        argument.push(letter);
    }
    if !arguments.is_empty() || !argument.trim().is_empty() {
        arguments.push(argument);
    }
    arguments
}
