//! The receiving end of a metrics edge.

use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::SampleBatch;

/// Why a consumer did not take a batch.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SendError {
    /// The component behind the receiver has exited.
    #[error("component {component} has exited")]
    Exited {
        /// Its id.
        component: Arc<str>,
    },
    /// The consumer refuses the batch and a retry cannot help.
    #[error("{component} rejected the batch: {reason}")]
    Rejected {
        /// Its id.
        component: Arc<str>,
        /// Why.
        reason: Arc<str>,
    },
    /// The consumer cannot take it now (disk full, memory limit); a retry may help.
    #[error("{component} cannot take the batch now: {reason}")]
    Busy {
        /// Its id.
        component: Arc<str>,
        /// Why.
        reason: Arc<str>,
    },
}

/// Accepts batches of samples from other components. Exported as a capsule
/// (`prometheus.MetricsReceiver`); equality is identity.
pub trait MetricsConsumer: Send + Sync + 'static {
    /// Hands over one batch. Waits while the consumer is saturated: this is the back-pressure.
    ///
    /// Cancel safety: dropping the future before completion may or may not have handed over the
    /// batch; a batch is never handed over in part.
    fn send(&self, batch: Arc<SampleBatch>) -> BoxFuture<'_, Result<(), SendError>>;

    /// Id of the component behind it, for messages.
    fn component_id(&self) -> &str;
}
