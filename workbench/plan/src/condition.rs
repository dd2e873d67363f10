//! Conditions and comparisons on values.

use std::cmp::Ordering;

use crate::diagnostic::Fault;
use crate::template::{Resolve, Template, Value};

/// What has to hold for steps to be done.
#[derive(Clone, Debug)]
pub struct Condition {
    left: Template,
    /// Without one, the left side is neither empty, 0 nor false.
    right: Option<(Relation, Template)>,
}

/// How two values have to stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Longer ones before those that they begin with.
const RELATIONS: [(&str, Relation); 6] = [
    ("==", Relation::Equal),
    ("!=", Relation::NotEqual),
    ("<=", Relation::LessOrEqual),
    (">=", Relation::GreaterOrEqual),
    ("<", Relation::Less),
    (">", Relation::Greater),
];

impl Condition {
    pub(crate) fn compile(text: &str, resolve: &Resolve<'_>) -> Result<Self, Fault> {
        let found = RELATIONS
            .iter()
            .filter_map(|(sign, relation)| Some((text.find(sign)?, sign, *relation)))
            .min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
        let Some((at, sign, relation)) = found else {
            if text.contains('=') {
                return Err(Fault::at("=", "two values are compared with \"==\""));
            }
            return Ok(Self {
                left: Template::plain(text.trim(), resolve)?,
                right: None,
            });
        };
        let (left, right) = (text[..at].trim(), text[at + sign.len()..].trim());
        if left.is_empty() {
            let message =
                format!("there is nothing before \"{sign}\": write \"${{total}} {sign} 10\"");
            return Err(Fault::at(sign, message));
        }
        Ok(Self {
            left: Template::plain(left, resolve)?,
            right: Some((relation, Template::plain(unquoted(right), resolve)?)),
        })
    }

    /// Whether it holds with the scenario's variables.
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

/// A text may stand in quotes.
fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|&quote| text.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(text)
}

impl Relation {
    /// A comparison such as `> 0`: how, and with what. `None` where the text does not begin with a relation.
    pub(crate) fn prefix(text: &str) -> Option<(Self, &str)> {
        let text = text.trim_start();
        RELATIONS.iter().find_map(|(sign, relation)| {
            let rest = text.strip_prefix(sign)?;
            Some((*relation, unquoted(rest.trim())))
        })
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
            known.ok_or_else(|| Fault::new("unknown"))
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
    fn a_single_value_holds_where_it_is_something() {
        assert!(holds("${total}"));
        assert!(holds("${name}"));
        assert!(!holds("${none}"));
        assert!(!holds("false"));
        assert!(!holds("0"));
    }

    #[test]
    fn one_sign_of_equality_is_pointed_at() {
        let fault = Condition::compile("a = b", &|_| Ok(0)).unwrap_err();
        assert_eq!(fault.offending, "=");
    }
}
