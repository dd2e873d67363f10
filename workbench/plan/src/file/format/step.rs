//! Steps as written.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Comparable, DrawFile, DurationFile, NAME_PATTERN, OneOrMany, Ordered, Scalar, Statuses,
    TimesFile, ValueFile, ValueOr, given, request_pattern,
};

/// One thing that a user does: a request, a pause, or a group of steps.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a step: { request: GET service/path }"
)]
#[schemars(
    rename = "Step",
    extend("oneOf" = [
        { "required": ["request"] },
        { "required": ["think"] },
        { "required": ["repeat"] },
        { "required": ["when"] },
        { "required": ["choose"] }
    ])
)]
pub(crate) struct StepFile {
    /// Method, service and path: `GET catalog/products/${product}?page=2`. GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", regex(pattern = request_pattern()))]
    pub(crate) request: Option<String>,
    /// Names the request in every table and figure; equal names are counted together. The request as written unless given.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub(crate) name: Option<String>,
    /// Variables drawn before the request is sent, by name: first those that need no others, then texts in the order of the
    /// file.
    #[serde(default, skip_serializing_if = "Ordered::is_empty")]
    #[schemars(
        with = "BTreeMap<String, ValueOr<ValueFile, DrawFile>>",
        extend("propertyNames" = { "pattern": NAME_PATTERN })
    )]
    pub(crate) set: Ordered<ValueOr<ValueFile, DrawFile>>,
    /// Headers, besides those that the client sends itself.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
    /// The `authorization` header.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AuthFile")]
    pub(crate) auth: Option<AuthFile>,
    /// Body: JSON (`application/json`). A string that is nothing but one variable takes the variable's own type.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Value")]
    pub(crate) json: Option<serde_yaml::Value>,
    /// Body: a form (`application/x-www-form-urlencoded`). A list gives a field several values.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, OneOrMany<Scalar>>")]
    pub(crate) form: Option<Ordered<OneOrMany<Scalar>>>,
    /// Body: a form with files (`multipart/form-data`).
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BTreeMap<String, ValueOr<Scalar, PartFile>>")]
    pub(crate) multipart: Option<Ordered<ValueOr<Scalar, PartFile>>>,
    /// Body: what is in a file beside the experiment, with the content type of its ending.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub(crate) file: Option<String>,
    /// Body: plain text (`text/plain; charset=utf-8`).
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) text: Option<String>,
    /// How long the request may take, in place of the experiment's `timeout`.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DurationFile")]
    pub(crate) timeout: Option<DurationFile>,
    /// Parts of the response that later steps use, by the name of the variable.
    #[serde(default, skip_serializing_if = "Ordered::is_empty")]
    #[schemars(
        with = "BTreeMap<String, CaptureFile>",
        extend("propertyNames" = { "pattern": NAME_PATTERN })
    )]
    pub(crate) capture: Ordered<CaptureFile>,
    /// What counts as a success.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ExpectationFile")]
    pub(crate) expect: Option<ExpectationFile>,
    /// A pause.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ValueOr<DurationFile, TimesFile>")]
    pub(crate) think: Option<ValueOr<DurationFile, TimesFile>>,
    /// How often the `steps` beside it are done.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1))]
    pub(crate) repeat: Option<u32>,
    /// The condition under which the `steps` beside it are done, such as "${total} > 10".
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1))]
    pub(crate) when: Option<String>,
    /// Groups of steps, one of which is done, by weight.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<ChoiceFile>", length(min = 1))]
    pub(crate) choose: Option<Vec<ChoiceFile>>,
    /// The steps of `repeat` and `when`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) steps: Vec<StepFile>,
}

/// Steps that are chosen by weight.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a choice: { weight: 3, steps: [ { request: GET service/path } ] }"
)]
#[schemars(rename = "Choice")]
pub(crate) struct ChoiceFile {
    /// How often it is chosen, relative to the others.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) weight: u32,
    /// What is done then; may be nothing.
    #[serde(default)]
    pub(crate) steps: Vec<StepFile>,
}

fn one() -> u32 {
    1
}

/// Who the user is.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { bearer: \"${token}\" } or { basic: { user: ann, password: \"${env.PASSWORD}\" } }"
)]
#[schemars(rename = "Auth", extend("minProperties" = 1, "maxProperties" = 1))]
pub(crate) struct AuthFile {
    /// A token, sent as `Bearer TOKEN`.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) bearer: Option<String>,
    /// A name and a password.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BasicFile")]
    pub(crate) basic: Option<BasicFile>,
}

