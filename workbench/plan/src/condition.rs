//! Conditions and comparisons on values.

use std::cmp::Ordering;

use crate::diagnostic::Diagnostic;
use crate::template::{Resolve, Template, Value};

/// A condition on variables, under which steps are executed.
#[derive(Clone, Debug)]
pub struct Condition {
    left: Template,
    /// Without one, the left side is neither empty, 0 nor false.
    right: Option<(Relation, Template)>,
}

/// A comparison operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// All operators. An operator stands before every other one that is a prefix of it.
const RELATIONS: [(&str, Relation); 6] = [
    ("==", Relation::Equal),
    ("!=", Relation::NotEqual),
    ("<=", Relation::LessOrEqual),
    (">=", Relation::GreaterOrEqual),
    ("<", Relation::Less),
    (">", Relation::Greater),
];

impl Condition {
    pub(crate) fn compile(text: &str, resolve: &Resolve<'_>) -> Result<Self, Diagnostic> {
        let text = text.trim();
        // Text in quotes may contain operators.
        let quoted = text.chars().next().filter(|first| QUOTES.contains(first));
        let quoted = quoted.and_then(|quote| text[1..].find(quote));
        let from = quoted.map_or(0, |end| end + 2);
        let Some((at, sign, relation)) = first_sign(&text[from..]) else {
            return Ok(Self {
                left: Template::plain(side(text)?, resolve)?,
                right: None,
            });
        };
        let (left, right) = (&text[..from + at], &text[from + at + sign.len()..]);
        Ok(Self {
            left: Template::plain(side(left)?, resolve)?,
            right: Some((relation, Template::plain(side(right)?, resolve)?)),
        })
    }

    /// Whether the result cannot depend on a variable, although the text is a comparison or not a plain switch word.
    pub(crate) fn is_pointless(&self) -> bool {
        match (self.left.constant(), &self.right) {
            (Some(left), None) => !matches!(left, "true" | "false" | "1" | "0"),
            (Some(_), Some((_, right))) => right.constant().is_some(),
            (None, _) => false,
        }
    }

    /// Whether the condition holds for these values of the scenario's variables.
    #[must_use]
    pub fn holds(&self, values: &[Value]) -> bool {
        let text = |template: &Template| {
            let mut text = String::new();
            template.render(values, &mut text);
            text
        };
        let left = text(&self.left);
        match &self.right {
            None => !matches!(left.trim(), "" | "0" | "false" | "null"),
            Some((relation, right)) => relation.holds(&left, &text(right)),
        }
    }
}

/// Quotes that may enclose a side of a comparison.
const QUOTES: [char; 2] = ['"', '\''];

/// The first operator in a text, and its position.
fn first_sign(text: &str) -> Option<(usize, &'static str, Relation)> {
    RELATIONS
        .iter()
        .filter_map(|(sign, relation)| Some((text.find(sign)?, *sign, *relation)))
        .min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())))
}

/// One side of a comparison: a text in quotes, or a text without quotes and operators.
fn side(text: &str) -> Result<&str, Diagnostic> {
    let text = text.trim();
    if let Some(text) = unquoted(text) {
        return Ok(text);
    }
    if text.is_empty() {
        return Err(Diagnostic::new(
            "there is nothing to compare with; an empty text is written ''",
        ));
    }
    let signs = ["&&", "||", "==", "!=", "=", "<", ">"];
    match signs.into_iter().find(|sign| text.contains(sign)) {
        None => Ok(text),
        Some("=") => Err(Diagnostic::at("=", "two values are compared with \"==\"")),
        Some(sign) => Err(Diagnostic::at(
            sign,
            "a condition is one comparison: for \"and\" put a \"when\" into the steps of another; a text with such signs \
             stands in quotes",
        )),
    }
}

/// The text between the quotes.
fn unquoted(text: &str) -> Option<&str> {
    QUOTES
        .iter()
        .find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote))
}

impl Relation {
    /// Splits a comparison such as `> 0` into its operator and its operand. `None` where the text does not begin with a
    /// relation.
    pub(crate) fn prefix(text: &str) -> Result<Option<(Self, &str)>, Diagnostic> {
        let text = text.trim_start();
        let found = RELATIONS
            .iter()
            .find_map(|(sign, relation)| Some((*relation, text.strip_prefix(sign)?.trim())));
        match found {
            None if text.starts_with('=') => {
                Err(Diagnostic::at("=", "two values are compared with \"==\""))
            }
            None => Ok(None),
            Some((_, "")) => Err(Diagnostic::new(
                "there is nothing to compare with; an empty text is written ''",
            )),
            Some((_, right)) if right.starts_with(['=', '<', '>']) => {
                let signs = RELATIONS.map(|(sign, _)| sign);
                Err(Diagnostic::new(format!(
                    "\"{text}\" is not a comparison: it begins with one of {}; a text that begins with such a sign stands \
                     in quotes",
                    signs.join(", ")
                )))
            }
            Some((relation, right)) => Ok(Some((relation, unquoted(right).unwrap_or(right)))),
        }
    }

