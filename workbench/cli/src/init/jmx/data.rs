//! CSV Data Sets, and files beside the test plan.

use std::io::{BufRead as _, BufReader};
use std::path::{Component, Path, PathBuf};

use super::Conversion;
use super::scope::{Column, Scope};
use super::tree::Element;
use crate::init::draft::{self, Data};

/// Bytes of the longest header line that is read.
const LONGEST_HEADER: u64 = 64 << 10;

impl Conversion<'_> {
    pub(super) fn csv(&mut self, element: &Element, scope: &mut Scope<'_>, place: &str) {
        let raw = element.property("filename").trim().to_owned();
        let variables: Vec<String> = element
            .property("variableNames")
            .split(',')
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .collect();
        let file = self.constant(&raw).unwrap_or_else(|| raw.clone());
        let delimiter = element.property("delimiter").trim();
        let has_header = variables.is_empty() || element.is("ignoreFirstLine");
        let names = variables.join(",");
        let header = self
            .beside(&file)
            .map(|path| (header(&self.output.join(&path)), path));
        let problem = match &header {
            None => Some(format!(
                "the file {file} is not there: put it there and call init again"
            )),
            Some((None, _)) => Some(format!("the file {file} cannot be read as UTF-8")),
            Some(_) if !has_header => Some(format!(
                "the file {file} has no header: write {names} into its first line, set ignoreFirstLine, and call init again"
            )),
            Some(_) if !matches!(delimiter, "" | ",") => {
                Some(format!("the file {file} is not separated by commas"))
            }
            Some((Some(columns), _)) if columns.len() < variables.len() => Some(format!(
                "the file {file} has fewer columns than there are variables"
            )),
            Some(_) => None,
        };
        if let Some(problem) = problem {
            self.draft.leave(
                place,
                format!("{problem}; until then the variables are empty"),
            );
            return;
        }
        let Some((Some(columns), path)) = header else {
            return;
        };
        let data = match self.draft.data.iter().find(|data| data.csv == path) {
            Some(known) => known.name.clone(),
            None => self.data_named(&path, &file),
        };
        let variables = if variables.is_empty() {
            columns.clone()
        } else {
            variables
        };
        for (variable, column) in variables.into_iter().zip(columns) {
            let name = format!("{data}.{column}");
            scope.columns.push(Column { variable, name });
        }
        if element.property("recycle").trim() == "false" {
            let what = "its rows are used once, and the threads stop: here they begin again; pick: unique uses each once";
            self.draft.leave(place, what);
        }
        match element.property("shareMode").trim() {
            "" | "shareMode.all" => {}
            mode => {
                let what =
                    format!("{mode}: here all users take rows from one file, one after the other");
                self.draft.leave(place, what);
            }
        }
    }

    fn data_named(&mut self, path: &str, file: &str) -> String {
        let stem = Path::new(&file.replace('\\', "/"))
            .file_stem()
            .and_then(|stem| stem.to_str())
            .map(draft::variable_name)
            .unwrap_or_default();
        let taken = |name: &str| self.draft.data.iter().any(|data| data.name == name);
        let mut names =
            std::iter::once(stem.clone()).chain((2_u32..).map(|number| format!("{stem}_{number}")));
        let name = names.find(|name| !taken(name)).unwrap_or_default();
        self.draft.data.push(Data {
            name: name.clone(),
            csv: path.to_owned(),
            pick: None,
            per: None,
            comment: Vec::new(),
        });
        name
    }

    /// The path of a file of the test plan, relative to the experiment. `None` if the file does not exist.
    pub(super) fn beside(&self, file: &str) -> Option<String> {
        let file = file.trim().replace('\\', "/");
        let found = [self.folder.join(&file), PathBuf::from(&file)];
        let found = found.into_iter().find(|path| path.is_file())?;
        let (file, output) = (found.canonicalize().ok()?, self.output_folder()?);
        relative(&file, &output)
    }

    fn output_folder(&self) -> Option<PathBuf> {
        let output = match self.output.as_os_str().is_empty() {
            true => Path::new("."),
            false => &self.output,
        };
        output.canonicalize().ok()
    }
}

/// A path relative to a folder; both are absolute.
fn relative(path: &Path, folder: &Path) -> Option<String> {
    let common = path
        .components()
        .zip(folder.components())
        .take_while(|(one, other)| one == other)
        .count();
    let up = folder
        .components()
        .skip(common)
        .map(|_| Component::ParentDir);
    let down = path.components().skip(common);
    let path: PathBuf = up.chain(down).collect();
    path.to_str().map(|text| text.replace('\\', "/"))
}

/// The names in the first line of a CSV file.
fn header(path: &Path) -> Option<Vec<String>> {
    use std::io::Read as _;
    let file = std::fs::File::open(path).ok()?;
    let mut line = String::new();
    BufReader::new(file.take(LONGEST_HEADER))
        .read_line(&mut line)
        .ok()?;
    let line = line.trim_start_matches('\u{FEFF}').trim();
    let names = line
        .split(',')
        .map(|name| name.trim().trim_matches('"').to_owned());
    Some(names.collect())
}
