//! Reports through the public interface: what a terminal, a pull request and a browser get to see.

#[cfg(test)]
mod calibration;
#[cfg(test)]
mod charts;
#[cfg(test)]
mod chromium;
#[cfg(test)]
mod document;
#[cfg(test)]
mod exchange;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod files;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod gate;
#[cfg(test)]
mod history;
#[cfg(test)]
mod index;
#[cfg(test)]
mod names;
#[cfg(test)]
mod sections;
