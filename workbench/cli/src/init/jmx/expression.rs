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
    if !text.contains("${") {
        return match text {
            "" => Vec::new(),
            text => vec![Part::Literal(text.to_owned())],
        };
    }
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        if let Some(escaped) = escaped(rest) {
            literal.push(escaped);
            rest = &rest[2..];
            continue;
        }
        if let Some(inner) = rest.strip_prefix("${").and_then(reference) {
            if !literal.is_empty() {
                parts.push(Part::Literal(std::mem::take(&mut literal)));
            }
            parts.push(part(inner));
            rest = &rest[inner.len() + 3..];
            continue;
        }
        literal.push(letter);
        rest = &rest[letter.len_utf8()..];
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
    Part::Call(Call {
        name: name.trim().to_owned(),
        arguments,
        source: format!("${{{inner}}}"),
    })
}

/// Splits at the commas that are not within parentheses, braces or quotes of a nested call.
fn arguments(text: &str) -> Vec<String> {
    let mut arguments = vec![String::new()];
    let mut depth = 0_usize;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if depth == 0 && letters.peek() == Some(&',') => {
                letters.next();
                push(&mut arguments, ',');
                continue;
            }
            '(' | '{' => depth += 1,
            ')' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                arguments.push(String::new());
                continue;
            }
            _ => {}
        }
        push(&mut arguments, letter);
    }
    if arguments.len() == 1 && arguments[0].trim().is_empty() {
        arguments.clear();
    }
    arguments
}

fn push(arguments: &mut [String], letter: char) {
    if let Some(last) = arguments.last_mut() {
        last.push(letter);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn literal(text: &str) -> Part {
        Part::Literal(text.to_owned())
    }

    fn variable(name: &str) -> Part {
        Part::Variable(name.to_owned())
    }

    fn call(name: &str, arguments: &[&str], source: &str) -> Part {
        Part::Call(Call {
            name: name.to_owned(),
            arguments: arguments.iter().map(|it| (*it).to_owned()).collect(),
            source: source.to_owned(),
        })
    }

    #[test]
    fn a_text_is_parsed_into_literals_variables_and_calls() {
        assert_eq!(parse("costs $5 {x}"), [literal("costs $5 {x}")]);
        assert_eq!(
            parse("/items/${id}/${__Random(1,10,n)}"),
            [
                literal("/items/"),
                variable("id"),
                literal("/"),
                call("Random", &["1", "10", "n"], "${__Random(1,10,n)}"),
            ]
        );
        assert_eq!(parse("${__UUID}"), [call("UUID", &[], "${__UUID}")]);
        assert_eq!(parse("${__UUID()}"), [call("UUID", &[], "${__UUID()}")]);
    }

    #[test]
    fn calls_within_calls_are_arguments() {
        let text = "${__P(host,${__env(HOST,,a\\,b)})}";
        assert_eq!(
            parse(text),
            [call("P", &["host", "${__env(HOST,,a\\,b)}"], text)]
        );
        let text = "${__groovy(vars.get(\"a\") ? {1} : 2)}";
        assert_eq!(
            parse(text),
            [call("groovy", &["vars.get(\"a\") ? {1} : 2"], text)]
        );
    }

    #[test]
    fn backslashes_escape_only_where_there_are_variables() {
        assert_eq!(parse("a\\$b\\,c"), [literal("a\\$b\\,c")]);
        assert_eq!(parse("\\${a},${b}"), [literal("${a},"), variable("b")]);
    }

    #[test]
    fn unclosed_references_are_literal() {
        assert_eq!(parse("${a"), [literal("${a")]);
        assert_eq!(parse("${__P(a,b"), [literal("${__P(a,b")]);
        assert_eq!(parse("é${"), [literal("é${")]);
    }
}
