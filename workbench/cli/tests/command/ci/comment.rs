//! Posting the gate's comment.

use assert_cmd::assert::{Assert, OutputAssertExt};
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;

use super::forge::Forge;
use super::{bash, project};
use crate::support::Bench;

const MARKER: &str = "<!-- workbench-gate:shop -->";

#[derive(Clone, Copy)]
enum Platform {
    GitHub,
    GitLab,
}

/// Runs the script in a job of the pull request, with this text as the gate's comment.
fn posts(platform: Platform, url: &str, arguments: &[&str], text: &str) -> Assert {
    let bench = Bench::new();
    std::fs::write(bench.path().join("comment.md"), text).unwrap();
    let event = r#"{"pull_request": {"number": 7}}"#;
    std::fs::write(bench.path().join("event.json"), event).unwrap();
    let mut command = bash();
    command
        .arg(project().join("workbench/ci/comment"))
        .args(arguments)
        .arg("comment.md")
        .current_dir(bench.path());
    match platform {
        Platform::GitHub => command.envs([
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_API_URL", url),
            ("GITHUB_EVENT_PATH", "event.json"),
            ("GITHUB_REPOSITORY", "owner/shop"),
            ("GITHUB_TOKEN", "secret"),
        ]),
        Platform::GitLab => command.envs([
            ("GITLAB_CI", "true"),
            ("CI_API_V4_URL", url),
            // A pull request from a fork.
            ("CI_PROJECT_ID", "6"),
            ("CI_MERGE_REQUEST_PROJECT_ID", "5"),
            ("CI_MERGE_REQUEST_IID", "7"),
            ("GITLAB_TOKEN", "secret"),
        ]),
    };
    command.assert()
}

#[test]
fn a_comment_is_created_updated_in_place_and_deleted() {
    for (platform, credentials) in [
        (Platform::GitHub, "Authorization: Bearer secret"),
        (Platform::GitLab, "PRIVATE-TOKEN: secret"),
    ] {
        let forge = Forge::start(&["Looks good."]);
        let post = |arguments: &[&str], text: &str| {
            posts(
                platform,
                &forge.url(),
                arguments,
                &format!("{MARKER}\n{text}\n"),
            )
            .code(0)
        };
        post(&[], "\"Slower\" — 10 %\t\\o/").stdout(contains("created the comment 2"));
        let first = format!("{MARKER}\n\"Slower\" — 10 %\t\\o/\n");
        assert_eq!(forge.comments(), ["Looks good.", &first]);
        assert_eq!(forge.credentials(), credentials);

        post(&[], "Faster").stdout(contains("updated the comment 2"));
        let second = format!("{MARKER}\nFaster\n");
        assert_eq!(forge.comments(), ["Looks good.", &second]);

        post(&["--delete"], "Equal").stdout(contains("deleted the comment 2"));
        assert_eq!(forge.comments(), ["Looks good."]);
        post(&["--delete"], "Equal").stdout(contains("no comment to be deleted"));
        assert_eq!(forge.comments(), ["Looks good."]);
    }
}

#[test]
fn a_comment_is_found_behind_hundreds_of_others() {
    let ours = format!("{MARKER}\nOld");
    let mut comments = vec!["Looks good."; 250];
    comments[230] = &ours;
    for platform in [Platform::GitHub, Platform::GitLab] {
        let forge = Forge::start(&comments);
        posts(platform, &forge.url(), &[], MARKER).code(0);
        let asked = forge.asked();
        assert_eq!(asked.len(), 4, "{asked:?}");
        assert!(asked[2].ends_with("page=3"), "{asked:?}");
        assert_eq!(forge.comments()[230], MARKER);
        assert_eq!(forge.comments().len(), 250);
    }
}

#[test]
fn further_pages_are_read_after_a_full_one() {
    let forge = Forge::start(&["Looks good."; 100]);
    posts(Platform::GitHub, &forge.url(), &[], MARKER).code(0);
    assert_eq!(
        forge.asked(),
        [
            "GET /repos/owner/shop/issues/7/comments?per_page=100&page=1",
            "GET /repos/owner/shop/issues/7/comments?per_page=100&page=2",
            "POST /repos/owner/shop/issues/7/comments",
        ]
    );
}

#[test]
fn another_gate_s_comment_and_a_quoted_one_are_left_alone() {
    let other = "<!-- workbench-gate:shop-2 -->\nPassed";
    let quoted = format!("> {MARKER}\n> Failed\n\nWhy?");
    let forge = Forge::start(&[other, &quoted]);
    posts(Platform::GitHub, &forge.url(), &[], MARKER).code(0);
    assert_eq!(forge.comments(), [other, &quoted, MARKER]);
}

#[test]
fn a_token_that_may_not_write_is_a_warning_and_no_failure() {
    for status in [401, 403, 404] {
        let forge = Forge::start(&[]);
        forge.refuse(status);
        posts(Platform::GitHub, &forge.url(), &[], MARKER)
            .code(0)
            .stdout(
                contains("::warning title=No comment on the pull request::GET http://")
                    .and(contains(format!("answered with {status}")))
                    .and(contains("pull-requests: write"))
                    .and(contains("from a fork"))
                    .and(contains("secret").not()),
            );
        posts(Platform::GitLab, &forge.url(), &[], MARKER)
            .code(0)
            .stdout(contains("No comment on the merge request: GET").and(contains("`api`")));
    }
}

#[test]
fn a_read_only_token_is_a_warning_for_every_action() {
    let ours = format!("{MARKER}\nOld");
    for (comments, arguments, refused) in [
        (vec![], &[][..], "POST http://"),
        (vec![&*ours], &[], "PATCH http://"),
        (vec![&*ours], &["--delete"], "DELETE http://"),
    ] {
        let forge = Forge::start(&comments);
        forge.refuse_writes(403);
        posts(Platform::GitHub, &forge.url(), arguments, MARKER)
            .code(0)
            .stdout(contains(refused).and(contains("from a fork can only read")));
        assert_eq!(forge.comments(), comments);
    }
}

#[test]
fn an_unavailable_forge_is_a_warning_and_not_a_failure() {
    let forge = Forge::start(&[]);
    forge.refuse(500);
    posts(Platform::GitHub, &forge.url(), &[], MARKER)
        .code(0)
        .stdout(contains("answered with 500").and(contains("100 %25 refused")));
    posts(Platform::GitHub, "http://127.0.0.1:1", &[], MARKER)
        .code(0)
        .stdout(contains("::warning").and(contains("connect")));
    forge.refuse(200);
    posts(Platform::GitLab, &forge.url(), &[], MARKER)
        .code(0)
        .stdout(contains("did not answer with a list of comments"));
}

#[test]
fn a_file_without_a_marker_is_wrong_usage() {
    let forge = Forge::start(&["Looks good."]);
    posts(Platform::GitHub, &forge.url(), &[], "## Gate: PASSED\n")
        .code(2)
        .stderr(contains("does not begin with a marker"));
    posts(Platform::GitHub, &forge.url(), &["--deleted"], MARKER)
        .code(2)
        .stderr(contains("usage: comment [--delete] FILE"));
    assert!(forge.asked().is_empty());
}
