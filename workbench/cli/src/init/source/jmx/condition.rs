//! Conditions of If Controllers.

use super::Conversion;
use super::expression::{Part, parse};
use crate::init::template::mark;

/// Signs of comparison, the longer ones before those that they begin with, and those of an experiment.
const SIGNS: [(&str, &str); 8] = [
    ("===", "=="),
    ("!==", "!="),
    ("==", "=="),
    ("!=", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("<", "<"),
    (">", ">"),
];

/// The functions whose argument is a program.
const SCRIPTS: [&str; 5] = ["jexl3", "jexl2", "jexl", "groovy", "javaScript"];

/// The variable of JMeter for the success of the last request.
const LAST_IS_GOOD: &str = "JMeterThread.last_sample_ok";

impl Conversion<'_> {
    /// A condition with its variables marked. `None` if it is more than a comparison of two values. Random functions are not
    /// supported, because there is no request before which they could be drawn.
    pub(super) fn condition(&mut self, raw: &str) -> Option<String> {
        let mut raw = raw.to_owned();
        if let [Part::Call(call)] = parse(&raw).as_slice()
            && SCRIPTS.contains(&call.name.as_str())
        {
            // Commas within it have split it.
            let joined = call.arguments.join(",");
            raw = joined.trim().trim_end_matches(',').to_owned();
        }
        let raw = without_parentheses(&raw);
        if raw.is_empty()
            || ["&&", "||", LAST_IS_GOOD]
                .iter()
                .any(|part| raw.contains(part))
        {
            return None;
        }
        let found = SIGNS
            .iter()
            .filter_map(|(sign, own)| Some((sign_at(raw, sign)?, *sign, *own)));
        let condition = match found.min_by_key(|(at, ..)| *at) {
            None if raw.starts_with('!') => {
                format!("{} == false", self.operand(&raw[1..])?)
            }
            None => self.operand(raw)?,
            Some((at, sign, own)) => {
                let left = self.operand(&raw[..at])?;
                let right = self.operand(&raw[at + sign.len()..])?;
                if left.is_empty() || left.contains(['<', '>', '=']) {
                    return None;
                }
                let right = if right.is_empty() { "\"\"" } else { &right };
                format!("{left} {own} {right}")
            }
        };
        (!condition.trim().is_empty()).then_some(condition)
    }

    /// A text in quotes, a number, a truth value, or a variable.
    fn operand(&mut self, text: &str) -> Option<String> {
        let text = without_parentheses(text);
        if let Some(name) = text
            .strip_prefix("vars.get(")
            .or_else(|| text.strip_prefix("vars["))
        {
            let name = name.trim_end_matches([')', ']']).trim_matches(['"', '\'']);
            let is_name = !name.contains(['"', '\'', '(', '.', ' ']);
            return is_name.then(|| mark(&self.variable(name)));
        }
        for quote in ['"', '\''] {
            let inner = text.strip_prefix(quote);
            let inner = inner.and_then(|rest| rest.strip_suffix(quote));
            match inner {
                Some(inner) if inner.contains(quote) => return None,
                Some(inner) => return quoted(self.fixed(inner)?),
                None => {}
            }
        }
        let is_simple = match parse(text).as_slice() {
            [Part::Literal(text)] => {
                let text = text.trim();
                text.parse::<f64>().is_ok() || ["true", "false", "null"].contains(&text)
            }
            [Part::Variable(_) | Part::Call(_)] => true,
            _ => false,
        };
        match is_simple {
            true => self.fixed(text),
            false => None,
        }
    }
}

/// A text as one side of a comparison, in quotes if it has a sign in it.
fn quoted(text: String) -> Option<String> {
    if !text.contains(['<', '>', '=', '!', '&', '|']) {
        return Some(text);
    }
    (!text.contains('\'')).then(|| format!("'{text}'"))
}

/// Whether a condition without variables holds: numbers are compared as numbers, other texts as texts.
pub(super) fn constant_truth(condition: &str) -> bool {
    let compared = SIGNS.iter().find_map(|(_, sign)| {
        let (left, right) = condition.split_once(&format!(" {sign} "))?;
        Some((left.trim(), *sign, right.trim().trim_matches('"')))
    });
    let Some((left, sign, right)) = compared else {
        return !["", "0", "false", "null"].contains(&condition.trim());
    };
    let numbers = left.parse::<f64>().ok().zip(right.parse::<f64>().ok());
    let ordering = match numbers {
        Some((left, right)) => left.partial_cmp(&right),
        None => Some(left.cmp(right)),
    };
    ordering.is_some_and(|ordering| match sign {
        "==" => ordering.is_eq(),
        "!=" => ordering.is_ne(),
        "<=" => ordering.is_le(),
        ">=" => ordering.is_ge(),
        "<" => ordering.is_lt(),
        _ => ordering.is_gt(),
    })
}

/// The position of an operator outside of quotes and braces.
fn sign_at(text: &str, sign: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), letter) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '{' | '(') => depth += 1,
            (None, '}' | ')') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 && text[at..].starts_with(sign) => return Some(at),
            _ => {}
        }
    }
    None
}

/// The text without parentheses around all of it, and without spaces.
fn without_parentheses(text: &str) -> &str {
    let text = text.trim();
    match text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        Some(inner) if !inner.contains(['(', ')']) => without_parentheses(inner),
        _ => text,
    }
}
