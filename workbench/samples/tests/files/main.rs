//! The files of a run, through the public interface.

#[cfg(test)]
mod manifest;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod published_versions;
#[cfg(test)]
mod series;