    pub(crate) fn sign(self) -> &'static str {
        RELATIONS
            .iter()
            .find_map(|(sign, relation)| (*relation == self).then_some(*sign))
            .unwrap_or_default()
    }

    /// Numbers are compared as numbers where both are, else the texts are compared.
    pub(crate) fn holds(self, left: &str, right: &str) -> bool {
        let number = |text: &str| text.trim().parse::<f64>().ok().filter(|it| it.is_finite());
        let ordering = match (left.trim().parse::<i128>(), right.trim().parse::<i128>()) {
            (Ok(left), Ok(right)) => left.cmp(&right),
            _ => match (number(left), number(right)) {
                (Some(left), Some(right)) => left.partial_cmp(&right).unwrap_or(Ordering::Equal),
                _ => left.cmp(right),
            },
        };
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(text: &str) -> bool {
        let resolve = |name: &str| {
            let known = ["total", "name", "none"].iter().position(|it| *it == name);
            known.ok_or_else(|| Diagnostic::new("unknown"))
        };
        let values = [
            Value::Integer(11),
            Value::Text("ann".into()),
            Value::Text(String::new()),
        ];
        Condition::compile(text, &resolve).unwrap().holds(&values)
    }

    #[test]
    fn numbers_are_compared_as_numbers_and_all_else_as_text() {
        for right in [
            "${total} > 9",
            "${total} >= 11.0",
            "${total}<=11",
            "${name} == ann",
            "${name} == 'ann'",
            "${name} != \"bob\"",
            "${name} < bob",
            "${none} == ''",
        ] {
            assert!(holds(right), "{right}");
        }
        for wrong in [
            "${total} < 9",
            "${total} != 11",
            "${name} == 11",
            "${total} == 011x",
        ] {
            assert!(!holds(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_single_value_holds_unless_it_is_empty_zero_or_false() {
        assert!(holds("${total}"));
        assert!(holds("${name}"));
        assert!(!holds("${none}"));
        assert!(!holds("false"));
        assert!(!holds("0"));
    }

    #[test]
    fn a_text_with_operators_must_be_quoted() {
        assert!(holds("'a<b' == \"a<b\""));
        assert!(holds("\"a = b && c\" != ${name}"));
        assert!(holds("${name} != O'Brien"));
    }

    #[test]
    fn several_comparisons_are_refused_at_the_operator() {
        for (text, offending) in [
            ("${total} = 5", "="),
            ("${total} => 5", "="),
            ("${total} =< 5", "="),
            ("${total} === 5", "="),
            ("${total} > 1 && ${total} < 5", "&&"),
            ("${total} || ${name}", "||"),
            ("1 < ${total} < 5", "<"),
            ("${total} >", ""),
            ("> 5", ""),
            ("", ""),
        ] {
            let diagnostic = Condition::compile(text, &|_| Ok(0)).unwrap_err();
            assert_eq!(
                diagnostic.offending, offending,
                "{text}: {}",
                diagnostic.message
            );
        }
    }

    #[test]
    fn a_comparison_without_a_variable_is_pointless() {
        let is_pointless = |text: &str| {
            let condition = Condition::compile(text, &|_| Ok(0)).unwrap();
            condition.is_pointless()
        };
        assert!(is_pointless("total > 10"));
        assert!(is_pointless("total"));
        assert!(!is_pointless("false"));
        assert!(!is_pointless("10 < ${total}"));
    }

    #[test]
    fn an_expected_value_may_begin_with_a_relation() {
        let prefix = |text| Relation::prefix(text).map_err(|diagnostic| diagnostic.offending);
        assert_eq!(prefix("> 0"), Ok(Some((Relation::Greater, "0"))));
        assert_eq!(prefix("<='b c'"), Ok(Some((Relation::LessOrEqual, "b c"))));
        assert_eq!(prefix("== '> 0'"), Ok(Some((Relation::Equal, "> 0"))));
        assert_eq!(prefix("!= ''"), Ok(Some((Relation::NotEqual, ""))));
        assert_eq!(prefix("a = b"), Ok(None));
        assert_eq!(prefix(""), Ok(None));
        assert_eq!(prefix("= 5"), Err("=".to_owned()));
        for wrong in [">", "=> 5", "=< 5", "=== 5", "<> 5"] {
            assert!(prefix(wrong).is_err(), "{wrong}");
        }
    }
}
