//! Seeded simulations of the crate's answers, as Markdown tables: `just calibration`.

mod between;
mod between_tables;
mod random;
mod trials;
mod within;

fn main() {
    println!("{}", within::section(2000, 1));
    between_tables::print();
}
