use super::*;
use scrutineer_core::Gap;

fn delivery(deployed: u64, failed: u64) -> Fact<Delivery> {
    Fact::Known(Delivery {
        span: 90 * DAY,
        deployed,
        failed,
        restored: vec![30 * 60; usize::try_from(failed).unwrap()],
        lead: vec![2 * HOUR, 3 * HOUR, 4 * HOUR, 5 * HOUR, 10 * DAY],
        wait: vec![HOUR; 5],
    })
}

fn told(totals: &Totals) -> Vec<(&'static str, Option<String>, Option<Band>)> {
    let metrics = measure(totals).metrics;
    metrics.iter().map(|m| (m.key, m.value.map(|value| value.to_string()), m.band)).collect()
}

#[test]
fn ninety_deployments_in_ninety_days_are_one_a_day() {
    let totals = Totals::of([&delivery(86, 4)]);
    assert_eq!(
        told(&totals),
        [
            ("deployment_frequency", Some("1".into()), Some(Band::Elite)),
            ("lead_time_for_changes", Some("4".into()), Some(Band::Elite)),
            ("change_failure_rate", Some("4.44".into()), Some(Band::Elite)),
            ("time_to_restore", Some("0.5".into()), Some(Band::Elite)),
        ]
    );
}

#[test]
fn fewer_than_ten_deployments_are_not_enough_for_any_metric() {
    for (deployed, enough) in [(8, false), (9, true)] {
        let measured = measure(&Totals::of([&delivery(deployed, 1)]));
        for metric in &measured.metrics {
            assert_eq!(metric.value.is_some(), enough, "{metric:?}");
            assert_eq!(metric.band.is_some(), enough, "{metric:?}");
            let says_so = metric.note.as_deref().is_some_and(|note| note.starts_with("not enough data: 9"));
            assert_eq!(says_so, !enough, "{metric:?}");
        }
    }
}

#[test]
fn the_median_repository_counts_and_not_their_sum() {
    let often = Fact::Known(Delivery { span: 90 * DAY, deployed: 900, ..Delivery::default() });
    let seldom = Fact::Known(Delivery { span: 90 * DAY, deployed: 9, ..Delivery::default() });
    let never = Fact::Known(Delivery { span: 90 * DAY, ..Delivery::default() });
    let totals = Totals::of([&often, &seldom, &seldom, &never]);
    assert_eq!((totals.deploying, totals.read), (3, 4));
    assert_eq!(told(&totals)[0], ("deployment_frequency", Some("0.1".into()), Some(Band::Medium)));
}

#[test]
fn what_could_not_be_read_is_said() {
    let unread = Fact::Unknown(Gap::forbidden("deployments"));
    let blind = measure(&Totals::of([&unread]));
    let note = blind.metrics[0].note.clone().unwrap();
    assert!(note.contains("could be read") && note.contains("deployments:read"), "{note}");
    let partly = measure(&Totals::of([&unread, &delivery(1, 0)]));
    assert!(partly.metrics[0].note.as_ref().unwrap().contains("1 repositories could not be read"));
}

#[test]
fn bands_begin_where_the_report_says() {
    for (days, band) in [(1, Band::Elite), (2, Band::High), (8, Band::Medium), (31, Band::Low)] {
        assert_eq!(Band::within(days * DAY, [DAY, WEEK, MONTH]), band, "{days} days");
    }
    let rate = |deployed: u64| {
        let one = Fact::Known(Delivery { span: 90 * DAY, deployed, ..Delivery::default() });
        told(&Totals::of([&one]))[0].2
    };
    // Once a day, once a week, once a month, less.
    assert_eq!([90, 89, 13, 12].map(rate), [Band::Elite, Band::High, Band::High, Band::Medium].map(Some));
}

#[test]
fn no_failure_is_no_time_to_restore_and_no_band() {
    let calm = Fact::Known(Delivery { span: 90 * DAY, deployed: 20, ..Delivery::default() });
    let measured = measure(&Totals::of([&calm]));
    assert_eq!((measured.metrics[3].value, measured.metrics[3].band), (None, None));
    assert_eq!(measured.metrics[3].note.as_deref(), Some("no production deployment failed"));
    assert_eq!(measured.metrics[2].value, Some(Decimal::new(0, 2)));
    assert!(measured.metrics[1].note.as_ref().unwrap().contains("0 deployed changes"));
}
