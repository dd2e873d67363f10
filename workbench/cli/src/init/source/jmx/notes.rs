//! The end of a conversion: what is said once for all elements of a kind.

use super::Conversion;
use crate::init::draft::{Draft, Scenario};

/// The hops that JMeter follows (its property `httpsampler.max_redirects`).
const REDIRECTS: u32 = 20;

/// Notes that are given once for all elements of a kind.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) disabled: Vec<String>,
    pub(super) listeners: usize,
    pub(super) transactions: Vec<String>,
    pub(super) embedded: usize,
    pub(super) connections: usize,
    pub(super) not_following: Vec<String>,
}

impl Conversion<'_> {
    pub(super) fn finish(mut self) -> Draft {
        self.write_empty();
        let (mut draft, notes) = (self.draft, self.notes);
        draft.http.cookies_off = !self.keeps_cookies && !draft.scenarios.is_empty();
        draft.http.follow_redirects = self.follows_redirects.then_some(REDIRECTS);
        draft.share();
        if let [scenario] = draft.scenarios.as_mut_slice() {
            draft.load = scenario.load.take();
        }
        let waits = |scenario: &Scenario| scenario.think_time.is_some();
        if draft.scenarios.iter().any(waits) {
            let what = "JMeter waits before each request, this experiment after it.";
            draft.comment.push(what.to_owned());
        }
        let properties = self.variables.properties.iter();
        let properties = properties.map(|(name, value)| format!("{name}={value}"));
        let properties: Vec<_> = properties.collect();
        if !properties.is_empty() {
            let properties = properties.join(", ");
            draft.comment.push(format!(
                "JMeter's properties (-Jname=value) have their defaults: {properties}."
            ));
        }
        let some = |count: usize, one: &str, more: &str| match count {
            1 => format!("one {one}"),
            count => format!("{count} {more}"),
        };
        let elements = |count: usize| some(count, "element", "elements");
        if !notes.disabled.is_empty() {
            let (count, names) = (elements(notes.disabled.len()), notes.disabled.join(", "));
            draft.leave_at("disabled", format!("{count}, as in JMeter: {names}"));
        }
        if notes.listeners > 0 {
            let count = elements(notes.listeners);
            let what = format!("{count}: results are kept and reported anyway");
            draft.leave_at("listeners", what);
        }
        if !notes.transactions.is_empty() {
            let names = notes.transactions.join(", ");
            let what = format!("their requests are reported, not their sums: {names}");
            draft.leave_at("transactions", what);
        }
        draft.leave_noise();
        if notes.embedded > 0 {
            let what = format!(
                "images, scripts and styles of pages are not fetched, as {} in JMeter",
                some(notes.embedded, "request does", "requests do")
            );
            draft.leave_at("embedded resources", what);
        }
        if self.follows_redirects && !notes.not_following.is_empty() {
            let names = notes.not_following.join(", ");
            let what = format!("not followed in JMeter by {names}: here they are");
            draft.leave_at("redirects", what);
        }
        if notes.connections > 0 {
            let what = format!(
                "{} close their connection in JMeter; http: {{ new_connections: iteration }} opens new ones",
                some(notes.connections, "request", "requests")
            );
            draft.leave_at("connections", what);
        }
        draft
    }
}
