//! Names of the experiments of imported files.

use std::path::{Path, PathBuf};

/// Extensions of formats, which are not part of the name.
const ENDINGS: [&str; 11] = [
    ".gz", ".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".jtl", ".log", ".hlog", ".txt", ".out",
];

/// The name if none can be derived.
const IMPORTED: &str = "imported";

/// Checks that a name can name a results folder.
pub(super) fn checked(name: &str) -> Result<String, String> {
    if !name.is_empty() && cleaned(name) == name {
        return Ok(name.to_owned());
    }
    Err(
        "it names the results folder: lower-case letters, digits and hyphens, with a letter or digit at both ends"
            .to_owned(),
    )
}

/// The name of each file's experiment. Files of the same name but for a number at its end, `base1.jtl` and `base2.jtl`, are
/// repetitions of one.
pub(super) fn names_of(files: &[PathBuf]) -> Vec<String> {
    let names: Vec<String> = files.iter().map(|file| name_of(file)).collect();
    let without_number = |name: &String| {
        let stem = name.trim_end_matches(|it: char| it.is_ascii_digit());
        stem.trim_end_matches('-').to_owned()
    };
    let stems: Vec<String> = names.iter().map(without_number).collect();
    let of = |(name, stem): (&String, &String)| {
        let mut others = names.iter().zip(&stems);
        let is_alike = others.any(|(other, of)| of == stem && other != name);
        let name = if is_alike { stem } else { name };
        if name.is_empty() { IMPORTED } else { name }.to_owned()
    };
    names.iter().zip(&stems).map(of).collect()
}

fn name_of(file: &Path) -> String {
    let name = file.file_name().unwrap_or(file.as_os_str());
    let name = name.to_string_lossy().to_lowercase();
    let mut stem = name.as_str();
    while let Some(shorter) = ENDINGS.iter().find_map(|ending| stem.strip_suffix(ending)) {
        stem = shorter;
    }
    let name = cleaned(stem);
    if name.is_empty() {
        IMPORTED.to_owned()
    } else {
        name
    }
}

/// Lower-case letters, digits and hyphens of a text.
fn cleaned(text: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_lowercase() || letter.is_ascii_digit() {
            letter
        } else {
            '-'
        }
    };
    let letters: String = text.chars().map(letter).collect();
    let words = letters.split('-').filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(files: &[&str]) -> Vec<String> {
        let files: Vec<PathBuf> = files.iter().map(PathBuf::from).collect();
        names_of(&files)
    }

    #[test]
    fn files_that_differ_in_a_number_are_repetitions() {
        assert_eq!(
            names(&[
                "base1.jtl",
                "base2.jtl",
                "cand-1.csv.gz",
                "cand-2.csv.gz",
                "other3.jtl"
            ]),
            ["base", "base", "cand", "cand", "other3"]
        );
        assert_eq!(
            names(&["a/results.jtl", "b/results.jtl"]),
            ["results", "results"]
        );
        assert_eq!(names(&["k6.csv", "k6.jsonl"]), ["k6", "k6"]);
        assert_eq!(names(&["1.jtl", "2.jtl"]), ["imported", "imported"]);
    }

    #[test]
    fn names_are_those_of_results_folders() {
        assert_eq!(names(&["/tmp/My Test_v2.0.JTL"]), ["my-test-v2-0"]);
        assert_eq!(names(&["-"]), ["imported"]);
        assert_eq!(checked("base-1").unwrap(), "base-1");
        for wrong in ["", "Base", "a/b", "../x", "-a"] {
            checked(wrong).unwrap_err();
        }
    }
}
