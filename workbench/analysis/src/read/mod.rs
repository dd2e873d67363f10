//! Finds runs, and reads what stands beside their samples: experiments, and the segments of a run.

pub(crate) mod experiment;
pub(crate) mod newest;
pub(crate) mod recognise;
pub(crate) mod segments;
