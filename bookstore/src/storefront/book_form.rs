//! The fields that describe a book, as an administrator has filled them in.

use std::ops::RangeInclusive;

use super::form::Form;
use crate::{
    catalog::{Book, BookDetails, DESCRIPTION_LENGTH, LABEL_LENGTH, NAME_LENGTH, NewProduct},
    item::MOST,
    platform::validation::is_visible,
};

/// Fields as they stand in the form, each with what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct BookForm {
    pub(super) name: Field,
    pub(super) price: Field,
    pub(super) quantity: Field,
    pub(super) author: Field,
    pub(super) category: Field,
    pub(super) description: Field,
}

/// What was typed, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) text: String,
    pub(super) problem: Option<String>,
}

impl Field {
    /// Lines and blanks in a row are one blank.
    fn typed(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        Self {
            text: words.join(" "),
            problem: None,
        }
    }

    fn number(&mut self) -> Option<i64> {
        let number = self.text.parse().ok().filter(|n| (0..=MOST).contains(n));
        if number.is_none() {
            self.problem = Some(format!("Enter a whole number from 0 to {MOST}."));
        }
        number
    }

    fn text(&mut self, length: RangeInclusive<usize>) -> Option<String> {
        let visible = self.text.chars().filter(|it| is_visible(*it)).count();
        let fits = visible >= *length.start() && self.text.chars().count() <= *length.end();
        if fits && !self.text.contains(char::is_control) {
            return Some(self.text.clone());
        }
        let (least, most) = (length.start(), length.end());
        self.problem = Some(format!("Enter {least} to {most} characters."));
        None
    }
}

impl BookForm {
    pub(super) fn of(book: &Book) -> Self {
        Self {
            name: Field::typed(&book.name),
            price: Field::typed(&book.price.to_string()),
            quantity: Field::typed(&book.quantity.to_string()),
            author: Field::typed(&book.author),
            category: Field::typed(&book.category),
            description: Field::typed(&book.description),
        }
    }

    pub(super) fn sent(form: &Form) -> Self {
        let field = |name| Field::typed(form.field(name));
        Self {
            name: field("name"),
            price: field("price"),
            quantity: field("quantity"),
            author: field("author"),
            category: field("category"),
            description: field("description"),
        }
    }

    /// The book that the form describes; otherwise its fields say what is wrong.
    pub(super) fn book(&mut self) -> Option<(NewProduct, BookDetails)> {
        let (price, quantity) = (self.price.number(), self.quantity.number());
        let (name, author) = (self.name.text(NAME_LENGTH), self.author.text(LABEL_LENGTH));
        let category = self.category.text(LABEL_LENGTH);
        let description = self.description.text(DESCRIPTION_LENGTH);
        let product = NewProduct {
            name: name?,
            price: price?,
            quantity: quantity?,
        };
        let details = BookDetails {
            author: author?,
            category: category?,
            description: description?,
        };
        Some((product, details))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(name: &str, price: &str, quantity: &str) -> BookForm {
        BookForm {
            name: Field::typed(name),
            price: Field::typed(price),
            quantity: Field::typed(quantity),
            ..BookForm::default()
        }
    }

    #[test]
    fn every_field_says_what_is_wrong_with_it() {
        let mut wrong = form("", "1.5", "-1");
        wrong.author = Field::typed(&"x".repeat(101));
        assert_eq!(wrong.book(), None);
        assert!(wrong.name.problem.unwrap().contains("1 to 255"));
        assert!(wrong.price.problem.unwrap().contains("whole number"));
        assert!(wrong.quantity.problem.unwrap().contains("2147483647"));
        assert!(wrong.author.problem.unwrap().contains("0 to 100"));
        assert_eq!(form("Emma", "2147483648", "1").book(), None);
        assert_eq!(form("Em\u{7}ma", "1", "1").book(), None);
        assert_eq!(form("\u{200b}\u{feff}", "1", "1").book(), None);
    }
}
