//! Answers that any call may give, added to the description of each. What is special to a call
//! stands beside its handler.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ContentBuilder, HeaderBuilder, ObjectBuilder, OpenApi, Ref, Response,
        ResponseBuilder, Type,
        path::{Operation, PathItem},
    },
};

use crate::error::ErrorDetail;

/// Answers of whatever call, with what to say about them.
const ANY: [(&str, &str); 2] = [
    ("500", "The service has failed"),
    (
        "503",
        "Too busy, or something that is needed is not available: ask again later",
    ),
];

/// Answers of calls that change something.
const CHANGING: [(&str, &str); 1] = [(
    "403",
    "A browser sent the request for a page of another origin",
)];

/// Answers of calls that take a body.
const WITH_BODY: [(&str, &str); 2] = [
    ("408", "The body did not arrive in time"),
    ("413", "The body is too large"),
];

/// Adds to every call what any call may answer.
pub(crate) fn add_common_answers(description: &mut OpenApi) {
    let calls = description.paths.paths.values_mut().flat_map(calls);
    for (call, changes) in calls {
        let changing: &[_] = if changes { &CHANGING } else { &[] };
        let with_body: &[_] = match call.request_body {
            Some(_) => &WITH_BODY,
            None => &[],
        };
        for (status, text) in ANY.iter().chain(changing).chain(with_body) {
            let answers = &mut call.responses.responses;
            answers
                .entry((*status).to_owned())
                .or_insert_with(|| answer(status, text).into());
        }
    }
    description
        .components
        .get_or_insert_with(Components::new)
        .schemas
        .insert(ErrorDetail::name().into_owned(), ErrorDetail::schema());
}

/// The calls of a path, and whether each changes something.
fn calls(path: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    let methods = [
        (&mut path.get, false),
        (&mut path.put, true),
        (&mut path.post, true),
        (&mut path.delete, true),
        (&mut path.patch, true),
    ];
    methods
        .into_iter()
        .filter_map(|(call, changes)| Some((call.as_mut()?, changes)))
}

fn answer(status: &str, text: &str) -> Response {
    let schema = Ref::from_schema_name(ErrorDetail::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    let answer = ResponseBuilder::new()
        .description(text)
        .content("application/json", content);
    if status != "503" {
        return answer.build();
    }
    let seconds = ObjectBuilder::new().schema_type(Type::Integer);
    let retry_after = HeaderBuilder::new()
        .description(Some("Seconds to wait"))
        .schema(Some(seconds));
    answer.header("Retry-After", retry_after.build()).build()
}
