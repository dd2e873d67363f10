//! What people write who know another tool, and what it is called here.

/// A key of another tool.
pub(super) struct ForeignKey {
    /// What to write instead.
    pub(super) message: &'static str,
    /// The key that it stands for; further ones that may stand there in its place.
    pub(super) meant: &'static [&'static str],
}

/// What a key of another tool is called here, in a mapping that has the `right` keys.
pub(super) fn key(_key: &str, _right: &[&str]) -> Option<ForeignKey> {
    None
}
