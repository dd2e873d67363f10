//! Figures as they are described, and as they are drawn.

mod across_runs;
mod extremes;
mod of_a_run;

use workbench_analysis::{Analysis, RunAnalysis};
use workbench_report::{Figure, figures};

use crate::fixture;

/// The figure of this name; `None` where the analysis has none.
fn find(analysis: &Analysis, name: &str) -> Option<Figure> {
    let mut figures = figures(analysis).into_iter();
    figures.find(|figure| figure.name() == name)
}

fn figure(analysis: &Analysis, name: &str) -> Figure {
    find(analysis, name).unwrap()
}

fn of_run(run: RunAnalysis) -> Vec<Figure> {
    figures(&fixture::of(run))
}

fn svg(analysis: &Analysis, name: &str) -> String {
    figure(analysis, name).svg().unwrap()
}

/// Texts of a drawing, in the order in which they are written.
fn texts(svg: &str) -> Vec<&str> {
    let mut texts = Vec::new();
    let mut lines = svg.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("<text") {
            texts.extend(lines.next());
        }
    }
    texts
}

/// Pixels.
fn height(svg: &str) -> u32 {
    let (_, rest) = svg.split_once("height=\"").unwrap();
    rest.split('"').next().unwrap().parse().unwrap()
}

/// The description with a line for each part.
fn described(figure: &Figure) -> String {
    let mut text = format!("{figure:?}");
    let parts = [
        "legend: ",
        "columns: ",
        "cells: ",
        "Panel {",
        "x: Axis",
        "y: Axis",
        "ticks: ",
        "minor: ",
        "x_title: ",
        "series: ",
        "Line([",
        "Area([",
        "Bars([",
        "Shade([",
        "Strokes([",
        "Marks([",
        "Texts([",
        "Flag(",
    ];
    for part in parts {
        for before in [" ", "["] {
            text = text.replace(&format!("{before}{part}"), &format!("{before}\n{part}"));
        }
    }
    text
}
