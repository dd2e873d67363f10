//! Analyses of runs, from their files through the public interface.

#[cfg(test)]
mod damaged;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod jmh;
#[cfg(test)]
mod one_run;
#[cfg(test)]
mod open_model;
#[cfg(test)]
mod over_time;
#[cfg(test)]
mod same_as_naive;
#[cfg(test)]
mod segments;
#[cfg(test)]
mod several_runs;
#[cfg(test)]
mod stalls;
#[cfg(test)]
mod steady;
#[cfg(test)]
mod support;
#[cfg(test)]
mod sweeps;
#[cfg(test)]
mod target;
#[cfg(test)]
mod throughput;
