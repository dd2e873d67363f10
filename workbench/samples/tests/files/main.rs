//! The files of a run, through the public interface.

#[cfg(test)]
mod damage;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod manifest;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod published_versions;
#[cfg(test)]
mod resources;
#[cfg(test)]
mod series;

/// All samples in a folder, with all their columns.
#[cfg(test)]
fn read(directory: &std::path::Path) -> polars_core::frame::DataFrame {
    let batches = workbench_samples::sample_batches(directory).unwrap();
    let frames = batches
        .iter()
        .map(|batch| batch.read(&workbench_samples::column::ALL).unwrap());
    frames
        .reduce(|above, below| above.vstack(&below).unwrap())
        .unwrap()
}
