//! Acknowledgement of batches.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

/// What became of everything an [`Ack`] was attached to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckOutcome {
    /// Every consumer made its share safe (log record handed to the kernel, or delivered).
    Safe,
    /// At least one consumer gave its share up.
    Lost,
}

struct Shared {
    lost: AtomicBool,
    done: Option<oneshot::Sender<AckOutcome>>,
}

impl Drop for Shared {
    fn drop(&mut self) {
        let outcome =
            if self.lost.load(Ordering::Acquire) { AckOutcome::Lost } else { AckOutcome::Safe };
        if let Some(done) = self.done.take() {
            // The producer may have stopped waiting, which is its choice.
            let _stopped_waiting = done.send(outcome);
        }
    }
}

/// Held by every batch and consumer that still has to make something safe. Dropping the last clone
/// completes the waiter.
#[derive(Clone)]
pub struct Ack(Arc<Shared>);

impl Ack {
    /// A token and the end that waits for it.
    pub fn new() -> (Self, AckWaiter) {
        let (done, waiter) = oneshot::channel();
        (
            Self(Arc::new(Shared { lost: AtomicBool::new(false), done: Some(done) })),
            AckWaiter(waiter),
        )
    }

    /// Records that a share was given up; the outcome becomes [`AckOutcome::Lost`].
    pub fn mark_lost(&self) {
        self.0.lost.store(true, Ordering::Release);
    }
}

impl std::fmt::Debug for Ack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Ack")
    }
}

/// Waits until every clone of an [`Ack`] is gone.
#[derive(Debug)]
pub struct AckWaiter(oneshot::Receiver<AckOutcome>);

impl AckWaiter {
    /// Completes with the outcome. Cancel safe.
    pub async fn wait(&mut self) -> AckOutcome {
        (&mut self.0).await.unwrap_or(AckOutcome::Lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn completes_with_the_last_clone() {
        let (ack, mut waiter) = Ack::new();
        let second = ack.clone();
        drop(ack);
        second.mark_lost();
        drop(second);
        assert_eq!(waiter.wait().await, AckOutcome::Lost);

        let (ack, mut waiter) = Ack::new();
        drop(ack.clone());
        tokio::select! {
            biased;
            _ = waiter.wait() => panic!("somebody still has to make it safe"),
            () = tokio::task::yield_now() => {}
        }
        drop(ack);
        assert_eq!(waiter.wait().await, AckOutcome::Safe);
    }
}
