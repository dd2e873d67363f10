"""The columns that the analysis reads."""

COLUMNS = [
    "started_at",
    "elapsed_ns",
    "bytes_sent",
    "bytes_received",
    "status",
    "error",
    "request",
    "active_users",
    "phase",
]
