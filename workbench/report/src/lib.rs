//! Figures, HTML and terminal text of an analysis.

mod canvas;
mod error;
mod figure;
#[cfg(test)]
mod fixture;
mod format;
mod names;

pub use error::ReportError;

#[cfg(test)]
mod dump {
    #[test]
    fn dump() {
        let d = std::path::Path::new("/tmp/report_dump");
        std::fs::create_dir_all(d).unwrap();
        let five = crate::fixture::five_runs();
        let names = crate::names::of_runs(&five.runs);
        let mut f = crate::figure::of_run(&crate::fixture::single().runs[0]);
        f.extend(crate::figure::of_comparison(
            &five.runs,
            five.comparison.as_ref().unwrap(),
            &names,
        ));
        for f in f {
            std::fs::write(d.join(format!("{}.png", f.name)), f.png().unwrap()).unwrap();
            std::fs::write(d.join(format!("{}.svg", f.name)), f.svg().unwrap()).unwrap();
        }
    }
}
