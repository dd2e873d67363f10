//! Tables of printed tests: valid files, and mistakes in them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use insta::assert_snapshot;
use workbench_plan::{parse_published, read_published};

/// A valid file. Each test breaks it in one place.
const RIGHT: &str = "\
title: Two groups
unit: ms
decimals: 2
groups:
  - { name: before, mean: 10.5, standard_error: 0.25, count: 50 }
  - { name: after, mean: 12, standard_error: 0.5, count: 60 }
tests:
  - { groups: [before, after], t: -2.68, p: 0.01, degrees_of_freedom: 85.5, rejected: true }
";

fn refused(right: &str, wrong: &str) -> String {
    assert_eq!(RIGHT.matches(right).count(), 1, "{right:?}");
    let text = RIGHT.replace(right, wrong);
    parse_published(&text, Path::new("table.yaml"))
        .unwrap_err()
        .to_string()
}

#[test]
fn every_key_is_read() {
    let table = parse_published(RIGHT, Path::new("table.yaml")).unwrap();
    assert_eq!((table.decimals, table.alpha), (2, 0.05));
    assert_eq!((table.unit.as_str(), table.source.as_str()), ("ms", ""));
    let [before, after] = &table.groups[..] else {
        panic!("two groups")
    };
    assert_eq!((before.name.as_str(), before.mean), ("before", 10.5));
    assert_eq!((after.standard_error, after.count), (0.5, 60));
    let test = &table.tests[0];
    assert_eq!((test.first, test.second, test.t), (0, 1, -2.68));
    assert_eq!(test.p, Some(0.01));
    assert_eq!(test.degrees_of_freedom, Some(85.5));
    assert_eq!(test.rejected, Some(true));
}

#[test]
fn a_misspelt_key_is_named_with_the_nearest_right_one() {
    assert_snapshot!(refused("standard_error: 0.25", "standard_eror: 0.25"), @r#"
table.yaml:5:33: unknown key "standard_eror"; did you mean "standard_error"?
  |
5 |   - { name: before, mean: 10.5, standard_eror: 0.25, count: 50 }
  |                                 ^^^^^^^^^^^^^
"#);
}

#[test]
fn a_misspelt_group_is_named_with_the_nearest_right_one() {
    assert_snapshot!(refused("[before, after]", "[before, aftr]"), @r#"
table.yaml:8:24: there is no group "aftr"; did you mean "after"?
  |
8 |   - { groups: [before, aftr], t: -2.68, p: 0.01, degrees_of_freedom: 85.5, rejected: true }
  |                        ^^^^
"#);
}

#[test]
fn more_digits_than_were_printed_are_a_mistake() {
    assert_snapshot!(refused("-2.68", "-2.6812"), @r#"
table.yaml:8:35: this has more digits behind the point than "decimals", which is 2
  |
8 |   - { groups: [before, after], t: -2.6812, p: 0.01, degrees_of_freedom: 85.5, rejected: true }
  |                                   ^^^^^^^
"#);
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let text = RIGHT
        .replace("count: 50", "count: 1")
        .replace("standard_error: 0.5,", "standard_error: -0.5,")
        .replace("p: 0.01", "p: 1.01");
    let error = parse_published(&text, Path::new("table.yaml")).unwrap_err();
    assert_snapshot!(error.to_string(), @r#"
table.yaml:5:62: a standard error needs at least two values behind the mean
  |
5 |   - { name: before, mean: 10.5, standard_error: 0.25, count: 1 }
  |                                                              ^

table.yaml:6:46: a standard error is never negative
  |
6 |   - { name: after, mean: 12, standard_error: -0.5, count: 60 }
  |                                              ^^^^

table.yaml:8:45: a p value lies between 0 and 1
  |
8 |   - { groups: [before, after], t: -2.68, p: 1.01, degrees_of_freedom: 85.5, rejected: true }
  |                                             ^^^^
"#);
}

#[test]
fn two_groups_of_one_name_are_a_mistake() {
    assert_snapshot!(refused("name: after", "name: before").split_once("\n\n").unwrap().0, @r#"
table.yaml:6:13: there is a group "before" already
  |
6 |   - { name: before, mean: 12, standard_error: 0.5, count: 60 }
  |             ^^^^^^
"#);
}

#[test]
fn a_test_is_of_two_different_groups() {
    assert_snapshot!(refused("[before, after]", "[before]"), @r#"
table.yaml:8:15: a test is of two groups: [scenario1, scenario2]
  |
8 |   - { groups: [before], t: -2.68, p: 0.01, degrees_of_freedom: 85.5, rejected: true }
  |               ^^^^^^^^
"#);
    assert_snapshot!(refused("[before, after]", "[before, before]"), @r#"
table.yaml:8:24: a group is not tested against itself
  |
8 |   - { groups: [before, before], t: -2.68, p: 0.01, degrees_of_freedom: 85.5, rejected: true }
  |                        ^^^^^^
"#);
}

#[test]
fn a_number_that_is_text_or_none_is_a_mistake() {
    assert_snapshot!(refused("t: -2.68", "t: many"), @r#"
table.yaml:8:35: expected a number, found "many"
  |
8 |   - { groups: [before, after], t: many, p: 0.01, degrees_of_freedom: 85.5, rejected: true }
  |                                   ^^^^
"#);
    assert_snapshot!(refused("mean: 12", "mean: .inf"), @r#"
table.yaml:6:26: this is not a number that can be printed
  |
6 |   - { name: after, mean: .inf, standard_error: 0.5, count: 60 }
  |                          ^^^^
"#);
}

#[test]
fn a_file_that_is_missing_is_named() {
    let error = read_published(Path::new("no/such/table.yaml")).unwrap_err();
    assert_eq!(error.to_string(), "cannot read no/such/table.yaml");
}
