//! Files for TLS.

use std::collections::BTreeMap;

use super::Check;
use crate::file::Files;
use crate::file::format::TlsFile;
use crate::file::source::Node;
use crate::plan::BaseUrl;
use crate::template::without_variables;
use crate::tls::{ClientCertificate, Tls};

/// Checks the TLS files. `node` is that of the target.
pub(super) fn tls(
    check: &mut Check<'_>,
    file: &TlsFile,
    services: Option<&BTreeMap<String, BaseUrl>>,
    node: &Node,
) -> Option<Tls> {
    if services.is_some_and(|services| !services.values().any(|url| url.tls)) {
        check.note::<()>(
            node.key_place("tls"),
            "\"tls\" is for https URLs, and none of \"urls\" is one",
        );
    }
    let node = node.get("tls");
    let client = match (&file.certificate, &file.key) {
        (Some(certificate), Some(key)) => Some(ClientCertificate {
            certificate: certificate.clone(),
            key: key.clone(),
        }),
        (Some(_), None) => check.note(
            node.key_place("certificate"),
            "a certificate needs its \"key\"; it may be in the same file",
        ),
        (None, Some(_)) => check.note(
            node.key_place("key"),
            "a key needs its \"certificate\"; it may be in the same file",
        ),
        (None, None) if file.ca.is_none() => check.note(
            node.place(),
            "\"tls\" names files: { ca: ca.pem, certificate: client.pem, key: client.key }",
        ),
        (None, None) => None,
    };
    for (key, name) in [
        ("ca", &file.ca),
        ("certificate", &file.certificate),
        ("key", &file.key),
    ] {
        let name = name.as_deref().unwrap_or_default();
        check.resolved(without_variables(name, "the name of a file"), node.get(key))?;
    }
    let tls = Tls {
        folder: check.folder.to_owned(),
        ca: file.ca.clone(),
        client,
    };
    if check.files == Files::Loaded {
        if let Err(error) = tls.trusted() {
            check.note::<()>(node.get("ca").place(), error.to_string());
        }
        if let Some(client) = &tls.client {
            if let Err(error) = tls.chain(&client.certificate) {
                check.note::<()>(node.get("certificate").place(), error.to_string());
            } else if let Err(error) = tls.presented() {
                check.note::<()>(node.get("key").place(), error.to_string());
            }
        }
    }
    Some(tls)
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use rcgen::generate_simple_self_signed;

    use crate::plan::{Plan, Target};
    use crate::{PlanError, describe, parse, read};

    const GIVEN: &str = "{ ca: ca.pem, certificate: pem/client.pem, key: pem/client.key }";

    /// A folder with PEM files of every kind.
    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text);
        let client = generate_simple_self_signed(["client".to_owned()]).unwrap();
        let other = generate_simple_self_signed(["other".to_owned()]).unwrap();
        let key = client.signing_key.serialize_pem();
        std::fs::create_dir(folder.path().join("pem")).unwrap();
        write("pem/client.pem", &client.cert.pem()).unwrap();
        write("pem/client.key", &key).unwrap();
        write("both.pem", &format!("{key}{}", client.cert.pem())).unwrap();
        write("ca.pem", &other.cert.pem()).unwrap();
        write("other.key", &other.signing_key.serialize_pem()).unwrap();
        write(
            "encrypted.key",
            &key.replace("PRIVATE", "ENCRYPTED PRIVATE"),
        )
        .unwrap();
        write("text.pem", "nothing of the kind\n").unwrap();
        std::fs::write(folder.path().join("ca.der"), other.cert.der()).unwrap();
        let hollow = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        write("hollow.pem", hollow).unwrap();
        write("cut.pem", &other.cert.pem()[..100]).unwrap();
        folder
    }

    fn experiment(folder: &Path, url: &str, tls: &str) -> PathBuf {
        let text = format!(
            "target:\n  urls: {{ shop: '{url}' }}\n  tls: {tls}\nconcurrency: {{ target: 1, hold: 1s }}\n\
             scenarios: [ {{ name: one, steps: [ request: GET shop/ ] }} ]\n"
        );
        let path = folder.join("secure.yaml");
        std::fs::write(&path, text).unwrap();
        path
    }

    fn tls_of(plan: &Plan) -> &crate::Tls {
        let Target::Urls(urls) = &plan.target else {
            panic!("{:?}", plan.target);
        };
        urls.tls.as_ref().unwrap()
    }

    #[test]
    fn files_are_found_beside_the_experiment_and_kept_as_they_are_named() {
        let folder = folder();
        let path = experiment(folder.path(), "https://shop.test", GIVEN);
        let plan = read(&path).unwrap();
        assert_eq!(tls_of(&plan).trusted().unwrap().unwrap().len(), 1);
        assert_eq!(tls_of(&plan).presented().unwrap().unwrap().cert.len(), 1);
        let described = describe(&plan);
        assert!(described.contains("tls: services are verified by ca.pem"));
        assert!(described.contains("tls: the client presents pem/client.pem"));
        // A stored plan is read without its files.
        let resolved = plan.to_yaml();
        assert!(!resolved.contains(folder.path().to_str().unwrap()));
        folder.close().unwrap();
        assert_eq!(parse(&resolved, &path).unwrap(), plan);
    }

    #[test]
    fn one_file_may_hold_both_certificate_and_key() {
        let folder = folder();
        let both = "{ certificate: both.pem, key: both.pem }";
        let plan = read(&experiment(folder.path(), "https://shop.test", both)).unwrap();
        assert!(tls_of(&plan).trusted().unwrap().is_none());
        assert!(tls_of(&plan).presented().unwrap().is_some());
    }

    #[test]
    fn problems_with_the_files_are_mistakes_in_the_experiment() {
        let folder = folder();
        let https = "https://shop.test";
        let client = "certificate: pem/client.pem";
        for (url, tls, place, message) in [
            (https, "{ ca: none.pem }", "3:14", "none.pem: No such file"),
            (https, "{ ca: pem }", "3:14", "Is a directory"),
            (
                https,
                "{ ca: text.pem }",
                "3:14",
                "text.pem holds no certificate in PEM",
            ),
            (
                https,
                "{ ca: ca.der }",
                "3:14",
                "ca.der holds no certificate in PEM",
            ),
            (
                https,
                "{ ca: other.key }",
                "3:14",
                "other.key holds no certificate",
            ),
            (
                https,
                "{ ca: hollow.pem }",
                "3:14",
                "hollow.pem holds a certificate that cannot be used",
            ),
            (https, "{ ca: cut.pem }", "3:14", "cut.pem is not PEM"),
            (
                https,
                "{ ca: \"${env.CA}\" }",
                "3:15",
                "there are no variables in the name of a file",
            ),
            (
                https,
                &format!("{{ {client}, key: none.key }}"),
                "3:44",
                "none.key: No such file",
            ),
            (
                https,
                &format!("{{ {client}, key: ca.pem }}"),
                "3:44",
                "ca.pem holds no private key",
            ),
            (
                https,
                &format!("{{ {client}, key: other.key }}"),
                "3:44",
                "the key in other.key does not belong to the certificate in pem/client.pem",
            ),
            (
                https,
                &format!("{{ {client}, key: encrypted.key }}"),
                "3:44",
                "`openssl pkey -in encrypted.key",
            ),
            (
                https,
                "{ certificate: none.pem, key: other.key }",
                "3:23",
                "none.pem: No such file",
            ),
            (
                https,
                "{ certificate: hollow.pem, key: other.key }",
                "3:23",
                "cannot be used",
            ),
            (
                https,
                &format!("{{ {client} }}"),
                "3:10",
                "a certificate needs its \"key\"",
            ),
            (
                https,
                "{ key: other.key }",
                "3:10",
                "a key needs its \"certificate\"",
            ),
            (https, "{}", "3:8", "\"tls\" names files"),
            (
                https,
                "{ insecure: true }",
                "3:10",
                "unknown key \"insecure\"",
            ),
            (
                "http://shop.test",
                "{ ca: ca.pem }",
                "3:3",
                "\"tls\" is for https URLs",
            ),
        ] {
            let path = experiment(folder.path(), url, tls);
            let error = read(&path).unwrap_err();
            assert!(matches!(error, PlanError::Invalid { .. }), "{error:?}");
            let error = error.to_string();
            assert!(
                error.contains(&format!("secure.yaml:{place}: ")),
                "{tls}: {error}"
            );
            assert!(error.contains(message), "{tls}: {error}");
        }
    }

    #[test]
    fn the_bookstore_has_no_tls() {
        let text = "target: { bookstore: {}, tls: { ca: ca.pem } }\nconcurrency: { target: 1, hold: 1s }\n\
                    scenarios: [ { name: one, steps: [ request: GET catalog/products ] } ]\n";
        let error = parse(text, Path::new("x.yaml")).unwrap_err().to_string();
        assert!(
            error.contains("1:26: the bundled bookstore speaks plain HTTP"),
            "{error}"
        );
    }
}
