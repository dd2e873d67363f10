//! Analyses of runs, from their files through the public interface.

#[cfg(test)]
mod one_run;
#[cfg(test)]
mod several_runs;
#[cfg(test)]
mod support;
