//! Turns what a client sent into domain types, collecting everything that is wrong with it.
//!
//! Shapes, types and messages of the errors follow FastAPI (pydantic 2), whose clients look for
//! `{"detail":[{"loc":["body","price"],"msg":"…","type":"…"}]}`.
//!
//! garde and validator were considered: they look at what serde has read, and serde ends at the first
//! value of a wrong type, where these clients are told of all of them at once.

use std::{fmt, ops::RangeInclusive};

use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::platform::{Error, token::Token};

/// The body of every 422.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = HTTPValidationError)]
pub(crate) struct HttpValidationError {
    /// Everything that is wrong, in the order of the request.
    pub detail: Vec<ValidationError>,
}

/// One thing that is wrong with a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct ValidationError {
    /// The way to the culprit: `["body", "items", 0, "quantity"]`.
    pub loc: Vec<Segment>,
    /// For people.
    pub msg: String,
    /// For programs.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// A step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum Segment {
    /// The part of the request, or a field's name.
    Name(&'static str),
    /// A place in a list, or in a malformed text.
    Index(usize),
}

/// A way to a value that costs nothing until something is wrong with it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Location<'a> {
    /// The part of the request: `body`, `path`, `query`, `header`.
    Part(&'static str),
    /// A field of an object.
    Field(&'a Location<'a>, &'static str),
    /// An element of a list.
    Element(&'a Location<'a>, usize),
}

impl Location<'_> {
    fn segments(&self) -> Vec<Segment> {
        let (mut segments, last) = match *self {
            Self::Part(name) => (Vec::new(), Segment::Name(name)),
            Self::Field(parent, name) => (parent.segments(), Segment::Name(name)),
            Self::Element(parent, index) => (parent.segments(), Segment::Index(index)),
        };
        segments.push(last);
        segments
    }
}

/// What was found wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Problems(pub(crate) Vec<ValidationError>);

impl From<Problems> for Error {
    fn from(problems: Problems) -> Self {
        Self::Invalid(HttpValidationError { detail: problems.0 })
    }
}

impl Problems {
    /// Notes a problem; `None`, so that a reader can end with it.
    pub(crate) fn add<T>(
        &mut self,
        location: &Location<'_>,
        kind: &'static str,
        message: impl Into<String>,
    ) -> Option<T> {
        self.0.push(ValidationError {
            loc: location.segments(),
            msg: message.into(),
            kind,
        });
        None
    }

    pub(crate) fn token(&mut self, location: &Location<'_>, text: &str) -> Option<Token> {
        let token = Token::parse(text);
        token.or_else(|| self.add(location, "uuid_parsing", "Input should be a valid UUID"))
    }

    /// Holds a number against its range.
    pub(crate) fn in_range(
        &mut self,
        location: &Location<'_>,
        number: i128,
        range: &RangeInclusive<i64>,
    ) -> Option<i64> {
        if let Ok(number) = i64::try_from(number)
            && range.contains(&number)
        {
            return Some(number);
        }
        let (kind, relation, bound) = match number < i128::from(*range.start()) {
            true => ("greater_than_equal", "greater", range.start()),
            false => ("less_than_equal", "less", range.end()),
        };
        let message = format!("Input should be {relation} than or equal to {bound}");
        self.add(location, kind, message)
    }
}

/// A value in a body, if it is there, and the way to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    location: Location<'a>,
    value: Option<&'a Value>,
}

/// An object in a body.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Object<'a> {
    location: &'a Location<'a>,
    fields: &'a Map<String, Value>,
}

impl<'a> Object<'a> {
    /// A field, which may be missing. Fields that nobody asks for are ignored.
    pub(crate) fn field(&self, name: &'static str) -> Field<'a> {
        Field {
            location: Location::Field(self.location, name),
            value: self.fields.get(name),
        }
    }
}

impl<'a> Field<'a> {
    /// The whole body; `null` counts as no body.
    pub(crate) fn body(value: Option<&'a Value>) -> Self {
        Self {
            location: Location::Part("body"),
            value: value.filter(|value| !value.is_null()),
        }
    }

    pub(crate) fn is_absent(&self) -> bool {
        self.value.is_none()
    }

    fn wrong<T>(
        &self,
        problems: &mut Problems,
        kind: &'static str,
        message: impl Into<String>,
    ) -> Option<T> {
        problems.add(&self.location, kind, message)
    }

    fn present(&self, problems: &mut Problems) -> Option<&'a Value> {
        let missing = || self.wrong(problems, "missing", "Field required");
        self.value.or_else(missing)
    }

