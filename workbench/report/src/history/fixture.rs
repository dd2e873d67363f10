//! A history as `workbench history` finds it: 40 sessions, one change for the worse, a break.

use workbench_analysis::Verdict;
use workbench_analysis::history::{
    Break, Change, Direction, HISTORY_SCHEMA_VERSION, History, HistoryMetric, Level, Session,
};

pub(crate) fn history() -> History {
    let value = |session: usize| {
        let level = if session < 15 { 120.0 } else { 132.0 };
        level + (session * session % 11) as f64 / 5.0
    };
    History {
        schema_version: HISTORY_SCHEMA_VERSION,
        source: "baselines/<shop>".into(),
        alpha: 0.01,
        margin: 0.05,
        error_rate_margin: 0.001,
        fewest_sessions: 11,
        sessions: (0..40)
            .map(|session| Session {
                started_at: format!(
                    "2026-{:02}-{:02}T04:00:00Z",
                    1 + session / 28,
                    1 + session % 28
                ),
                commit: Some(format!("{session:02x}").repeat(20)),
                runs: vec![format!("shop/{session}")],
            })
            .collect(),
        breaks: vec![Break {
            session: 30,
            findings: vec!["kernel: “Linux 6.8”, “Linux 6.9”".into()],
        }],
        across_breaks: false,
        metrics: vec![
            HistoryMetric {
                name: "TOTAL.p95".into(),
                unit: "ms".into(),
                direction: Some(Direction::LowerIsBetter),
                relative: true,
                values: (0..40).map(|session| Some(value(session))).collect(),
                levels: [(0, 14, 121.0), (15, 29, 133.0), (30, 39, 133.0)]
                    .map(|(from, to, mean)| Level { from, to, mean })
                    .to_vec(),
                changes: vec![Change {
                    session: 15,
                    before: 121.0,
                    after: 133.0,
                    change: 0.0992,
                    interval: Some(workbench_analysis::ConfidenceInterval {
                        lower: 0.094,
                        upper: Some(0.105),
                        confidence: 0.95,
                    }),
                    p: 0.0005,
                    verdict: Some(Verdict::Regressed),
                }],
            },
            HistoryMetric {
                name: "TOTAL.error_rate".into(),
                unit: String::new(),
                direction: Some(Direction::LowerIsBetter),
                relative: false,
                values: vec![Some(0.0); 40],
                levels: [(0, 29, 0.0), (30, 39, 0.0)]
                    .map(|(from, to, mean)| Level { from, to, mean })
                    .to_vec(),
                changes: Vec::new(),
            },
        ],
        warnings: vec!["sessions 31 to 40 are 10 that can be compared with each other".into()],
    }
}
