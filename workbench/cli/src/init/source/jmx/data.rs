//! CSV Data Sets, and files beside the test plan.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Component, Path, PathBuf};

use super::Conversion;
use super::tree::Element;
use crate::init::draft::{free, variable_name};

/// Bytes of the longest header line that is read.
const LONGEST_HEADER: u64 = 64 << 10;

impl Conversion<'_> {
    pub(super) fn csv(&mut self, element: &Element) {
        let names = element.property("variableNames").split(',').map(str::trim);
        let variables: Vec<&str> = names.filter(|name| !name.is_empty()).collect();
        let raw = element.property("filename");
        let file = self.constant(raw).unwrap_or_else(|| raw.to_owned());
        let has_header = variables.is_empty() || element.is("ignoreFirstLine");
        let is_by_commas = ["", ","].contains(&element.property("delimiter"));
        let path = self.beside(&file);
        let columns = path.as_ref().map(|path| header(&self.output.join(path)));
        let problem = match &columns {
            None => "is not there: put it there and call init again".to_owned(),
            Some(None) => "cannot be read as UTF-8".to_owned(),
            Some(_) if !has_header => format!(
                "has no header: write {} into its first line, set ignoreFirstLine, and call init again",
                variables.join(",")
            ),
            Some(_) if !is_by_commas => "is not separated by commas".to_owned(),
            Some(Some(columns)) if columns.len() < variables.len() => {
                "has fewer columns than there are variables".to_owned()
            }
            Some(_) => String::new(),
        };
        let (Some(path), Some(Some(columns)), true) = (path, columns, problem.is_empty()) else {
            let what = format!("the file {file} {problem}; until then the variables are empty");
            return self.leave(what);
        };
        let data = match self.draft.data.iter().find(|(_, csv)| *csv == path) {
            Some((known, _)) => known.clone(),
            None => self.data_named(path, &file),
        };
        for (at, column) in columns.iter().enumerate() {
            let variable = match variables.is_empty() {
                true => Some(column.as_str()),
                false => variables.get(at).copied(),
            };
            let name = format!("{data}.{column}");
            self.scope
                .columns
                .extend(variable.map(|variable| (variable.to_owned(), name)));
        }
        if element.property("recycle") == "false" {
            let what = "its rows are used once, and the threads stop: here they begin again; pick: unique uses each once";
            self.leave(what);
        }
        let mode = element.property("shareMode");
        if !["", "shareMode.all"].contains(&mode) {
            let what =
                format!("{mode}: here all users take rows from one file, one after the other");
            self.leave(what);
        }
    }

    fn data_named(&mut self, csv: String, file: &str) -> String {
        let file = file.replace('\\', "/");
        let stem = Path::new(&file).file_stem().and_then(|stem| stem.to_str());
        let base = stem.map(variable_name).unwrap_or_default();
        let name = free(&base, "_", |name| {
            self.draft.data.iter().any(|(known, _)| known == name)
        });
        self.draft.data.push((name.clone(), csv));
        name
    }

    /// The path of a file of the test plan, relative to the experiment. `None` if the file does not exist.
    pub(super) fn beside(&self, file: &str) -> Option<String> {
        let file = file.trim().replace('\\', "/");
        let mut found = [self.folder.join(&file), PathBuf::from(&file)].into_iter();
        let file = found.find(|path| path.is_file())?.canonicalize().ok()?;
        // An empty path does not exist.
        let folder = Path::new(".").join(&self.output).canonicalize().ok()?;
        relative(&file, &folder)
    }
}

/// A path relative to a folder; both are absolute.
fn relative(path: &Path, folder: &Path) -> Option<String> {
    let pairs = path.components().zip(folder.components());
    let common = pairs.take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(common);
    let up = up.map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(path.components().skip(common)).collect();
    path.to_str().map(|text| text.replace('\\', "/"))
}

/// The names in the first line of a CSV file.
fn header(path: &Path) -> Option<Vec<String>> {
    let file = std::fs::File::open(path).ok()?;
    let mut line = String::new();
    BufReader::new(file.take(LONGEST_HEADER))
        .read_line(&mut line)
        .ok()?;
    let names = line.trim_start_matches('\u{FEFF}').trim().split(',');
    let names = names.map(|name| name.trim().trim_matches('"').to_owned());
    Some(names.collect())
}
