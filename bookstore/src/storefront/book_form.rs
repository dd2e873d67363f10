//! The fields that describe a book, as an administrator has filled them in.

use super::form::Form;
use crate::{
    catalog::{NAME_LENGTH, NewProduct, Product},
    item::MOST,
};

/// Fields as they stand in the form, each with what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct BookForm {
    pub(super) name: Field,
    pub(super) price: Field,
    pub(super) quantity: Field,
}

/// What was typed, and what is wrong with it.
#[derive(Debug, Default)]
pub(super) struct Field {
    pub(super) text: String,
    pub(super) problem: Option<String>,
}

impl Field {
    fn typed(text: &str) -> Self {
        Self {
            text: text.trim().to_owned(),
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
}

impl BookForm {
    /// A form that says what a book says.
    pub(super) fn of(book: &Product) -> Self {
        Self {
            name: Field::typed(&book.name),
            price: Field::typed(&book.price.to_string()),
            quantity: Field::typed(&book.quantity.to_string()),
        }
    }

    /// What was sent.
    pub(super) fn sent(form: &Form) -> Self {
        Self {
            name: Field::typed(form.field("name")),
            price: Field::typed(form.field("price")),
            quantity: Field::typed(form.field("quantity")),
        }
    }

    /// The book that the form describes; otherwise its fields say what is wrong.
    pub(super) fn book(&mut self) -> Option<NewProduct> {
        let (price, quantity) = (self.price.number(), self.quantity.number());
        let name = &mut self.name;
        let length = name.text.chars().count();
        if !NAME_LENGTH.contains(&length) || name.text.contains(char::is_control) {
            let (least, most) = (NAME_LENGTH.start(), NAME_LENGTH.end());
            name.problem = Some(format!("Enter a name of {least} to {most} characters."));
            return None;
        }
        Some(NewProduct {
            name: name.text.clone(),
            price: price?,
            quantity: quantity?,
        })
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
        }
    }

    #[test]
    fn a_form_describes_a_book() {
        let book = form(" Emma ", "12", " 0 ").book().unwrap();
        assert_eq!(
            (book.name.as_str(), book.price, book.quantity),
            ("Emma", 12, 0)
        );
    }

    #[test]
    fn every_field_says_what_is_wrong_with_it() {
        let mut wrong = form("", "1.5", "-1");
        assert_eq!(wrong.book(), None);
        assert!(wrong.name.problem.unwrap().contains("1 to 255"));
        assert!(wrong.price.problem.unwrap().contains("whole number"));
        assert!(wrong.quantity.problem.unwrap().contains("2147483647"));
        assert_eq!(form("Emma", "2147483648", "1").book(), None);
        assert_eq!(form("Em\u{7}ma", "1", "1").book(), None);
    }
}