    pub(crate) fn object(&'a self, problems: &mut Problems) -> Option<Object<'a>> {
        let Value::Object(fields) = self.present(problems)? else {
            let message = "Input should be a valid dictionary or object to extract fields from";
            return self.wrong(problems, "model_attributes_type", message);
        };
        let location = &self.location;
        Some(Object { location, fields })
    }

    pub(crate) fn integer(
        &self,
        range: RangeInclusive<i64>,
        problems: &mut Problems,
    ) -> Option<i64> {
        let Value::Number(number) = self.present(problems)? else {
            return self.wrong(problems, "int_type", "Input should be a valid integer");
        };
        match (number.as_i128(), number.as_f64()) {
            (Some(number), _) => problems.in_range(&self.location, number, &range),
            // JSON has one kind of number: 5.0 is an integer, and so is 1e300, far out of range.
            (None, Some(number)) if number.fract() == 0.0 => {
                #[expect(clippy::cast_possible_truncation, reason = "saturates, out of range")]
                let number = number as i128;
                problems.in_range(&self.location, number, &range)
            }
            _ => {
                let message =
                    "Input should be a valid integer, got a number with a fractional part";
                self.wrong(problems, "int_from_float", message)
            }
        }
    }

    pub(crate) fn token(&self, problems: &mut Problems) -> Option<Token> {
        let Value::String(text) = self.present(problems)? else {
            let message = "UUID input should be a string, bytes or UUID object";
            return self.wrong(problems, "uuid_type", message);
        };
        problems.token(&self.location, text)
    }

    /// Reads a text of a length (in characters) within limits. Only what can be seen counts for the least
    /// length, and control characters are refused: no name needs them and databases choke on some.
    pub(crate) fn text(
        &self,
        length: RangeInclusive<usize>,
        problems: &mut Problems,
    ) -> Option<&'a str> {
        let Value::String(text) = self.present(problems)? else {
            return self.wrong(problems, "string_type", "Input should be a valid string");
        };
        let (least, most) = (*length.start(), *length.end());
        if text.chars().filter(|it| is_visible(*it)).count() < least {
            let message = format!("String should have at least {least} character");
            self.wrong(problems, "string_too_short", message)
        } else if text.chars().count() > most {
            let message = format!("String should have at most {most} characters");
            self.wrong(problems, "string_too_long", message)
        } else if text.chars().any(char::is_control) {
            self.refuse("control characters are not allowed", problems)
        } else {
            Some(text)
        }
    }

    /// Notes why a value that was read is refused.
    pub(crate) fn refuse<T>(&self, why: impl fmt::Display, problems: &mut Problems) -> Option<T> {
        self.wrong(problems, "value_error", format!("Value error, {why}"))
    }

    /// Reads a list with a number of elements within limits, each by `read`.
    pub(crate) fn list<T>(
        &'a self,
        length: RangeInclusive<usize>,
        problems: &mut Problems,
        mut read: impl FnMut(&Field<'_>, &mut Problems) -> Option<T>,
    ) -> Option<Vec<T>> {
        let Value::Array(values) = self.present(problems)? else {
            return self.wrong(problems, "list_type", "Input should be a valid list");
        };
        let (least, most, actual) = (*length.start(), *length.end(), values.len());
        if actual < least {
            let message =
                format!("List should have at least {least} item after validation, not {actual}");
            return self.wrong(problems, "too_short", message);
        }
        if actual > most {
            let message =
                format!("List should have at most {most} items after validation, not {actual}");
            return self.wrong(problems, "too_long", message);
        }
        let elements: Vec<Option<T>> = values
            .iter()
            .enumerate()
            .map(|(index, value)| {
                let element = Field {
                    location: Location::Element(&self.location, index),
                    value: Some(value),
                };
                read(&element, problems)
            })
            .collect();
        // Only now, so that every element has been looked at.
        elements.into_iter().collect()
    }
}

/// Whether a character shows, alone on a page.
pub(crate) fn is_visible(character: char) -> bool {
    let is_hidden = matches!(
        character,
        // Soft hyphen, fillers, a blank of Braille, joiners, marks of direction, byte order mark.
        '\u{ad}' | '\u{115f}' | '\u{1160}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
    );
    !is_hidden && !character.is_whitespace() && !character.is_control()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What is said about `value` as an integer from 0 to 10.
    fn integer(value: &Value) -> Result<i64, &'static str> {
        let mut problems = Problems::default();
        let read = Field::body(Some(value)).integer(0..=10, &mut problems);
        read.ok_or_else(|| problems.0[0].kind)
    }

    #[test]
    fn integers_are_read_and_everything_else_is_named() {
        assert_eq!(integer(&json!(10)), Ok(10));
        assert_eq!(integer(&json!(5.0)), Ok(5));
        assert_eq!(integer(&json!(11)), Err("less_than_equal"));
        assert_eq!(integer(&json!(-1)), Err("greater_than_equal"));
        assert_eq!(integer(&json!(u64::MAX)), Err("less_than_equal"));
        assert_eq!(integer(&json!(1e300)), Err("less_than_equal"));
        assert_eq!(integer(&json!(-1e300)), Err("greater_than_equal"));
        assert_eq!(integer(&json!(1.5)), Err("int_from_float"));
        assert_eq!(integer(&json!("5")), Err("int_type"));
        assert_eq!(integer(&json!(true)), Err("int_type"));
    }
}
