//! The command line: what is said when something cannot be done.

use std::net::TcpListener;

use crate::support::{Process, command};

#[test]
fn a_port_in_use_is_named_with_the_flag_that_changes_it() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (flags, culprit) in [
        (
            [
                "--catalog-port",
                &port,
                "--cart-port",
                "0",
                "--orders-port",
                "0",
                "--storefront-port",
                "0",
            ],
            "--catalog-port",
        ),
        (
            [
                "--catalog-port",
                "0",
                "--cart-port",
                "0",
                "--orders-port",
                &port,
                "--storefront-port",
                "0",
            ],
            "--orders-port",
        ),
    ] {
        let mut arguments = vec!["all", "--ephemeral"];
        arguments.extend(flags);
        let (code, message) = Process::fail(&arguments);
        assert_eq!(code, 1);
        assert!(message.contains(&port), "{message}");
        assert!(message.contains(culprit), "{message}");
    }
}

#[test]
fn a_database_that_cannot_be_reached_is_named_without_its_password() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let url = format!("postgres://ann:secret@{address}/shop");
    let (code, message) = Process::fail(&["catalog", "--port", "0", "--database", &url]);
    assert_eq!(code, 1);
    assert!(
        message.contains(&format!("postgres://ann@{address}/shop")),
        "{message}"
    );
    assert!(message.contains("--database"), "{message}");
    assert!(!message.contains("secret"), "{message}");
}

#[test]
fn a_database_that_cannot_be_meant_is_a_usage_error_that_repeats_no_password() {
    for (url, advice) in [
        ("mysql://ann:secret@localhost/shop", "sqlite:FOLDER"),
        ("postgres://ann:secret@localhost:port/shop", "invalid port"),
        ("postgres://ann@localhost/shop?passwd=secret", "`passwd`"),
    ] {
        let from_variable = command(&["all"])
            .env("BOOKSTORE_DATABASE", url)
            .output()
            .unwrap();
        assert_eq!(from_variable.status.code(), Some(2));
        let from_variable = String::from_utf8(from_variable.stderr).unwrap();
        let (code, from_option) = Process::fail(&["all", "--database", url]);
        assert_eq!(code, 2);
        for message in [from_option, from_variable] {
            assert!(message.contains("--database <URL>"), "{message}");
            assert!(message.contains(advice), "{message}");
            assert!(!message.contains("secret"), "{message}");
        }
    }
}

#[test]
fn limits_that_make_no_sense_are_usage_errors() {
    for (option, value) in [
        ("--request-timeout", "0s"),
        ("--body-timeout", "10"),
        ("--idle-timeout", "2h"),
        ("--max-requests", "0"),
    ] {
        let (code, message) = Process::fail(&["all", option, value]);
        assert_eq!(code, 2);
        assert!(message.contains(option), "{message}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let folder = file.path().join("shop");
    let url = format!("sqlite:{}", folder.display());
    let (code, message) = Process::fail(&["all", "--free-ports", "--database", &url]);
    assert_eq!(code, 1);
    assert!(message.contains(folder.to_str().unwrap()), "{message}");
}

#[test]
fn a_file_that_is_no_database_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cart.db");
    std::fs::write(&file, "This is not a database. ".repeat(200)).unwrap();
    let url = format!("sqlite:{}", folder.path().display());
    let (code, message) = Process::fail(&["all", "--free-ports", "--database", &url]);
    assert_eq!(code, 1);
    assert!(message.contains(file.to_str().unwrap()), "{message}");
}

#[test]
fn a_switch_that_is_set_to_another_word_is_refused() {
    let mut command = command(&["all"]);
    let output = command
        .env("BOOKSTORE_BEHIND_PROXY", "perhaps")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("--behind-proxy"), "{message}");
}
