//! A new migration file is a reason to build again; `sqlx::migrate!` alone does not notice it.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
