//! The four DORA metrics over an organization's production deployments.
//!
//! Definitions: <https://dora.dev/guides/dora-metrics-four-keys/>. Bands: the performance levels of the Accelerate State
//! of DevOps Report 2023, <https://dora.dev/research/2023/dora-report/>; its medium and low levels deploy equally often,
//! so low is what falls below medium. Fewer than [`LEAST_DEPLOYMENTS`] deployments are not enough to say anything.

use rust_decimal::Decimal;
use scrutineer_core::Fact;
use serde::{Deserialize, Serialize};

use crate::delivery::{Delivery, WINDOW_DAYS};

/// Fewest production deployments in the window that metrics are computed from.
pub const LEAST_DEPLOYMENTS: u64 = 10;
/// Fewest deployed changes that a lead time is computed from.
pub const LEAST_CHANGES: u64 = 5;

const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
const MONTH: u64 = 30 * DAY;

/// Deliveries of all repositories, added up. Whole numbers, so that they are stored exactly.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Repositories whose deployments could be read.
    pub read: u64,
    /// Repositories whose deployments could not be read.
    pub unread: u64,
    /// Why the first of them could not.
    pub missing: Option<String>,
    /// Repositories with production deployments.
    pub deploying: u64,
    /// Of them, those whose listing of deployments ends within the window.
    pub sampled: u64,
    /// Deployments that ended well.
    pub deployed: u64,
    /// Deployments that failed or had to be remedied.
    pub failed: u64,
    /// Deployments per day of the median deploying repository, in thousandths.
    pub per_day_thousandths: u64,
    /// Changes that were deployed.
    pub changes: u64,
    /// Median seconds from opening a pull request to production.
    pub lead: Option<u64>,
    /// Median seconds from its merge to production.
    pub wait: Option<u64>,
    /// Failed deployments that production recovered from.
    pub recovered: u64,
    /// Median seconds from a failed deployment to the next good one.
    pub restore: Option<u64>,
}

impl Totals {
    /// The deliveries added up.
    pub fn of<'a>(repositories: impl IntoIterator<Item = &'a Fact<Delivery>>) -> Self {
        let mut totals = Self::default();
        let (mut rates, mut leads, mut waits, mut restores) = (vec![], vec![], vec![], vec![]);
        for repository in repositories {
            let delivery = match repository {
                Fact::Known(delivery) => delivery,
                Fact::Unknown(gap) => {
                    totals.unread += 1;
                    totals.missing.get_or_insert_with(|| gap.to_string());
                    continue;
                }
            };
            totals.read += 1;
            if delivery.ended() == 0 {
                continue;
            }
            totals.deploying += 1;
            totals.sampled += u64::from(delivery.span < WINDOW_DAYS.unsigned_abs() * DAY);
            totals.deployed += delivery.deployed;
            totals.failed += delivery.failed;
            rates.push(delivery.ended() * DAY * 1_000 / delivery.span.max(DAY));
            leads.extend(&delivery.lead);
            waits.extend(&delivery.wait);
            restores.extend(&delivery.restored);
        }
        totals.changes = leads.len() as u64;
        totals.recovered = restores.len() as u64;
        totals.per_day_thousandths = median(rates).unwrap_or(0);
        (totals.lead, totals.wait, totals.restore) = (median(leads), median(waits), median(restores));
        totals
    }

    fn ended(&self) -> u64 {
        self.deployed + self.failed
    }
}

/// The middle value, or the mean of the two in the middle.
fn median(mut values: Vec<u64>) -> Option<u64> {
    values.sort_unstable();
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    Some(if values.len() % 2 == 1 { upper } else { values[middle - 1].midpoint(upper) })
}

/// The four metrics, and what they rest on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dora {
    /// Days looked back.
    pub window_days: i64,
    /// Production deployments that ended in the window, in all repositories.
    pub deployments: u64,
    /// Repositories with production deployments.
    pub repositories: u64,
    /// Repositories whose deployments could not be read.
    pub unread: u64,
    /// Why the first of them could not.
    pub missing: Option<String>,
    /// Repositories that deploy so often that only their newest deployments were seen.
    pub sampled: u64,
    /// The metrics: frequency, lead time, failure rate, time to restore.
    pub metrics: [Metric; 4],
}

/// One metric.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// `deployment_frequency`, `lead_time_for_changes`, `change_failure_rate` or `time_to_restore`.
    pub key: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// How it is computed here.
    pub definition: &'static str,
    /// The value, two decimals; none when there is not enough data.
    #[serde(serialize_with = "crate::score::optional_number")]
    pub value: Option<Decimal>,
    /// `per_day`, `hours` or `percent`.
    pub unit: &'static str,
    /// Deployments, changes or recoveries it rests on.
    pub samples: u64,
    /// The performance band; none when there is not enough data.
    pub band: Option<Band>,
    /// Why there is no value, or what the value leaves out.
    pub note: Option<String>,
}

/// A performance level of the DORA report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// The best cluster.
    Elite,
    /// The next.
    High,
    /// The next.
    Medium,
    /// Below.
    Low,
}

impl Band {
    /// Every band, best first.
    pub const ALL: [Self; 4] = [Self::Elite, Self::High, Self::Medium, Self::Low];

    /// The band as it stands in JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Elite => "elite",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }

    /// The first band whose limit `value` is within; limits of elite, high and medium.
    fn within(value: u64, limits: [u64; 3]) -> Self {
        let place = limits.iter().position(|limit| value <= *limit);
        Self::ALL[place.unwrap_or(3)]
    }
}

