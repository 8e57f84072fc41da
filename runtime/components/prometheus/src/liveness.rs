//! Whether the component behind a receiver still runs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use alloy_telemetry::SendError;

/// State of a receiver's component. A component that was built and not yet started takes batches
/// already; one that has exited refuses them.
pub(crate) struct Liveness {
    component: Arc<str>,
    exited: AtomicBool,
}

impl Liveness {
    pub(crate) fn new(component: &Arc<str>) -> Self {
        Self { component: Arc::clone(component), exited: AtomicBool::new(false) }
    }

    pub(crate) fn component_id(&self) -> &str {
        &self.component
    }

    /// # Errors
    /// If the component has exited.
    pub(crate) fn check(&self) -> Result<(), SendError> {
        if self.exited.load(Ordering::Acquire) {
            return Err(SendError::Exited { component: Arc::clone(&self.component) });
        }
        Ok(())
    }

    /// Marks the component as running until the result is dropped.
    pub(crate) fn running(&self) -> Running<'_> {
        self.exited.store(false, Ordering::Release);
        Running(self)
    }
}

/// See [`Liveness::running`].
pub(crate) struct Running<'l>(&'l Liveness);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.exited.store(true, Ordering::Release);
    }
}
