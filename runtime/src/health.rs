//! Health parts of a node that the controller knows, and their texts (spec/runtime.md §6.1).

use std::fmt::Display;
use std::time::SystemTime;

use alloy_component::{Health, HealthState};

/// Health before the first evaluation and before the first start.
pub(crate) fn created(now: SystemTime) -> Health {
    Health::new(HealthState::Unknown, "component created", now)
}

/// Evaluation: the arguments are applied.
pub(crate) fn evaluated(now: SystemTime) -> Health {
    Health::new(HealthState::Healthy, "component evaluated", now)
}

/// Evaluation: evaluating, building or updating failed.
pub(crate) fn evaluation_failed(error: impl Display, now: SystemTime) -> Health {
    let message = format!("component evaluation failed: {error}");
    Health::new(HealthState::Unhealthy, message, now)
}

/// Run: the component runs.
pub(crate) fn started(now: SystemTime) -> Health {
    Health::new(HealthState::Healthy, "started component", now)
}

/// Run: the component has returned.
pub(crate) fn exited(error: Option<&dyn Display>, now: SystemTime) -> Health {
    let message = match error {
        None => "component shut down cleanly".to_owned(),
        Some(error) => format!("component shut down with error: {error}"),
    };
    Health::new(HealthState::Exited, message, now)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn shown(parts: &[Health]) -> String {
        let health = Health::least(parts).expect("there are parts");
        format!("{}: {}", health.state.as_str(), health.message)
    }

    #[test]
    fn least_healthy_part_is_shown_and_the_latest_among_equals() {
        let early = SystemTime::UNIX_EPOCH;
        let late = early + Duration::from_secs(1);
        let cases = [
            (vec![created(early), created(early)], "unknown: component created"),
            (vec![created(early), evaluated(late)], "unknown: component created"),
            (vec![started(late), evaluated(early)], "healthy: started component"),
            (vec![started(early), evaluated(late)], "healthy: component evaluated"),
            (vec![started(early), evaluated(early)], "healthy: started component"),
            (
                vec![started(late), evaluation_failed("decoding configuration: x", early)],
                "unhealthy: component evaluation failed: decoding configuration: x",
            ),
            (
                vec![exited(None, early), evaluation_failed("x", late)],
                "exited: component shut down cleanly",
            ),
            (
                vec![exited(Some(&"boom"), early), evaluated(late)],
                "exited: component shut down with error: boom",
            ),
        ];
        for (parts, expected) in cases {
            assert_eq!(shown(&parts), expected);
        }
    }
}