/// The metrics of an organization.
pub fn measure(totals: &Totals) -> Dora {
    Dora {
        window_days: WINDOW_DAYS,
        deployments: totals.ended(),
        repositories: totals.deploying,
        unread: totals.unread,
        missing: totals.missing.clone(),
        sampled: totals.sampled,
        metrics: [frequency(totals), lead_time(totals), failure_rate(totals), restore(totals)],
    }
}

/// Why nothing can be said, if so.
fn too_little(totals: &Totals) -> Option<String> {
    let why = totals.missing.as_deref().unwrap_or("no reason was recorded");
    if totals.read == 0 && totals.unread > 0 {
        return Some(format!("no repository's deployments could be read: {why}"));
    }
    (totals.ended() < LEAST_DEPLOYMENTS).then(|| {
        let seen = totals.ended();
        let blind = match totals.unread {
            0 => String::new(),
            n => format!("; {n} repositories could not be read: {why}"),
        };
        format!(
            "not enough data: {seen} production deployments in {WINDOW_DAYS} days, {LEAST_DEPLOYMENTS} are \
             needed{blind}"
        )
    })
}

/// Fills in a metric, unless there is too little data for any.
fn metric(totals: &Totals, empty: Metric, fill: impl FnOnce(Metric) -> Metric) -> Metric {
    match too_little(totals) {
        Some(note) => Metric { note: Some(note), ..empty },
        None => fill(empty),
    }
}

fn frequency(totals: &Totals) -> Metric {
    let empty = Metric {
        key: "deployment_frequency",
        title: "Deployment frequency",
        definition: "Production deployments per day of the median repository that deploys.",
        value: None,
        unit: "per_day",
        samples: totals.ended(),
        band: None,
        note: None,
    };
    metric(totals, empty, |empty| {
        let rate = totals.per_day_thousandths;
        // At least one a day, a week, a month: in thousandths per day, rounded down.
        let band = match rate {
            1_000.. => Band::Elite,
            142.. => Band::High,
            33.. => Band::Medium,
            _ => Band::Low,
        };
        let note = (totals.sampled > 0).then(|| {
            format!(
                "of {} repositories only the newest deployments were seen; their rate is taken from those",
                totals.sampled
            )
        });
        Metric { value: Some(thousandths(rate)), band: Some(band), note, ..empty }
    })
}

fn lead_time(totals: &Totals) -> Metric {
    let empty = Metric {
        key: "lead_time_for_changes",
        title: "Lead time for changes",
        definition: "Median time from opening a pull request to the first successful production deployment after its \
                     merge.",
        value: None,
        unit: "hours",
        samples: totals.changes,
        band: None,
        note: None,
    };
    metric(totals, empty, |empty| match totals.lead {
        Some(lead) if totals.changes >= LEAST_CHANGES => Metric {
            value: Some(hours(lead)),
            band: Some(Band::within(lead, [DAY, WEEK, MONTH])),
            note: totals.wait.map(|wait| format!("{} hours of it after the merge (median)", hours(wait))),
            ..empty
        },
        _ => Metric {
            note: Some(format!(
                "not enough data: {} deployed changes are seen, {LEAST_CHANGES} are needed",
                totals.changes
            )),
            ..empty
        },
    })
}

fn failure_rate(totals: &Totals) -> Metric {
    let empty = Metric {
        key: "change_failure_rate",
        title: "Change failure rate",
        definition: "Share of production deployments that failed, or that a rollback, revert or hotfix had to remedy.",
        value: None,
        unit: "percent",
        samples: totals.ended(),
        band: None,
        note: None,
    };
    metric(totals, empty, |empty| {
        let hundredths = totals.failed * 10_000 / totals.ended().max(1);
        Metric {
            value: Some(Decimal::new(i64::try_from(hundredths).unwrap_or(i64::MAX), 2)),
            band: Some(Band::within(hundredths, [500, 1_000, 1_500])),
            note: Some(format!("{} of {} deployments", totals.failed, totals.ended())),
            ..empty
        }
    })
}

fn restore(totals: &Totals) -> Metric {
    let empty = Metric {
        key: "time_to_restore",
        title: "Time to restore",
        definition: "Median time from a failed production deployment to the next good one.",
        value: None,
        unit: "hours",
        samples: totals.recovered,
        band: None,
        note: None,
    };
    metric(totals, empty, |empty| {
        let open = totals.failed.saturating_sub(totals.recovered);
        match totals.restore {
            Some(time) => Metric {
                value: Some(hours(time)),
                band: Some(Band::within(time, [HOUR, DAY, WEEK])),
                note: (open > 0).then(|| format!("{open} failed deployments are not followed by a good one")),
                ..empty
            },
            None if open > 0 => Metric {
                note: Some(format!("none of {open} failed deployments is followed by a good one")),
                ..empty
            },
            None => Metric { note: Some("no production deployment failed".to_owned()), ..empty },
        }
    })
}

fn hours(seconds: u64) -> Decimal {
    let seconds = Decimal::from(seconds) / Decimal::from(HOUR);
    seconds.round_dp(2).normalize()
}

fn thousandths(rate: u64) -> Decimal {
    Decimal::new(i64::try_from(rate).unwrap_or(i64::MAX), 3).round_dp(2).normalize()
}

#[cfg(test)]
mod tests;
