//! Conditions of If Controllers.

use super::Conversion;
use super::expression::{Part, parse};
use super::scope::Scope;
use super::variables::Draws;

/// Two-letter signs before those that they begin with; JavaScript's come last, so that `==` is not found in them.
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

/// The variable of JMeter for the success of the last request.
const LAST_IS_GOOD: &str = "JMeterThread.last_sample_ok";

impl Conversion<'_> {
    /// A condition with its variables marked. `None` if it is more than a comparison of two values.
    pub(super) fn condition(
        &mut self,
        raw: &str,
        scope: &Scope<'_>,
        place: &str,
    ) -> Option<String> {
        let mut raw = raw.trim().to_owned();
        if let [Part::Call(call)] = parse(&raw).as_slice()
            && matches!(
                call.name.as_str(),
                "jexl3" | "jexl2" | "jexl" | "groovy" | "javaScript"
            )
        {
            // Commas within it have split it.
            raw = call
                .arguments
                .join(",")
                .trim()
                .trim_end_matches(',')
                .to_owned();
        }
        let raw = without_parentheses(&raw).to_owned();
        if raw.is_empty() || raw.contains("&&") || raw.contains("||") || raw.contains(LAST_IS_GOOD)
        {
            return None;
        }
        let mut draws = Draws::new();
        let found = SIGNS
            .iter()
            .filter_map(|(sign, own)| Some((sign_at(&raw, sign)?, *sign, *own)))
            .min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
        let condition = match found {
            None if raw.starts_with('!') => {
                let operand = self.operand(&raw[1..], scope, &mut draws, place)?;
                format!("{operand} == false")
            }
            None => self.operand(&raw, scope, &mut draws, place)?,
            Some((at, sign, own)) => {
                let left = self.operand(&raw[..at], scope, &mut draws, place)?;
                let right = self.operand(&raw[at + sign.len()..], scope, &mut draws, place)?;
                if left.is_empty() || left.contains(['<', '>', '=']) {
                    return None;
                }
                let right = if right.is_empty() {
                    "\"\"".to_owned()
                } else {
                    right
                };
                format!("{left} {own} {right}")
            }
        };
        // Random functions are not supported, because there is no request before which they could be drawn.
        (draws.is_empty() && !condition.trim().is_empty()).then_some(condition)
    }

    /// A text in quotes, a number, a truth value, or a variable.
    fn operand(
        &mut self,
        text: &str,
        scope: &Scope<'_>,
        draws: &mut Draws,
        place: &str,
    ) -> Option<String> {
        let text = without_parentheses(text);
        if let Some(name) = ["vars.get(", "vars["]
            .iter()
            .find_map(|start| text.strip_prefix(start))
        {
            let name = name.trim_end_matches([')', ']']).trim_matches(['"', '\'']);
            let is_name = !name.contains(['"', '\'', '(', '.', ' ']);
            return is_name
                .then(|| crate::init::template::mark(&self.variable(name, scope, place)));
        }
        for quote in ['"', '\''] {
            if let Some(inner) = text
                .strip_prefix(quote)
                .and_then(|rest| rest.strip_suffix(quote))
            {
                return match inner.contains(quote) {
                    true => None,
                    false => Some(self.text(inner, scope, draws, place)),
                };
            }
        }
        let is_simple = match parse(text).as_slice() {
            [Part::Literal(text)] => {
                let text = text.trim();
                text.parse::<f64>().is_ok() || matches!(text, "true" | "false" | "null")
            }
            [Part::Variable(_) | Part::Call(_)] => true,
            _ => false,
        };
        is_simple.then(|| self.text(text, scope, draws, place))
    }
}

/// Whether a condition without variables holds: numbers are compared as numbers, other texts as texts.
pub(super) fn constant_truth(condition: &str) -> bool {
    let compared = SIGNS.iter().find_map(|(_, sign)| {
        let (left, right) = condition.split_once(&format!(" {sign} "))?;
        Some((left.trim(), *sign, right.trim().trim_matches('"')))
    });
    let Some((left, sign, right)) = compared else {
        return !matches!(condition.trim(), "" | "0" | "false" | "null");
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_without_variables_is_evaluated_during_conversion() {
        for holds in ["true", "1 == 1.0", "a != b", "2 < 10", "x >= x"] {
            assert!(constant_truth(holds), "{holds}");
        }
        for fails in ["false", "0", "1 == TRUE", "a == \"\"", "10 < 2"] {
            assert!(!constant_truth(fails), "{fails}");
        }
    }
}
