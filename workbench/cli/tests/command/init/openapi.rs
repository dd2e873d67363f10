//! OpenAPI descriptions, made by hand.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use super::{Made, init, run};
use crate::support::Bench;

/// Version 3.1, YAML, with the common parts of a description.
const LIBRARY: &str = r##"
openapi: 3.1.0
info: { title: The City's Library, version: "1" }
servers:
  - url: https://{region}.library.test/api
    variables: { region: { default: eu } }
  - url: https://staging.library.test/api
security: [ { token: [] } ]
paths:
  /books:
    parameters: [ { $ref: "#/components/parameters/tenant" } ]
    get:
      tags: [books]
      summary: List books
      parameters:
        - { name: limit, in: query, schema: { type: integer } }
        - { name: Accept, in: header, required: true, schema: { type: string } }
        - { name: shelf, in: query, required: true, schema: { type: string, examples: [a&b] } }
      responses:
        "200": { content: { application/json: { schema: { type: object, properties: { data: { type: array, items: { $ref: "#/components/schemas/Book" } } } } } } }
    post:
      tags: [books]
      summary: Add a book
      requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Book" } } } }
      responses: { "201": { description: made } }
  /books/{bookId}:
    get:
      tags: [books]
      summary: Read a book
      parameters: [ { name: bookId, in: path, required: true, schema: { type: integer }, example: 7 } ]
      responses: { "200": { description: it } }
    delete:
      tags: [books]
      parameters: [ { name: bookId, in: path, required: true, schema: { type: integer }, example: 7 } ]
      responses: { "204": { description: gone } }
  /readers/{reader}/logout:
    get: { tags: [readers], operationId: leaveNow, responses: { "200": { description: gone } } }
  /readers/{reader}:
    get: { tags: [readers], security: [], responses: { "200": { description: it } } }
  /covers:
    put:
      requestBody: { content: { image/png: { schema: { type: string, contentMediaType: image/png } }, multipart/form-data: { schema: { type: object, properties: { title: { type: string, const: A }, image: { type: string, format: binary } } } } } }
      responses: { "204": { description: kept } }
  /probe:
    trace: { responses: { "200": { description: ok } } }
components:
  parameters:
    tenant: { name: x-tenant, in: header, required: true, schema: { type: string, enum: [main, branch] } }
  securitySchemes:
    token: { type: http, scheme: bearer }
  schemas:
    Book:
      type: object
      required: [title, author, tags]
      properties:
        bookId: { type: integer, readOnly: true }
        title: { type: [string, "null"], example: "US$ ${5}" }
        author: { allOf: [ { $ref: "#/components/schemas/Person" }, { type: object, properties: { alive: { type: boolean } } } ] }
        tags: { type: array, items: { type: string, default: new } }
        sequel: { $ref: "#/components/schemas/Book" }
    Person: { type: object, properties: { name: { type: string, minLength: 6 }, born: { type: string, format: date } } }
webhooks: {}
"##;

fn made(name: &str, description: &str) -> Made {
    let bench = Bench::new();
    std::fs::write(bench.path().join(name), description).unwrap();
    init(&bench, &["--openapi", name])
}

#[test]
fn operations_that_read_are_scenarios_and_all_others_are_comments() {
    let made = made("library.yaml", LIBRARY);
    let expected = r##"# The operations of an OpenAPI description.
# Secrets come from the environment. Before a run, export:
#   LIBRARY_TOKEN: token of the security scheme token
# 2 things were not taken over: see the end of this file.
name: the-citys-library
title: The City's Library

target:
  urls:
    # Also: https://staging.library.test/api
    eu: https://eu.library.test/api

http:
  headers:
    accept: application/json, */*

variables:
  bookId: 7
  # The description has no examples of these: give them values that exist.
  reader: "1"

threads:
  # Users start one after another, stay, and each repeats its scenario until the end.
  - { start: 10, startup: 1s, hold: 10s }

scenarios:
  - name: books
    think_time: 100ms
    steps:
      # List books
      # Optional: limit
      - request: GET eu/books?shelf=a%26b
        headers: { x-tenant: main }
        auth: { bearer: "${env.EU_TOKEN}" }
        capture: { bookId: { json: "$.data[*].bookId", pick: random, default: "7" } }
      # Read a book
      - request: GET eu/books/${bookId}
        auth: { bearer: "${env.EU_TOKEN}" }
  - name: readers
    think_time: 100ms
    steps:
      - request: GET eu/readers/${reader}
  # Operations that may change data are not sent. Take the comment signs off of this scenario, and
  # keep the steps that every user may send, again and again.
  # - name: writer
  #   think_time: 100ms
  #   steps:
  #     # Add a book
  #     - request: POST eu/books
  #       headers: { x-tenant: main }
  #       auth: { bearer: "${env.EU_TOKEN}" }
  #       json:
  #         title: US$ $${5}
  #         author: { name: textxx, born: "2026-01-01", alive: true }
  #         tags: [new]
  #     - request: DELETE eu/books/${bookId}
  #       auth: { bearer: "${env.EU_TOKEN}" }
  #     # leaveNow
  #     - request: GET eu/readers/${reader}/logout
  #       auth: { bearer: "${env.EU_TOKEN}" }
  #     - request: PUT eu/covers
  #       auth: { bearer: "${env.EU_TOKEN}" }
  #       multipart: { title: A, image: { file: file.bin } }

thresholds:
  - error_rate < 1%
  - p95 < 1s

# Not taken over:
# - webhooks: requests that the service sends itself
# - paths./probe.trace: a request with the method TRACE
"##;
    assert_eq!(made.text, expected.replace("LIBRARY_TOKEN", "EU_TOKEN"));
}

#[test]
fn version_2_is_read_from_json() {
    let made = made(
        "shop.json",
        r##"{
  "swagger": "2.0", "info": {"title": "Shop"}, "host": "shop.test:8443", "basePath": "/v2", "schemes": ["http", "https"],
  "produces": ["application/json"],
  "securityDefinitions": {"key": {"type": "apiKey", "in": "query", "name": "key"}, "login": {"type": "basic"}},
  "paths": {
    "/items/{id}": {
      "parameters": [{"name": "id", "in": "path", "required": true, "type": "string", "format": "uuid"}],
      "get": {"security": [{"key": []}], "parameters": [
        {"name": "fields", "in": "query", "required": true, "type": "array", "items": {"type": "string", "enum": ["name"]}, "collectionFormat": "multi"}
      ]},
      "post": {"security": [{"login": []}], "parameters": [{"name": "name", "in": "formData", "type": "string", "default": "a b"}]},
      "put": {"parameters": [{"name": "item", "in": "body", "schema": {"$ref": "#/definitions/Item"}}]},
      "patch": {"parameters": [{"name": "photo", "in": "formData", "type": "file"}]}
    }
  },
  "definitions": {"Item": {"type": "object", "properties": {"price": {"type": "number", "minimum": 0.5}}}}
}"##,
    );
    for part in [
        "    shop: https://shop.test:8443/v2\n",
        "  # The description has no examples of these: give them values that exist.\n  id: \"00000000-0000-4000-8000-000000000000\"\n",
        "      - request: GET shop/items/${id}?key=${env.SHOP_KEY}&fields=name\n",
        "  #     - request: POST shop/items/${id}\n  #       auth: { basic: { user: \"${env.SHOP_USER}\", password: \"${env.SHOP_PASSWORD}\" } }\n  #       form: { name: a b }\n",
        "  #       json: { price: 0.5 }\n",
        "  #       multipart: { photo: { file: file.bin } }\n",
    ] {
        assert!(made.text.contains(part), "{part}\n{}", made.text);
    }
    // There is no question about values that only comments use.
    assert!(
        made.stderr.contains("SHOP_KEY") && !made.stderr.contains("SHOP_USER"),
        "{}",
        made.stderr
    );
}

#[test]
fn nothing_that_may_change_data_is_sent_even_where_nothing_else_is_there() {
    let text =
        "openapi: 3.0.3\npaths:\n  /a: { post: {}, delete: {} }\n  /users/deleteAll: { get: {} }\n";
    let made = made("writes.yaml", text);
    let sent = made
        .text
        .lines()
        .filter(|line| line.trim_start().starts_with("- request: "));
    assert_eq!(sent.collect::<Vec<_>>(), ["      - request: GET service/"]);
    assert_eq!(
        made.text.matches("  #     - request: ").count(),
        3,
        "{}",
        made.text
    );
    let address = "# The description names no host: put the address of the service here.";
    assert!(made.text.contains(address), "{}", made.text);
}

#[test]
fn sent_and_commented_requests_are_counted_separately() {
    let bench = Bench::new();
    std::fs::write(bench.path().join("library.yaml"), LIBRARY).unwrap();
    let output = run(&bench, &["--openapi", "library.yaml"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let counted = "made.yaml: 3 requests in 2 scenarios; 4 requests as comments\n";
    assert!(stdout.starts_with(counted), "{stdout}");
}

#[test]
fn references_that_lead_nowhere_or_in_a_circle_are_listed_or_end() {
    let text = r##"
openapi: 3.0.0
servers: [ { url: "http://localhost:1" } ]
paths:
  /a: { get: { parameters: [ { $ref: "common.yaml#/limit" }, { $ref: "#/components/parameters/none" } ] } }
  /b: { $ref: "paths.yaml#/b" }
  /c:
    post: { requestBody: { content: { application/json: { schema: { $ref: "#/components/schemas/Tree" } } } } }
  /d:
    post: { requestBody: { $ref: "#/components/schemas/Loop" } }
components:
  schemas:
    Tree: { type: object, properties: { left: { $ref: "#/components/schemas/Tree" }, size: { type: integer } } }
    Loop: { $ref: "#/components/schemas/Loop" }
"##;
    let made = made("circle.yaml", text);
    for left in [
        "paths./a.get: a parameter that is in another file, or is none",
        "paths./b: it is in another file; bundle the description into one",
        "paths./d.post: a body that is in another file, or has no content",
    ] {
        assert!(made.stderr.contains(left), "{left}\n{}", made.stderr);
        assert!(made.text.contains(&format!("# - {left}")), "{}", made.text);
    }
}

#[test]
fn relative_servers_take_the_host_of_the_descriptions_url() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(socket.try_clone().unwrap()).lines();
        while !lines.next().unwrap().unwrap().is_empty() {}
        let text =
            r#"{"openapi": "3.0.0", "servers": [{"url": "/v1"}], "paths": {"/a": {"get": {}}}}"#;
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", text.len());
        socket.write_all((head + text).as_bytes()).unwrap();
    });
    let url = format!("http://{address}/openapi.json?token=hunter2");
    let made = init(&Bench::new(), &["--openapi", &url]);
    server.join().unwrap();
    let service = format!("    service: http://{address}/v1\n");
    assert!(made.text.contains(&service), "{}", made.text);
    assert!(!made.text.contains("hunter2"));
}

#[test]
fn an_invalid_description_is_refused_with_the_reason() {
    let bench = Bench::new();
    for (text, reason) in [
        ("a: 1", "neither openapi nor swagger"),
        ("{\"swagger\": \"1.2\"}", "version 1.2"),
        ("openapi: [", "while parsing"),
        ("openapi: 3.0.0\npaths: {}", "no request"),
        ("", "neither openapi nor swagger"),
    ] {
        std::fs::write(bench.path().join("a.yaml"), text).unwrap();
        let output = run(&bench, &["--openapi", "a.yaml"]);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{text}: {stderr}");
        assert!(stderr.contains(reason), "{text}: {stderr}");
    }
}

#[test]
fn schemas_that_contain_each_other_make_examples_that_can_be_read() {
    let properties: Vec<String> = ('a'..='h')
        .map(|name| format!("{name}: {{ $ref: '#/components/schemas/Node' }}"))
        .collect();
    let description = format!(
        "openapi: 3.0.0\ninfo: {{ title: t, version: '1' }}\nservers: [ {{ url: 'http://shop.test' }} ]\npaths:\n  /a:\n    post: {{ requestBody: {{ \
         content: {{ application/json: {{ schema: {{ $ref: '#/components/schemas/Node' }} }} }} }}, responses: {{}} }}\ncomponents:\n  schemas:\n    \
         Node: {{ type: object, required: [a, b, c, d, e, f, g, h, name], properties: {{ {}, name: {{ type: string }} }} }}\n",
        properties.join(", ")
    );
    let bench = Bench::new();
    std::fs::write(bench.path().join("api.yaml"), description).unwrap();
    let made = init(&bench, &["--openapi", "api.yaml"]);
    assert!(made.text.len() < 32_000, "{} bytes", made.text.len());
    assert!(made.text.contains("name: text"), "{}", made.text);
}

#[test]
fn irregular_descriptions_are_read() {
    let text = "openapi: 3.0.0\ninfo: { title: One }\ninfo: { title: Two }\nservers: [ { url: \"http://shop.test\" } ]\npaths:\n  \
                /a: { get: { parameters: [ { name: n, in: query, required: true, schema: { type: integer, minimum: -9223372036854776000 } } ],\n    \
                responses: { 200: { content: { application/json: {} } } } } }\n";
    let text = made("a.yaml", text).text;
    for part in [
        "title: Two\n",
        "GET shop/a?n=1\n",
        "accept: application/json",
    ] {
        assert!(text.contains(part), "no {part} in\n{text}");
    }
}
