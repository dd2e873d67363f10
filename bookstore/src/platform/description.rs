//! Answers that any call may give, added to the description of each. What is special to a call
//! stands beside its handler.

use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, ContentBuilder, HeaderBuilder, ObjectBuilder, OpenApi, Ref, RefOr, Response,
        ResponseBuilder, Type,
        path::{Operation, Parameter, PathItem},
    },
};

use crate::platform::{error::ErrorDetail, validation::HttpValidationError};

/// Answers of whatever call, with what to say about them.
const ANY: [(&str, &str); 3] = [
    (
        "401",
        "The token is missing that the call needs at this port: the service's, or the administrator's \
         for a change of products",
    ),
    ("500", "The service has failed"),
    (
        "503",
        "Too busy, or something that is needed is not available: ask again later",
    ),
];

/// Answers of calls that change something.
const CHANGING: [(&str, &str); 1] = [(
    "403",
    "A browser sent the request for a page of another origin, or for a host that is not known",
)];

/// Answers of calls that take a body.
const WITH_BODY: [(&str, &str); 2] = [
    ("408", "The body did not arrive in time"),
    ("413", "The body is too large"),
];

/// The answer of calls that take anything.
const VALIDATED: [(&str, &str); 1] = [("422", "The request is not valid")];

/// Adds to every call what any call may answer.
pub(crate) fn add_common_answers(description: &mut OpenApi) {
    let calls = description.paths.paths.values_mut().flat_map(calls);
    for (call, changes) in calls {
        let has_body = call.request_body.is_some();
        let takes_anything = has_body || call.parameters.is_some();
        let of_call = [
            (true, &ANY[..]),
            (changes, &CHANGING[..]),
            (has_body, &WITH_BODY[..]),
            (takes_anything, &VALIDATED[..]),
        ];
        let answers = &mut call.responses.responses;
        for (status, text) in of_call.iter().filter(|(has, _)| *has).flat_map(|it| it.1) {
            answers
                .entry((*status).to_owned())
                .or_insert_with(|| answer(status, text).into());
        }
        let is_list = call.parameters.iter().flatten().any(is_limit);
        if let (true, Some(RefOr::T(list))) = (is_list, answers.get_mut("200")) {
            let link = HeaderBuilder::new()
                .description(Some("The next page, if there is more than `limit`"))
                .schema(Some(ObjectBuilder::new().schema_type(Type::String)));
            list.headers.insert("Link".to_owned(), link.build().into());
        }
    }
    let mut schemas = vec![
        (ErrorDetail::name().into_owned(), ErrorDetail::schema()),
        (
            HttpValidationError::name().into_owned(),
            HttpValidationError::schema(),
        ),
    ];
    HttpValidationError::schemas(&mut schemas);
    let components = description.components.get_or_insert_with(Components::new);
    components.schemas.extend(schemas);
}

/// Whether a call's parameter is how long a list may be.
fn is_limit(parameter: &RefOr<Parameter>) -> bool {
    matches!(parameter, RefOr::T(parameter) if parameter.name == "limit")
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
    let schema = match status {
        "422" => HttpValidationError::name(),
        _ => ErrorDetail::name(),
    };
    let schema = Ref::from_schema_name(schema);
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
