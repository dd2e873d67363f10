//! The sources' rooms import in one direction: what every service has knows no shop, and a service
//! knows of another one only what its client speaks of.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Rooms, and the rooms that they may import from. Whatever is not listed puts them together.
const ROOMS: [(&str, &[&str]); 6] = [
    ("platform", &[]),
    ("item", &["platform"]),
    ("catalog", &["item", "platform"]),
    ("cart", &["catalog", "item", "platform"]),
    ("orders", &["cart", "catalog", "item", "platform"]),
    (
        "storefront",
        &["cart", "catalog", "item", "orders", "platform"],
    ),
];

/// Services that know of others only what these services' clients name.
const BY_CLIENT: [(&str, &[&str]); 2] = [("cart", &["catalog"]), ("orders", &["cart", "catalog"])];

/// Parts of what clients answer, which they need not name.
const PARTS: [&str; 3] = ["CheckoutStatus", "ReservationStatus", "ReservedItem"];

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// The texts of a room, without blanks and comments.
fn texts(room: &Path) -> Vec<(PathBuf, String)> {
    if room.is_dir() {
        let entries = fs::read_dir(room).unwrap();
        return entries.flat_map(|it| texts(&it.unwrap().path())).collect();
    }
    if room.extension().is_none_or(|it| it != "rs") {
        return Vec::new();
    }
    let text = fs::read_to_string(room).unwrap();
    let code = text.lines().filter(|it| !it.trim().starts_with("//"));
    let code: String = code.flat_map(str::split_whitespace).collect();
    vec![(room.to_owned(), code)]
}

/// What a text names below a module, as paths: `crate::{a::{B,C},d}` names `a::B`, `a::C` and `d`.
fn named_below(text: &str, module: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tree in text.split(&format!("{module}::")).skip(1) {
        expand(tree, "", &mut found);
    }
    found
}

/// Adds the paths of the tree that the text begins with; what comes after it.
fn expand<'a>(tree: &'a str, before: &str, found: &mut Vec<String>) -> &'a str {
    if let Some(mut rest) = tree.strip_prefix('{') {
        while !rest.is_empty() && !rest.starts_with('}') {
            rest = expand(rest, before, found);
            rest = rest.strip_prefix(',').unwrap_or(rest);
        }
        return rest.strip_prefix('}').unwrap_or(rest);
    }
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '*';
    let end = tree.find(|letter| !is_name(letter)).unwrap_or(tree.len());
    let (name, rest) = tree.split_at(end);
    let path = format!("{before}{name}");
    match rest.strip_prefix("::") {
        Some(rest) if !name.is_empty() => expand(rest, &format!("{path}::"), found),
        _ => {
            found.push(path);
            // Past whatever this is, so that every text comes to its end.
            if name.is_empty() {
                &rest[rest.chars().next().map_or(0, char::len_utf8)..]
            } else {
                rest
            }
        }
    }
}

/// Imports of a room from others: file, room, and the name in it.
fn imports_of(room: &str) -> Vec<(PathBuf, String, String)> {
    let folder = sources().join(room);
    let file = folder.with_extension("rs");
    let texts = texts(if folder.is_dir() { &folder } else { &file });
    assert!(!texts.is_empty(), "there is no {room}");
    let mut all = Vec::new();
    for (file, text) in texts {
        for path in named_below(&text, "crate") {
            let (from, name) = path.split_once("::").unwrap_or((&path, ""));
            if from != room {
                all.push((file.clone(), from.to_owned(), name.to_owned()));
            }
        }
    }
    all
}

#[test]
fn no_room_imports_from_one_above_it() {
    for (room, below) in ROOMS {
        let imports = imports_of(room);
        assert!(
            room == "platform" || !imports.is_empty(),
            "{room} imports nothing"
        );
        for (file, from, name) in imports {
            // The crate's root names a few types again.
            let is_root = from.starts_with(char::is_uppercase);
            assert!(
                below.contains(&from.as_str()) && !is_root,
                "{} imports {from}::{name}",
                file.display()
            );
        }
    }
}

#[test]
fn cart_and_orders_know_of_other_services_only_what_their_clients_name() {
    for (room, services) in BY_CLIENT {
        for (file, text) in texts(&sources().join(room)) {
            for service in services {
                let client = sources().join(service).join("client.rs");
                let client = fs::read_to_string(client).unwrap();
                let is_in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
                for path in named_below(&text, service) {
                    let name = path.split("::").next().unwrap();
                    let mut words = client.split(|letter| !is_in_word(letter));
                    assert!(
                        name == "self" || PARTS.contains(&name) || words.any(|word| word == name),
                        "{} names {service}::{name}, which the client does not",
                        file.display()
                    );
                }
            }
        }
    }
}

#[test]
fn imports_are_found_however_they_are_written() {
    let text = "usecrate::{a::{self,B,c::D},e};fn f(x:crate::g::H<u8>){crate::i!()}";
    assert_eq!(
        named_below(text, "crate"),
        ["a::self", "a::B", "a::c::D", "e", "g::H", "i"]
    );
}
