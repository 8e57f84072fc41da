//! Health parts of a node that the controller knows, and their texts (spec/runtime.md §6.1).

use std::fmt::Display;
use std::time::SystemTime;

use alloy_component::{Health, HealthState};
use alloy_queries::NodeKind;
use alloy_value::GoDuration;

use crate::controller::Role;

/// The `controller_path` or `component_path` of what is in a module.
pub(crate) fn path_of(module_id: &str) -> String {
    format!("/{module_id}")
}

/// The labels of the metrics of a component or import (spec/runtime.md §2).
pub(crate) fn component_labels(
    kind: NodeKind,
    module_id: &str,
    local_id: &str,
) -> [(&'static str, String); 2] {
    let (path, id) = match kind {
        NodeKind::Import => ("config_path", "config_id"),
        _ => ("component_path", "component_id"),
    };
    [(path, path_of(module_id)), (id, local_id.to_owned())]
}

/// The labels `controller_path` and `controller_id` of a module (spec/runtime.md §2).
pub(crate) fn labels_of(module_id: &str) -> (String, &str) {
    match module_id.rsplit_once('/') {
        Some((outer, id)) => (path_of(outer), id),
        None => (path_of(""), module_id),
    }
}

/// Health before the first evaluation and before the first start.
pub(crate) fn created(role: Role, now: SystemTime) -> Health {
    let message = match role {
        Role::Custom => "node custom component created",
        _ => "component created",
    };
    Health::new(HealthState::Unknown, message, now)
}

/// What is evaluated, in the words of its health.
fn subject(role: Role) -> &'static str {
    match role {
        Role::Foreach => "foreach",
        Role::Import(_) => "source",
        _ => "component",
    }
}

/// Evaluation: the arguments are applied.
pub(crate) fn evaluated(role: Role, now: SystemTime) -> Health {
    Health::new(HealthState::Healthy, format!("{} evaluated", subject(role)), now)
}

/// Evaluation: evaluating, building or updating failed.
pub(crate) fn evaluation_failed(role: Role, error: impl Display, now: SystemTime) -> Health {
    let message = format!("{} evaluation failed: {error}", subject(role));
    Health::new(HealthState::Unhealthy, message, now)
}

/// What runs, in the words of its health.
fn runner(role: Role) -> &'static str {
    match role {
        Role::Custom => "custom component",
        Role::Foreach => "foreach",
        Role::Import(_) => "import",
        _ => "component",
    }
}

/// Run: the component runs.
pub(crate) fn started(role: Role, now: SystemTime) -> Health {
    Health::new(HealthState::Healthy, format!("started {}", runner(role)), now)
}

/// Run: a `foreach` that runs has other children, or the same with new elements.
pub(crate) fn children_updated(now: SystemTime) -> Health {
    Health::new(HealthState::Healthy, "foreach children updated successfully", now)
}

/// Run: an import that runs has brought content with other imports in it.
pub(crate) fn nested_updated(now: SystemTime) -> Health {
    Health::new(HealthState::Healthy, "nested imports updated successfully", now)
}

/// Run: the component has returned.
pub(crate) fn exited(role: Role, error: Option<&dyn Display>, now: SystemTime) -> Health {
    let runner = match role {
        Role::Foreach => "foreach node",
        _ => runner(role),
    };
    let message = match error {
        None => format!("{runner} shut down cleanly"),
        Some(error) => format!("{runner} shut down with error: {error}"),
    };
    Health::new(HealthState::Exited, message, now)
}

/// Run: the component has panicked and starts again in `wait`.
pub(crate) fn panicked(role: Role, reason: &str, wait: GoDuration, now: SystemTime) -> Health {
    let message = format!("{} {reason}; restarting in {wait}", runner(role));
    Health::new(HealthState::Exited, message, now)
}

/// Content of an import: taken, or refused for this reason.
pub(crate) fn content(result: Result<(), String>, now: SystemTime) -> Health {
    match result {
        Ok(()) => Health::new(HealthState::Healthy, "content updated", now),
        Err(reason) => Health::new(HealthState::Unhealthy, reason, now),
    }
}

/// Content of an import: the import `label` in it failed to evaluate.
pub(crate) fn nested_failed(label: &str, evaluation: &Health) -> Health {
    let failed = evaluation_failed(Role::Import(None), "", evaluation.updated).message;
    let reason = evaluation.message.strip_prefix(&*failed).unwrap_or(&evaluation.message);
    let message = format!(
        "nested import block failed to evaluate: imported node {label} failed to evaluate, {reason}"
    );
    Health::new(evaluation.state, message, evaluation.updated)
}