/// A name and a password.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { user: ann, password: \"${env.PASSWORD}\" }"
)]
#[schemars(rename = "Basic")]
pub(crate) struct BasicFile {
    /// The name; it has no colon.
    pub(crate) user: String,
    /// The password.
    pub(crate) password: String,
}

/// A file as a part of a form, or a text with more about it.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a text, or a file: { file: picture.png, content_type: image/png }"
)]
#[schemars(rename = "Part")]
pub(crate) struct PartFile {
    /// The file, beside the experiment.
    #[schemars(length(min = 1))]
    pub(crate) file: String,
    /// What is in it; by the file's ending unless given.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) content_type: Option<String>,
    /// What the server is told of its name; the file's own name unless given.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) filename: Option<String>,
}

/// A part of the response that becomes a variable.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "where it stands in the response: { json: $.token }, { header: location }, { cookie: sid }, { css: input } or { regex: 'id=(\\d+)' }"
)]
#[schemars(
    rename = "Capture",
    extend("oneOf" = [
        { "required": ["json"] },
        { "required": ["header"] },
        { "required": ["cookie"] },
        { "required": ["regex"] },
        { "required": ["css"] }
    ], "dependentRequired" = { "attribute": ["css"] })
)]
pub(crate) struct CaptureFile {
    /// A `JSONPath` (RFC 9535) into a JSON body: `$.items[*].id`.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) json: Option<String>,
    /// The name of a header.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) header: Option<String>,
    /// The name of a cookie that this or an earlier response has set.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) cookie: Option<String>,
    /// A regular expression for the body: its first group, or all that it matches.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) regex: Option<String>,
    /// A CSS selector into an HTML body: `input[name=token]`.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) css: Option<String>,
    /// The attribute of the element that `css` finds. Without it, the text in the element.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) attribute: Option<String>,
    /// Which one where there are several.
    #[serde(default, skip_serializing_if = "PickFile::is_default")]
    pub(crate) pick: PickFile,
    /// The value where there is none. Without it the request fails, and its iteration ends.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ValueFile")]
    pub(crate) default: Option<ValueFile>,
}

/// Which of several values is taken.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Pick")]
pub(crate) enum PickFile {
    /// The first.
    #[default]
    First,
    /// The last.
    Last,
    /// One of them, each equally often.
    Random,
    /// All, as a JSON array.
    All,
}

impl PickFile {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    fn is_default(&self) -> bool {
        *self == Self::First
    }
}

/// What counts as a success. Where no status is given, it is one from 200 to 299, or 304.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { status: 201, json: { $.total: \"> 0\" }, time: < 500ms }"
)]
#[schemars(rename = "Expectation", extend("minProperties" = 1))]
pub(crate) struct ExpectationFile {
    /// The status, or a list of them.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Statuses")]
    pub(crate) status: Option<Statuses>,
    /// What the body is like.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "BodyTestFile")]
    pub(crate) body: Option<BodyTestFile>,
    /// What headers are like, by name: a text that they contain, ignoring case, or a mapping.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) header: BTreeMap<String, ValueOr<Scalar, TextTestFile>>,
    /// What stands in a JSON body, by `JSONPath`: a value, or a comparison such as `"> 0"` (`==`, `!=`, `<`, `<=`, `>`, `>=`).
    #[serde(default, skip_serializing_if = "Ordered::is_empty")]
    #[schemars(with = "BTreeMap<String, Comparable>")]
    pub(crate) json: Ordered<Comparable>,
    /// How long the request may take to count as a success: `< 500ms`.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) time: Option<String>,
}

/// What a body is like. All of it has to hold.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a mapping: { contains: text }, { matches: 'regular expression' } or { equals: text }"
)]
#[schemars(rename = "BodyTest", extend("minProperties" = 1))]
pub(crate) struct BodyTestFile {
    /// Text that stands in it, or a list of texts.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OneOrMany<Scalar>")]
    pub(crate) contains: Option<OneOrMany<Scalar>>,
    /// A regular expression that is found in it, or a list of them.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "OneOrMany<Scalar>")]
    pub(crate) matches: Option<OneOrMany<Scalar>>,
    /// All of it.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Scalar")]
    pub(crate) equals: Option<Scalar>,
}

/// What a header is like. All of it has to hold.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(
    deny_unknown_fields,
    expecting = "a text that it contains, or a mapping: { equals: text } or { matches: 'regular expression' }"
)]
#[schemars(rename = "TextTest", extend("minProperties" = 1))]
pub(crate) struct TextTestFile {
    /// A regular expression that is found in it.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub(crate) matches: Option<String>,
    /// All of it.
    #[serde(default, with = "given", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Scalar")]
    pub(crate) equals: Option<Scalar>,
}
