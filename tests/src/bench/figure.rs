//! What a benchmark gives: a number, and the limit that it must keep.

use std::time::Duration;

use serde_json::json;

/// One number.
#[derive(Debug, Clone)]
pub struct Figure {
    /// What was measured.
    pub name: &'static str,
    /// How much it was.
    pub value: f64,
    /// In what.
    pub unit: &'static str,
    /// What it must keep, if anything.
    pub limit: Option<Limit>,
}

/// A bound of a figure.
#[derive(Debug, Clone, Copy)]
pub enum Limit {
    /// More is too much.
    AtMost(f64),
    /// Less is too little.
    AtLeast(f64),
}

impl Figure {
    /// A number for the reader.
    pub fn new(name: &'static str, value: f64, unit: &'static str) -> Self {
        Self {
            name,
            value,
            unit,
            limit: None,
        }
    }

    /// A ratio that must keep a limit.
    pub fn ratio(name: &'static str, value: f64, limit: Limit) -> Self {
        Self {
            name,
            value,
            unit: "ratio",
            limit: Some(limit),
        }
    }

    /// A count that must keep a limit.
    pub fn counted(name: &'static str, value: f64, limit: Limit) -> Self {
        Self {
            name,
            value,
            unit: "count",
            limit: Some(limit),
        }
    }

    /// Whether the limit is kept. A figure that is no number keeps none.
    pub fn is_kept(&self) -> bool {
        match self.limit {
            None => true,
            Some(Limit::AtMost(most)) => self.value <= most,
            Some(Limit::AtLeast(least)) => self.value >= least,
        }
    }

    /// One line of JSON.
    pub fn to_json(&self) -> String {
        let (kind, limit) = match self.limit {
            None => ("none", None),
            Some(Limit::AtMost(most)) => ("at_most", Some(most)),
            Some(Limit::AtLeast(least)) => ("at_least", Some(least)),
        };
        let line = json!({
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "limit_kind": kind,
            "limit": limit,
            "kept": self.is_kept(),
        });
        line.to_string()
    }

    fn limit_text(&self) -> String {
        match self.limit {
            None => String::new(),
            Some(Limit::AtMost(most)) => format!("<= {most}"),
            Some(Limit::AtLeast(least)) => format!(">= {least}"),
        }
    }
}

/// The figures under each other.
pub fn print_table(figures: &[Figure]) {
    println!();
    for figure in figures {
        let verdict = if figure.is_kept() { "" } else { "MISSED" };
        println!(
            "{:<40} {:>14.2} {:<6} {:<8} {verdict}",
            figure.name,
            figure.value,
            figure.unit,
            figure.limit_text()
        );
    }
}

/// The middle one; not a number where there is none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// So many in that time.
#[allow(clippy::cast_precision_loss, reason = "counts are small")]
pub fn per_second(count: usize, elapsed: Duration) -> f64 {
    count as f64 / elapsed.as_secs_f64()
}