/// Content of an import: an import in it runs no more, unless it ended in good order.
pub(crate) fn nested_stopped(run: &Health) -> Option<Health> {
    let reason = run.message.strip_prefix("import ")?;
    let reason = match reason.strip_prefix("shut down ") {
        Some(how) => how.strip_prefix("with error: ")?,
        None => reason,
    };
    let message = format!("nested import stopped running: {reason}");
    Some(Health::new(HealthState::Unhealthy, message, run.updated))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const ROLE: Role = Role::Component(None);

    fn shown(parts: &[Health]) -> String {
        let health = Health::least(parts).expect("there are parts");
        format!("{}: {}", health.state.as_str(), health.message)
    }

    /// The table "Moment" of spec/runtime.md §6.1, as far as the state of one node makes the text.
    #[test]
    fn every_moment_has_its_text() {
        let now = SystemTime::UNIX_EPOCH;
        let import = Role::Import(None);
        let boom: Option<&dyn Display> = Some(&"boom");
        for (health, expected) in [
            (created(ROLE, now), "unknown: component created"),
            (created(Role::Custom, now), "unknown: node custom component created"),
            (evaluated(ROLE, now), "healthy: component evaluated"),
            (evaluated(Role::Foreach, now), "healthy: foreach evaluated"),
            (evaluated(import, now), "healthy: source evaluated"),
            (evaluation_failed(ROLE, "x", now), "unhealthy: component evaluation failed: x"),
            (evaluation_failed(Role::Foreach, "x", now), "unhealthy: foreach evaluation failed: x"),
            (evaluation_failed(import, "x", now), "unhealthy: source evaluation failed: x"),
            (started(ROLE, now), "healthy: started component"),
            (started(Role::Custom, now), "healthy: started custom component"),
            (started(Role::Foreach, now), "healthy: started foreach"),
            (started(import, now), "healthy: started import"),
            (exited(ROLE, None, now), "exited: component shut down cleanly"),
            (exited(ROLE, boom, now), "exited: component shut down with error: boom"),
            (exited(Role::Custom, None, now), "exited: custom component shut down cleanly"),
            (
                exited(Role::Custom, boom, now),
                "exited: custom component shut down with error: boom",
            ),
            (exited(Role::Foreach, None, now), "exited: foreach node shut down cleanly"),
            (exited(import, None, now), "exited: import shut down cleanly"),
            (exited(import, boom, now), "exited: import shut down with error: boom"),
            (children_updated(now), "healthy: foreach children updated successfully"),
            (nested_updated(now), "healthy: nested imports updated successfully"),
            (content(Ok(()), now), "healthy: content updated"),
        ] {
            assert_eq!(shown(&[health]), expected);
        }
    }

    #[test]
    fn a_nested_import_that_stopped_says_why() {
        let now = SystemTime::UNIX_EPOCH;
        let import = Role::Import(None);
        let stopped = |run: Health| nested_stopped(&run).map(|health| shown(&[health]));
        assert_eq!(stopped(exited(import, None, now)), None);
        assert_eq!(
            stopped(exited(import, Some(&"boom"), now)).as_deref(),
            Some("unhealthy: nested import stopped running: boom")
        );
        let wait = GoDuration::from(Duration::from_secs(1));
        assert_eq!(
            stopped(panicked(import, "panicked: boom", wait, now)).as_deref(),
            Some("unhealthy: nested import stopped running: panicked: boom; restarting in 1s")
        );
    }

    #[test]
    fn least_healthy_part_is_shown_and_the_latest_among_equals() {
        let early = SystemTime::UNIX_EPOCH;
        let late = early + Duration::from_secs(1);
        let cases = [
            (vec![created(ROLE, early), created(ROLE, early)], "unknown: component created"),
            (vec![created(ROLE, early), evaluated(ROLE, late)], "unknown: component created"),
            (vec![started(ROLE, late), evaluated(ROLE, early)], "healthy: started component"),
            (vec![started(ROLE, early), evaluated(ROLE, late)], "healthy: component evaluated"),
            (vec![started(ROLE, early), evaluated(ROLE, early)], "healthy: started component"),
            (
                vec![
                    started(ROLE, late),
                    evaluation_failed(ROLE, "decoding configuration: x", early),
                ],
                "unhealthy: component evaluation failed: decoding configuration: x",
            ),
            (
                vec![exited(ROLE, None, early), evaluation_failed(ROLE, "x", late)],
                "exited: component shut down cleanly",
            ),
            (
                vec![exited(ROLE, Some(&"boom"), early), evaluated(ROLE, late)],
                "exited: component shut down with error: boom",
            ),
        ];
        for (parts, expected) in cases {
            assert_eq!(shown(&parts), expected);
        }
    }
}
